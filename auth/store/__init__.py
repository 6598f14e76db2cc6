"""The record of a sign-in on disk or in a keyring."""
