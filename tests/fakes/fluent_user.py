"""A user with the fake of Fluent Commerce in their settings."""

from __future__ import annotations

from pathlib import Path

from .command_line import CommandResult, CommandUser, run_process
from .fluent_service import FluentStandIn


class User(CommandUser):
    """A user with the fake service in their settings."""

    def __init__(self, fluent: FluentStandIn, home: Path, client: str = "acme-client") -> None:
        self.fluent = fluent
        self.home = home
        self.environment = {
            "CLOSIENT_MCP_HOME": str(home),
            "FLUENT_USERNAME": "ana",
            "FLUENT_PASSWORD": fluent.users["ana"],
            "FLUENT_CLIENT_ID": client,
            "FLUENT_CLIENT_SECRET": fluent.clients[client],
        }
        added = self.run("add", "fluent", fluent.url, "--account", "ACME", "--retailer", "1")
        assert added.code == 0, added.err
        assert fluent.received == []

    def run_process(self, *arguments: str) -> CommandResult:
        return run_process(*arguments, site="", **self.environment)

    def secrets(self) -> list[str]:
        return [self.environment["FLUENT_PASSWORD"], self.environment["FLUENT_CLIENT_SECRET"]]
