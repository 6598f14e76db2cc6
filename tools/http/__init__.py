"""HTTP: fetching documents without credentials, and sending requests to services."""
