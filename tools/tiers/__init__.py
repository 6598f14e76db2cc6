"""What an operation does: its tier, judged by its method and by the verbs of its names and texts."""
