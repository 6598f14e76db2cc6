"""Tests of `auth/sign_in`."""
