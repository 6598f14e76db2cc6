"""Secrets: reading them from where the settings point, and keeping them out of output."""
