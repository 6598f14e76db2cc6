"""MCP hosts on this machine: where their configuration is, how an entry in it looks, and how they start it."""
