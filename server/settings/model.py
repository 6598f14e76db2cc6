"""The settings in force: a frozen object, created once by `loading.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from ...auth.profile import KeyHints, Profile
from ...auth.secrets.references import SecretReference
from ...tools.catalog.discovery import DocumentSource
from ...tools.http.local_files import LocalFiles
from ...tools.http.sender import Sender
from ...tools.tiers.tier import Tier
from ...tools.toolset.exposure import Exposure
from ...tools.toolset.tool import Tool
from .http_model import HttpSettings

if TYPE_CHECKING:
    from ...tools.results.responses import ResponseCheck

# Hosts begin to reject or hide results at about this many characters.
RESULT_CHARACTERS = 40_000
# The exit code of a usage error.
USAGE_ERROR = 2


class SettingsError(ValueError):
    """Invalid setting; the message names it and says what is expected. `system` is the system whose setting it is."""

    def __init__(self, message: str, system: str = "") -> None:
        super().__init__(message)
        self.system = system


class UsageError(SettingsError):
    """Invalid command line."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line."""

    config: str | None = None
    site: str | None = None
    system: str | None = None
    expose: str | None = None
    allow: str | None = None
    read_only: bool = False
    log_level: str | None = None
    log_file: str | None = None


@dataclass(frozen=True, slots=True)
class NoCredential:
    """The system is called without a credential."""

    source: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, and the location and name under which requests carry it; `source` is the setting that it came from.

    `shared`: over HTTP, it is used for all callers; `to_share` is what to do for that.
    """

    source: str
    key: SecretReference
    location: Literal["header", "basic", "query"]
    name: str
    hints: KeyHints = field(default_factory=KeyHints)
    shared: bool = False
    to_share: str = "set shared = true"


@dataclass(frozen=True, slots=True)
class SignIn:
    """OAuth, interactive or unattended; `source` is the setting that it came from.

    `shared`: over HTTP, it is used for all callers.
    """

    source: str
    profile: Profile
    shared: bool = False


Credential: TypeAlias = NoCredential | ApiKey | SignIn


@dataclass(frozen=True, slots=True)
class PresetTools:
    """Curated tools: those of `core` are always listed, those of `tools` like operations.

    `context` is a sentence for the description of every operation, `check` finds errors in successful responses.
    """

    core: tuple[Tool, ...] = ()
    tools: tuple[Tool, ...] = ()
    context: str = ""
    check: ResponseCheck | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a system beyond its documents."""

    name: str = ""
    # For the instructions to the model.
    introduction: str = ""
    tools: Callable[[Sender], PresetTools] = lambda _: PresetTools()
    # Whether scopes follow the rule `<api>:read` and `<api>:write`, because its documents declare none.
    app_scopes: bool = False
    # The APIs that are pinned by default.
    pins: tuple[str, ...] = ()
    # The path at its site that answers a GET with 200 if an API key is valid.
    key_check: str = ""
    # The path at its site of its index of agent skills.
    skills: str = ""


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One system. Its calls and its credential may go to `origins` only; `tiers` are by tool name.

    `allow` is the highest tier that is offered. `prefix` begins the names of its tools.
    """

    name: str
    preset: Preset
    site: str
    source: DocumentSource
    origins: frozenset[str]
    credential: Credential
    pins: tuple[str, ...]
    tiers: Mapping[str, Tier]
    allow: Tier
    prefix: tuple[str, ...]

    @property
    def has_login(self) -> bool:
        """Whether a user can sign in."""
        return isinstance(self.credential, SignIn) and not self.credential.profile.unattended

    @property
    def per_caller(self) -> bool:
        """Whether each caller signs in for themselves."""
        return isinstance(self.credential, SignIn) and self.credential.profile.per_caller


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of `config show`: a setting, its value without secrets, and its source."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings in force."""

    systems: tuple[SystemSettings, ...]
    home: Path
    config: Path
    browser: str | None = None
    # The environment of the browser and the pager, without our secrets.
    child_environment: Mapping[str, str] | None = field(default=None, repr=False)
    exposure: Exposure = field(default_factory=lambda: Exposure("auto"))
    # The highest tier that any system offers.
    allow: Tier = "destructive"
    # The folders from which agents may send files.
    files: tuple[Path, ...] = ()
    # Longer results are cut.
    result_characters: int = RESULT_CHARACTERS
    http: HttpSettings = field(default_factory=HttpSettings)
    log_level: str = "warning"
    log_file: str | None = None
    # A command, or empty.
    pager: str = ""
    # The lines of `config show`.
    shown: tuple[Setting, ...] = ()
    # For the author of the settings file.
    warnings: tuple[str, ...] = ()
    # Invalid settings, which were left out.
    problems: tuple[str, ...] = ()
    # Reads the local documents, and reads them again later.
    local_files: LocalFiles = field(default_factory=LocalFiles, repr=False, compare=False)
