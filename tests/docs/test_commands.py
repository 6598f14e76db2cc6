"""The reference of the commands, generated from the parser of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from closient_mcp.server.cli.parser import command_line

from ..fakes.pages import DOCS, check_generated, table

_COMMON = "common options"


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _rows(actions: list[argparse.Action]) -> Iterator[tuple[str, ...]]:
    for action in actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        value = action.metavar if isinstance(action.metavar, str) else "|".join(map(str, action.choices or ()))
        words = [f"{option} {value}".rstrip() if action.nargs != 0 else option for option in action.option_strings]
        yield ", ".join(f"`{word}`" for word in words or [value]), (action.help or "").replace("%%", "%")


def _options(parser: argparse.ArgumentParser) -> str:
    """The arguments and options of a command, without those that all have."""
    own = [action for group in parser._action_groups if group.title != _COMMON for action in group._group_actions]
    rows = list(_rows(own))
    return f"\n{table(('', ''), iter(rows))}" if rows else ""


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    words = ["closient-mcp", name]
    for action in parser._actions:
        if not action.option_strings and not isinstance(action, argparse._SubParsersAction):
            value = str(action.metavar or "|".join(map(str, action.choices or ())))
            words.append(f"[{value}]" if action.nargs == "?" else value)
    return " ".join(words)


def sentence(text: str) -> str:
    """A help text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def _markdown() -> str:
    parser = command_line()
    (common,) = (group for group in parser._action_groups if group.title == _COMMON)
    sections = [
        f"## {name}\n\n`{_usage(name, command)}`\n\n{sentence(str(command.description))}\n{_options(command)}"
        for name, command in _commands(parser)
    ]
    shared = f"## Common options\n\nBefore or after the command.\n\n{table(('', ''), _rows(common._group_actions))}"
    return "\n".join([*sections, shared])


def test_the_reference_of_the_commands_is_generated_from_the_parser() -> None:
    check_generated(DOCS / "commands.md", _markdown())
