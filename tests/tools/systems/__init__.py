"""Tests of `tools/systems`."""
