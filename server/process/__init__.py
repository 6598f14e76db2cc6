"""The process: its log, its garbage collection, and how signals end it."""
