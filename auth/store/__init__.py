"""The records of sign-ins, in files or in Redis."""
