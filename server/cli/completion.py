"""`closient-mcp completion`: the completion script of a shell."""

from __future__ import annotations

import argparse
from typing import Any


def completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the script that makes a shell complete our commands, options, choices and files."""
    import shtab

    for action in _actions(parser):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] (shtab reads it)
    print(shtab.complete(parser, shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    actions: list[argparse.Action] = []
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        actions.append(action)
        subparsers: Any = action.choices if isinstance(action, argparse._SubParsersAction) else {}  # pyright: ignore[reportPrivateUsage]
        for subparser in subparsers.values():
            actions += _actions(subparser)
    return actions
