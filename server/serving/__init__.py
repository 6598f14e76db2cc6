"""The bridge as an MCP server, over stdio and HTTP."""
