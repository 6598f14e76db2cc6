"""A keyring for tests, which keeps its entries in the file that KEYRING_OF_A_TEST names.

`PYTHON_KEYRING_BACKEND=keyring_backend.Keyring`, with this folder on the path. Where the file is missing, it fails.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keyring(KeyringBackend):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """Entries by service and name."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def _file(self) -> Path:
        return Path(os.environ["KEYRING_OF_A_TEST"])

    def _entries(self) -> dict[str, str]:
        return dict(json.loads(self._file().read_text()))

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._file().write_text(json.dumps({**self._entries(), f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is none")
        self._file().write_text(json.dumps(entries))
