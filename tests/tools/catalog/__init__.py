"""Tests of `tools/catalog`."""
