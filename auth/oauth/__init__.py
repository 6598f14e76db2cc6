"""The OAuth protocols: requests and what their answers mean, and the one place that sends them."""
