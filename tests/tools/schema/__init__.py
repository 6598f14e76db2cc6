"""Tests of `tools/schema`."""
