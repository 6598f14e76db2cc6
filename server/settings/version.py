"""The version of the installed package."""

from importlib.metadata import version

# Read once: each reading parses the package's whole metadata.
VERSION = version("closient-mcp")
