"""Tests of `auth/oauth`."""
