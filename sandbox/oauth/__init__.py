"""The authorization server: client registration, consent and tokens."""
