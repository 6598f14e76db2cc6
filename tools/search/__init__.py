"""Full-text search in names and descriptions."""
