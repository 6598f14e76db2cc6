"""What the sandbox stores: its tables, what they hold at the start, and the full-text search in them."""
