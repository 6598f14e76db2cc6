"""The curated tools for Fluent Commerce."""
