"""A sign-in in use: tokens are renewed, or fetched without a user."""
