"""The MCP server: transports, command line and settings."""
