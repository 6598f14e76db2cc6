"""Building requests from operations and arguments."""
