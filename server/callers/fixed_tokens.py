"""Callers with tokens that are fixed in the settings."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable
from hashlib import sha256

from ...auth.secrets.redaction import Redaction, Secret
from ...auth.secrets.references import SecretError, SecretReference
from ..settings.model import SettingsError
from .identity import Identity, InvalidTokenError

# 128 bits, as hexadecimal digits.
_SHORTEST = 32


class FixedTokens:
    """Accepts these tokens; each is a caller of its own."""

    def __init__(self, tokens: Iterable[Secret]) -> None:
        self._tokens = list(tokens)

    async def verify(self, token: str) -> Identity:
        """The caller with this token.

        Raises:
            InvalidTokenError: it is not one of the tokens.
        """
        # Digests of equal length, all compared: the time says nothing about the tokens.
        given = sha256(token.encode()).digest()
        matches = [hmac.compare_digest(given, sha256(known.reveal().encode()).digest()) for known in self._tokens]
        if True not in matches:
            raise InvalidTokenError("it is not a token of this server")
        # Its place among the settings may change, and the digest says nothing about a token of this length.
        return Identity(f"token {given.hex()[:8]}", math.inf, given.hex()[:32])


def open_tokens(references: Iterable[SecretReference], redaction: Redaction) -> FixedTokens:
    """Read the tokens, which are masked from now on; may block while a command runs.

    Raises:
        SettingsError: one cannot be read, or can be guessed.
    """
    tokens: list[Secret] = []
    for reference in references:
        try:
            token = reference.open(redaction)
        except SecretError as error:
            raise SettingsError(f"http.auth.tokens: {error}. {error.next_step}") from None
        if len(token.reveal()) < _SHORTEST or not token.reveal().isascii():
            raise SettingsError(
                f"http.auth.tokens: {reference.location} is not a token of at least {_SHORTEST} ASCII characters. "
                "Make one with `openssl rand -hex 32`."
            )
        tokens.append(token)
    return FixedTokens(tokens)
