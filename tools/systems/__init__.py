"""A service: its documents, loaded, cached, and compared with what was first seen."""
