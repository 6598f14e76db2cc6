"""OpenAPI documents: their operations, and problems for the parts that cannot be used."""
