"""`closient-mcp completion`: the completion script of a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any


def completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the script that makes a shell complete our commands, options, choices and files."""
    import shtab

    for action in _actions(parser):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] (shtab reads it)
    print(shtab.complete(parser, shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments and options of a parser and its commands."""
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        yield action
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            commands: Any = action.choices  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            for command in commands.values():
                yield from _actions(command)
