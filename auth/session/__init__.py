"""A sign-in in use: kept fresh, or renewed without a person."""
