"""Tests of `auth/secrets`."""
