"""Tests of `tools/formats`."""
