"""Tests of `tools/http`."""
