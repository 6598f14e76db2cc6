"""What every request passes on its way to the service: rate limits, faults to order, and the access log."""
