"""From a system's settings to an `httpx2.Auth` that attaches a valid credential."""
