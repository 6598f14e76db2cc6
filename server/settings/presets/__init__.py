"""Presets: what is known of a vendor's services beyond their documents, one module per vendor."""
