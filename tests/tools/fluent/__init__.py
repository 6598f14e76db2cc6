"""Tests of `tools/fluent`."""
