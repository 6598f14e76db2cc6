"""The bridge: systems with their credentials, their tools, and the calls to them."""
