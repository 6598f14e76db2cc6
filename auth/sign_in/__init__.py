"""Leading a person through a sign-in, and out of it."""
