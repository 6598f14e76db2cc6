"""From a system's settings to an `httpx2.Auth` that always carries a good credential."""
