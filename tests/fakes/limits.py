"""The last resort of a wait: nothing takes this long unless it hangs, on any machine."""

SECONDS = 120.0
