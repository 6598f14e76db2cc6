"""Tests of `tools/openapi`."""
