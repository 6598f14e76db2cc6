"""Tests of `tools/results`."""
