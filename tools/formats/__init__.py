"""Parsers and writers for JSON, YAML, text, URLs and media types."""
