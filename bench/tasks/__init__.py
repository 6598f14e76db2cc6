"""Ten tasks of an agent against real documents, served by a mock that validates each request."""
