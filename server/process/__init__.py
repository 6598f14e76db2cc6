"""The process: its log, and how signals end it."""
