"""JSON, YAML, text, URLs, media types: values as they are written, apart from any API."""
