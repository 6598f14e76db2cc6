"""One service and what is known of it: its documents, loaded, kept, and compared with what they were."""
