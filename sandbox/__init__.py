"""A Closient of your own on loopback, for trying, developing and testing."""
