"""The record of a sign-in, in a file and optionally the keyring."""
