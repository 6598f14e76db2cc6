"""Tests with others' clients, servers and browsers."""
