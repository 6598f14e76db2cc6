"""The tools that an agent sees: generated, listed, found, paged."""
