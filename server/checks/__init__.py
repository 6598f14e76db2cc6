"""Checks for common problems on this machine, each finding with its fix."""
