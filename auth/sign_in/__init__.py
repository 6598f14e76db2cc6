"""Signing a user in, and out."""
