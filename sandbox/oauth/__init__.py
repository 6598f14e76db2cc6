"""The authorization server: clients that register, people who consent, and the tokens they get for it."""
