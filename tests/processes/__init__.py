"""Tests that start processes of ours."""
