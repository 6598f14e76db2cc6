"""Tests of `tools/calls`."""
