"""Values that only this server, or another one with the same keys, can read and make (AES-256-GCM, RFC 5116)."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from functools import lru_cache

_NONCE_BYTES = 12


class UnsealError(Exception):
    """The value was not sealed with one of the keys for this purpose, or was changed."""


class Sealer:
    """Seals values with the newest of several keys, and opens those that were sealed with any of them.

    Each `purpose` has keys of its own: a value that was sealed for one cannot be opened for another.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are at least 128 random bits each, the newest first."""
        self._keys = tuple(keys)

    def seal(self, purpose: str, value: bytes) -> str:
        """The value, encrypted and authenticated, in characters that URLs, cookies and files may contain."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # takes 15 ms to import

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_derived(self._keys[0], purpose)).encrypt(nonce, value, None)
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def unseal(self, purpose: str, text: str) -> bytes:
        """The value in a text from `seal`.

        Raises:
            UnsealError: the text is not from there.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise UnsealError("it is not base64url") from None
        for key in self._keys:
            try:
                return AESGCM(_derived(key, purpose)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
            except (InvalidTag, ValueError):
                continue
        raise UnsealError("none of the keys fits")


@lru_cache(64)
def _derived(key: bytes, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, None, f"closient-mcp {purpose}".encode()).derive(key)
