"""Tests of `auth/store`."""
