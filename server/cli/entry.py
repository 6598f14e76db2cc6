"""The console script: it imports nothing before it is ready for Ctrl-C."""


def main() -> int:
    """Run one command; gives its exit code, which is 130 after Ctrl-C, also while modules are imported."""
    try:
        from .main import main as run

        return run()
    except KeyboardInterrupt:
        return 130
