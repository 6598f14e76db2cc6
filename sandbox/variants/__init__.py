"""What the sandbox can do differently, where pages of Closient's documentation contradict each other."""
