"""Fetching documents and sending requests: the only ways out to a service."""
