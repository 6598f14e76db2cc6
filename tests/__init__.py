"""The tests: the real thing in memory or on loopback, and what was sent as well as what came back."""
