"""Reads a system's table in the settings file: the parts that all presets share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...auth.secrets.references import SecretReference
from ...tools.catalog.discovery import DocumentSource
from ...tools.formats.urls import origin_of, redact_url
from ...tools.tiers.tier import TIERS
from .model import Credential, Preset, SettingsError, SystemSettings
from .schema import (
    AuthorizationCodeTable,
    ClientCredentialsTable,
    DeviceCodeTable,
    PasswordTable,
    SystemTable,
)
from .secret_schema import SecretValue
from .sources import Sources

OAuthTable: TypeAlias = AuthorizationCodeTable | DeviceCodeTable | ClientCredentialsTable | PasswordTable


@dataclass(frozen=True, slots=True)
class TableReader:
    """A system's table, and what its settings are read with; every method may raise SettingsError."""

    name: str
    table: SystemTable
    sources: Sources

    def error(self, message: str, *keys: str) -> SettingsError:
        """An error about a key of the table."""
        return self.sources.error(message, "systems", self.name, *keys)

    def source(self, *keys: str) -> str:
        """The file and line of a key of the table."""
        return self.sources.in_file("systems", self.name, *keys)

    def note(self, key: str, value: object, source: str = "") -> None:
        """Record a setting for `config show`; its source is the table by default."""
        self.sources.note(f"systems.{self.name}.{key}", value, source or self.source(*key.split(".")))

    def origin(self, url: str, *keys: str) -> str:
        """The origin of a URL in the table, to which a credential may be sent."""
        return self.sources.origin(url, "systems", self.name, *keys)

    def secret(self, value: SecretValue, key: str, *, plain: bool = False) -> SecretReference:
        """The reference in a key of the credential's table; with `plain`, a literal value gives no warning."""
        return self.sources.secret(value, "systems", self.name, "credential", key, plain=plain)

    def reject(self, *keys: str) -> None:
        """Reject keys that belong to other presets."""
        for key in keys:
            if getattr(self.table, key) is not None:
                owner = f"preset {self.table.preset}" if self.table.preset else f"system {self.name}"
                raise self.error(f"not valid with {owner}", key)

    def require_credential(self, example: str) -> None:
        """Reject a table without a credential."""
        if self.table.credential is None:
            raise self.error(f"credential is missing: {example}")

    def site(self) -> str:
        """The origin in `site`; '' without one."""
        return "" if self.table.site is None else self.origin(self.table.site, "site")

    def base(self) -> str:
        """The URL in `base`, without its last slash; '' without one."""
        base = self.table.base
        if base is None:
            return ""
        self.origin(base, "base")
        if "?" in base or "#" in base:
            raise self.error("a base URL cannot have a query or a fragment", "base")
        self.note("base", base)
        return base.rstrip("/")

    def origins(self, *urls: str) -> frozenset[str]:
        """The origins of the URLs, and those that the table adds."""
        if self.table.origins:
            self.note("origins", ", ".join(self.table.origins))
        return frozenset({*map(origin_of, urls), *(self.origin(url, "origins") for url in self.table.origins)})

    def catalog(self) -> str:
        """The URL in `catalog`; '' without one."""
        return self._location(self.table.catalog, "catalog") if self.table.catalog else ""

    def documents(self) -> tuple[str, ...]:
        """The URLs in `description`."""
        documents = self.table.description
        if documents == []:
            raise self.error("the list is empty", "description")
        return tuple(
            self._location(text, "description")
            for text in ([documents] if isinstance(documents, str) else documents or [])
        )

    def settings(
        self, preset: Preset, site: str, source: DocumentSource, origins: frozenset[str], credential: Credential
    ) -> SystemSettings:
        """The settings of the system, with the keys of the table that mean the same for every preset."""
        return SystemSettings(
            self.name,
            preset,
            site,
            source,
            origins,
            credential,
            pins=preset.pins if self.table.pin is None else tuple(self.table.pin),
            tiers=self.table.tiers,
            allow=self.table.allow or TIERS[-1],
            prefix=(self.name,),
        )

    def _location(self, text: str, key: str) -> str:
        """A URL, or a local file as a `file:` URI; a path is relative to the settings file."""
        if "://" in text:
            self.origin(text, key)
            # A query may contain a key.
            self.note(key, text if text == redact_url(text) else f"{redact_url(text)}?...")
            return text
        try:
            folder = self.sources.file.path.parent if self.sources.file else Path()
            path = self.sources.local_files.resolve(folder / Path(text).expanduser())
        except (ValueError, RuntimeError, OSError) as error:
            raise self.error(f"invalid path: {error}", key) from None
        if not path.is_file():
            raise self.error(f"there is no file {path}", key)
        self.note(key, str(path))
        return path.as_uri()
