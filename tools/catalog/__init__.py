"""API catalogs (RFC 9727) and the OpenAPI documents that they list."""
