"""Checks of everything that can be wrong on this machine, each finding with its fix."""
