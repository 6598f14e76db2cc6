"""From a response to what the agent reads: pure functions."""
