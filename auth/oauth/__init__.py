"""The OAuth protocols: requests, the meaning of their responses, and the client that sends them."""
