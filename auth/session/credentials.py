"""The secrets of one profile. Reading them may run a command: never on the event loop."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ..profile import Profile
from ..records import Client, Server
from ..secrets.redaction import Redaction
from ..secrets.references import SecretError, SecretReference, secret_missing
from ..urls import is_client_document

_ROUNDS = 100_000


class Credentials:
    """A profile's own client and user, read at first use and never stored."""

    def __init__(self, profile: Profile, redaction: Redaction) -> None:
        self._profile = profile
        self._redaction = redaction
        self._compared: tuple[str, bool] = ("", False)

    def identity(self) -> str:
        """Identifies the sign-in: each client, user and token endpoint has a file of its own.

        Raises:
            UserActionRequired: the client_id or the username is not where the settings say.
        """
        profile = self._profile
        client_id, username = self._name(profile.client_id), self._name(profile.username)
        return "\n".join(
            (profile.grant, profile.issuer, profile.endpoints.token or "", client_id or "registered", username)
        )

    def load(self) -> tuple[str, ...]:
        """Read all of them, so that this need not happen while a lock is held.

        Raises:
            UserActionRequired: one is not where the settings say.
        """
        profile = self._profile
        names = (self._name(profile.client_id), self._name(profile.username))
        return (*names, self._secret(profile.client_secret), self._secret(profile.password))

    def own_client(self, redirect_uri: str = "") -> Client | None:
        """The client that the settings name, if any, without its secret, which is never stored."""
        if self._profile.registers:
            return None
        return Client(client_id=self._name(self._profile.client_id), redirect_uri=redirect_uri)

    def complete(self, client: Client, server: Server) -> Client:
        """The client with its secret; that of a configured client comes from the settings only."""
        if self._profile.registers or is_client_document(client.client_id):  # a public document has no secret
            return client
        secret = self._secret(self._profile.client_secret) or None
        method = self._auth_method(server) if secret else "none"
        return client.model_copy(update={"client_secret": secret, "auth_method": method})

    def _auth_method(self, server: Server) -> str:
        """The client authentication method: from the settings, the metadata, or RFC 6749 §2.3.1.

        Servers with a password grant and without metadata expect all parameters in the form.
        """
        if self._profile.client_auth:
            return self._profile.client_auth
        preferred = ("client_secret_basic", "client_secret_post")
        if self._profile.grant == "password":
            preferred = ("client_secret_post", "client_secret_basic")
        return next((method for method in preferred if method in server.auth_methods), preferred[0])

    def user(self) -> tuple[str, str]:
        """The username and the password."""
        return self._name(self._profile.username), self._secret(self._profile.password)

    def fingerprint(self, salt: str = "") -> str:
        """Identifies the credentials without revealing them."""
        salt = salt or secrets.token_hex(16)
        # Slow on purpose, so that the stored fingerprint does not help to guess passwords.
        digest = hashlib.pbkdf2_hmac("sha256", "\n".join(self.load()).encode(), salt.encode(), _ROUNDS)
        return f"{salt}:{digest.hex()}"

    def match(self, fingerprint: str) -> bool:
        """Whether this is the fingerprint of these credentials."""
        if self._compared[0] != fingerprint:
            same = bool(fingerprint) and hmac.compare_digest(
                self.fingerprint(fingerprint.partition(":")[0]).encode(), fingerprint.encode()
            )
            self._compared = (fingerprint, same)
        return self._compared[1]

    def _name(self, reference: SecretReference | None) -> str:
        """A value that is not secret. It may be an ordinary word, so it is not masked in output."""
        return self._read(reference, Redaction())

    def _secret(self, reference: SecretReference | None) -> str:
        return self._read(reference, self._redaction)

    def _read(self, reference: SecretReference | None, redaction: Redaction) -> str:
        if reference is None:
            return ""
        try:
            return reference.open(redaction).reveal()
        except SecretError as error:
            raise secret_missing(error, self._profile.system, self._profile.issuer) from None
