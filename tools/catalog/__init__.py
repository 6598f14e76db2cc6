"""From a service's catalog (RFC 9727) to the OpenAPI documents that it lists."""
