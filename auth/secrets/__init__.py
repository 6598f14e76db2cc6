"""Secrets: where the settings say that they are, and out of sight."""
