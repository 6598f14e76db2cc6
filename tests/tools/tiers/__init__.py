"""Tests of `tools/tiers`."""
