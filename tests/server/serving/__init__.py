"""Tests of `server/serving`."""
