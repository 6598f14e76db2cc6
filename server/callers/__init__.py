"""Who calls over HTTP, and what they may use."""
