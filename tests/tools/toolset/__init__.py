"""Tests of `tools/toolset`."""
