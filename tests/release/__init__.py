"""Tests of what is built for a release."""
