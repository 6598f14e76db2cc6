"""The sandbox's database: tables, initial data and full-text search."""
