"""What is in force: an object that never changes, made once by `loading.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from ...auth.api_key import KeyHints
from ...auth.profile import Profile
from ...auth.secrets.references import SecretReference
from ...tools.catalog.discovery import DocumentSource
from ...tools.tiers import Tier
from ...tools.toolset.exposure import Exposure

# The exit code of a command that cannot be carried out as it was given.
MISUSE = 2


class SettingsError(ValueError):
    """A setting that cannot be used: names it, and says what belongs there."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; nothing where it says nothing."""

    config: str | None = None
    site: str | None = None
    system: str | None = None
    expose: str | None = None
    read_only: bool = False
    log_level: str | None = None
    log_file: str | None = None


@dataclass(frozen=True, slots=True)
class NoCredential:
    """Calls go without any."""

    source: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key: the setting that it came from, where it is read, where in a request it goes, and what is known."""

    source: str
    key: SecretReference
    place: Literal["header", "basic", "query"]
    name: str
    hints: KeyHints = field(default_factory=KeyHints)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Tokens from an authorization server, with or without a person, and the setting that it came from."""

    source: str
    profile: Profile


Credential: TypeAlias = NoCredential | ApiKey | SignIn


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One system: its URL, the way to its descriptions, where calls may go, and its credential.

    `origins` are where its calls, and its credential, may go. `app_scopes` says that its documents declare no
    scopes and its rule is `<api>:read` and `<api>:write`. `tiers` are by tool name. `prefixed` says that its tools'
    names begin with its own, `about` introduces it to a model. `account` and `retailer` are Fluent's.
    """

    name: str
    preset: str
    site: str
    way: DocumentSource
    origins: frozenset[str]
    credential: Credential
    pins: tuple[str, ...] = ()
    tiers: Mapping[str, Tier] = field(default_factory=dict[str, Tier])
    app_scopes: bool = False
    prefixed: bool = True
    about: str = ""
    account: str = ""
    retailer: int | None = None

    @property
    def prefix(self) -> tuple[str, ...]:
        """How its tools' names begin."""
        return (self.name,) if self.prefixed else ()

    @property
    def login(self) -> bool:
        """Whether a person can sign in."""
        return isinstance(self.credential, SignIn) and not self.credential.profile.unattended


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of `config show`: a setting, its value as it may be seen, and where it came from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is in force; `bare` asks for no colour, `warnings` are for the person who wrote the settings.

    `files` are the folders from which agents may send files.
    """

    systems: tuple[SystemSettings, ...]
    home: Path
    config: Path
    browser: str | None = None
    exposure: Exposure = field(default_factory=lambda: Exposure("auto"))
    read_only: bool = False
    files: tuple[Path, ...] = ()
    log_level: str = "warning"
    log_file: str | None = None
    bare: bool = False
    shown: tuple[Shown, ...] = ()
    warnings: tuple[str, ...] = ()
