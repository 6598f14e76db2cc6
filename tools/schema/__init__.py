"""From the schemas of a document to JSON Schema that every host accepts, and arguments checked by it."""
