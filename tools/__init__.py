"""From descriptions to tools, from arguments to requests, from responses to results."""
