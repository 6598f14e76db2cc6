"""Tests of `tools/closient`."""
