"""The HTTP APIs: search, products, resolver and account, and the public resolver of GS1 Digital Links."""
