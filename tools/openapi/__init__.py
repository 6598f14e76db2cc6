"""From an OpenAPI document to operations, and to problems where one cannot be used."""
