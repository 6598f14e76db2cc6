"""The curated tools for Closient."""
