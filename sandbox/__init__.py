"""A local Closient on loopback, for trying, developing and testing."""
