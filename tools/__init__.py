"""API documents to tools, arguments to requests, responses to results."""
