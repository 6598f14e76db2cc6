"""Settings: read once from the command line and the environment into an object that never changes.

No other module looks into the environment.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..auth.secrets import Secret
from ..tools.addresses import BadAddress, is_loopback, origin_of
from ..tools.exposure import Exposure
from .places import browser_command, home_folder

SITES = {
    "production": "https://www.closient.com",
    "testing": "https://www.closient.dev",
    "local": "http://localhost:8000",
}
PINS = ("search", "products", "resolver")
_MODES = ("auto", "core", "all")
_LEVELS = ("debug", "info", "warning", "error")
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


# The exit code of a command that cannot be carried out as it was given.
MISUSE = 2


class SettingsError(ValueError):
    """A setting that cannot be used: names it, and says what belongs there."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; nothing where it says nothing."""

    site: str | None = None
    system: str | None = None
    expose: str | None = None
    read_only: bool = False
    log_level: str | None = None
    log_file: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key for one system: the header it goes in, and the setting that it came from."""

    key: Secret
    header: str
    source: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """Signing a person in: as a client of one's own, or as one that registers itself."""

    source: str
    client_id: str | None = None
    client_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One system: its site's origin, its catalog, and its credential.

    `app_scopes` says that its documents declare no scopes and its rule is `<api>:read` and `<api>:write`.
    """

    name: str
    site: str
    catalog: str
    credential: ApiKey | SignIn
    prefix: tuple[str, ...] = ()
    app_scopes: bool = False

    @property
    def origins(self) -> frozenset[str]:
        """Where its calls, and its credential, may go."""
        return frozenset({self.site})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is in force; `bare` asks for no colour."""

    systems: tuple[SystemSettings, ...]
    home: Path
    browser: str | None = None
    exposure: Exposure = field(default_factory=lambda: Exposure("auto", PINS))
    read_only: bool = False
    log_level: str = "warning"
    log_file: str | None = None
    bare: bool = False


def load_settings(options: Options, environ: Mapping[str, str]) -> Settings:
    """The settings in force; the command line goes before the environment.

    Raises:
        SettingsError: a value is wrong.
    """
    if options.system not in (None, "closient"):
        raise SettingsError(f"--system {options.system}: there is no such system; there is: closient.")
    expose = _first(("--expose", options.expose), ("CLOSIENT_MCP_EXPOSE", environ.get("CLOSIENT_MCP_EXPOSE")))
    home = home_folder(environ, sys.platform)
    if home is None:
        raise SettingsError("There is no home folder to keep sign-ins in. Set CLOSIENT_MCP_HOME to a folder of yours.")
    return Settings(
        systems=(_closient(options, environ),),
        home=home,
        browser=browser_command(environ, sys.platform),
        exposure=_exposure(*expose),
        read_only=options.read_only or _flag("CLOSIENT_MCP_READ_ONLY", environ),
        log_level=_level(options.log_level or "warning"),
        log_file=options.log_file,
        bare="NO_COLOR" in environ,
    )


def _closient(options: Options, environ: Mapping[str, str]) -> SystemSettings:
    site = site_origin(*_first(("--site", options.site), ("CLOSIENT_SITE", environ.get("CLOSIENT_SITE"))))
    return SystemSettings(
        name="closient",
        site=site,
        catalog=f"{site}/.well-known/api-catalog",
        credential=_credential(environ),
        app_scopes=True,
    )


def _credential(environ: Mapping[str, str]) -> ApiKey | SignIn:
    """Closient's credential: an API key, else a client of one's own, else registration."""
    key = _text("CLOSIENT_API_KEY", environ)
    if key is not None:
        return ApiKey(Secret(key), "X-API-Key", "CLOSIENT_API_KEY")
    client_id = _text("CLOSIENT_CLIENT_ID", environ)
    secret = _text("CLOSIENT_CLIENT_SECRET", environ)
    if client_id is None:
        if secret is not None:
            raise SettingsError("CLOSIENT_CLIENT_SECRET is set without CLOSIENT_CLIENT_ID; it belongs to one.")
        return SignIn("registration")
    return SignIn("CLOSIENT_CLIENT_ID", client_id, Secret(secret) if secret else None)


def site_origin(source: str, value: str) -> str:
    """The origin of a Closient site, by its name or its address.

    Raises:
        SettingsError: neither; names the nearest site.
    """
    text = value.strip() or "production"
    if text in SITES:
        return SITES[text]
    if "://" not in text:
        near = difflib.get_close_matches(text, SITES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is {', '.join(SITES)}, or an address (https://...)."
        raise SettingsError(f"{source} {text[:80]!r} is no site: {hint}")
    try:
        origin = origin_of(text)
    except BadAddress as error:
        raise SettingsError(f"{source}: {error}.") from None
    if not origin.startswith("https://") and not is_loopback(origin):
        raise SettingsError(f"{source} {origin} is not https; plain http is for this machine only (127.0.0.1).")
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(f"{source} {text[:80]!r} has a path; a site is scheme, host and port: {origin}")
    return origin


def _text(name: str, environ: Mapping[str, str]) -> str | None:
    """A credential from the environment, where hosts leave placeholders unfilled and people paste quotes and blanks."""
    value = environ.get(name, "").strip().strip("\ufeff").strip("\"'").strip()
    if not value:
        return None
    if "${" in value:
        raise SettingsError(
            f'{name} still holds the placeholder "${{...}}": the host did not fill it in. Put the real value there.'
        )
    if not re.fullmatch(r"[!-~]+", value):
        raise SettingsError(f"{name} holds a blank, a line break or a character that no key has. Copy it anew.")
    return value


def _exposure(source: str, value: str) -> Exposure:
    text = value.strip() or "auto"
    if text in _MODES:
        return Exposure(text, PINS)
    apis = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not apis or not all(re.fullmatch(r"[a-z0-9_.-]+", api) for api in apis):
        raise SettingsError(
            f"{source} {text[:80]!r}: it is auto, core, all, or a list of APIs such as search,products."
        )
    if len(apis) == 1 and (near := difflib.get_close_matches(apis[0], _MODES, n=1, cutoff=0.75)):
        raise SettingsError(f"{source} {text!r}: did you mean {near[0]}?")
    return Exposure("apis", apis)


def _level(text: str) -> str:
    if text.lower() not in _LEVELS:
        raise SettingsError(f"--log-level {text!r}: it is {', '.join(_LEVELS)}.")
    return text.lower()


def _flag(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise SettingsError(f"{name}={value[:40]!r}: it is true or false.")
    return value in _YES


def _first(*given: tuple[str, str | None]) -> tuple[str, str]:
    """The first that is given, with its source; empty text where none is."""
    return next(((source, value) for source, value in given if value is not None), (given[-1][0], ""))
