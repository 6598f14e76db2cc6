"""GTINs and GS1 links."""
