"""Speaks MCP, and to the person: transports, command line, settings."""
