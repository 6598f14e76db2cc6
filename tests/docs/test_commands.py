"""The reference of the commands, generated from the parser of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from closient_mcp.server.cli.parser import command_line

from ..fakes.pages import DOCS, check_generated, table

_COMMON = "common options"


def _value(action: argparse.Action, between: str = "|") -> str:
    return action.metavar if isinstance(action.metavar, str) else between.join(map(str, action.choices or ()))


def _rows(actions: list[argparse.Action]) -> Iterator[tuple[str, ...]]:
    for action in actions:
        if action.dest != "help" and action.help != argparse.SUPPRESS:
            value = _value(action, " or ")
            given = "" if action.nargs == 0 else f" {value}"
            words = [f"`{option}{given}`" for option in action.option_strings] or [f"`{value}`"]
            yield ", ".join(words), (action.help or "").replace("%%", "%")


def _options(parser: argparse.ArgumentParser) -> str:
    """The arguments and options of a command, without those that all have."""
    own = [action for group in parser._action_groups if group.title != _COMMON for action in group._group_actions]
    rows = list(_rows(own))
    return f"\n{table(('', ''), iter(rows))}" if rows else ""


def _usage(name: str, parser: argparse.ArgumentParser) -> str:
    arguments = [action for action in parser._actions if not action.option_strings]
    values = [f"[{_value(action)}]" if action.nargs == "?" else _value(action) for action in arguments]
    return " ".join(["closient-mcp", name, *values])


def _sentence(text: str | None) -> str:
    """A help text as a sentence."""
    assert text
    return f"{text[0].upper()}{text[1:]}."


def _markdown() -> str:
    parser = command_line()
    commands: dict[str, argparse.ArgumentParser] = vars(parser)["commands"]
    (common,) = (group for group in parser._action_groups if group.title == _COMMON)
    sections = [
        f"## {name}\n\n`{_usage(name, command)}`\n\n{_sentence(command.description)}\n{_options(command)}"
        for name, command in commands.items()
    ]
    shared = f"## Common options\n\nBefore or after the command.\n\n{table(('', ''), _rows(common._group_actions))}"
    return "\n".join([*sections, shared])


def test_the_reference_of_the_commands_is_generated_from_the_parser() -> None:
    check_generated(DOCS / "commands.md", _markdown())
