"""Tests of `tools/gs1`."""
