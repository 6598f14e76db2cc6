"""What the settings' references open to, for one profile. Opening may run a command: never on the event loop."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ..oauth.registration import is_document
from ..profile import Profile
from ..records import Client, Server
from ..secrets.redaction import Redaction
from ..secrets.references import SecretError, SecretReference, secret_missing

_ROUNDS = 100_000


class Credentials:
    """A profile's own client and its user, each fetched from its place at first use and never written."""

    def __init__(self, profile: Profile, redaction: Redaction) -> None:
        self._profile = profile
        self._redaction = redaction
        self._compared: tuple[str, bool] = ("", False)

    def identity(self) -> str:
        """Whose sign-in it is: another client, user or token endpoint has another one, with a file of its own.

        Raises:
            UserActionRequired: the client_id or the username is not where the settings say.
        """
        profile = self._profile
        client_id, username = self._shown(profile.client_id), self._shown(profile.username)
        return "\n".join(
            (profile.grant, profile.issuer, profile.endpoints.token or "", client_id or "registered", username)
        )

    def open(self) -> None:
        """Fetch all of them, so that none is waited for under a lock.

        Raises:
            UserActionRequired: one is not where the settings say.
        """
        self._all()

    def own_client(self, redirect_uri: str = "") -> Client | None:
        """The client that the settings name, without its secret, which is never written; nothing without one."""
        if self._profile.client_id is None and self._profile.grant != "password":
            return None
        return Client(client_id=self._shown(self._profile.client_id), redirect_uri=redirect_uri, source="configured")

    def complete(self, client: Client, server: Server) -> Client:
        """The client with its secret: one that is configured has it from there, never from the file."""
        if client.source != "configured":
            return client
        if is_document(client.client_id):  # everybody can read it, so there is no secret to share
            return client
        secret = self._hidden(self._profile.client_secret) or None
        method = self._auth_method(server) if secret else "none"
        return client.model_copy(update={"client_secret": secret, "auth_method": method})

    def _auth_method(self, server: Server) -> str:
        """How to identify: as the settings say, as the server does, else as RFC 6749 §2.3.1 has every server take.

        A server that still takes passwords and says nothing of itself is one that wants everything in the form.
        """
        if self._profile.client_auth:
            return self._profile.client_auth
        preferred = ("client_secret_basic", "client_secret_post")
        if self._profile.grant == "password":
            preferred = ("client_secret_post", "client_secret_basic")
        return next((method for method in preferred if method in server.auth_methods), preferred[0])

    def user(self) -> tuple[str, str]:
        """The username and the password."""
        return self._shown(self._profile.username), self._hidden(self._profile.password)

    def fingerprint(self, salt: str = "") -> str:
        """By which the credentials are known again, and not found out."""
        salt = salt or secrets.token_hex(16)
        # Slow on purpose: whoever gets the file must not be able to try passwords on it.
        digest = hashlib.pbkdf2_hmac("sha256", "\n".join(self._all()).encode(), salt.encode(), _ROUNDS)
        return f"{salt}:{digest.hex()}"

    def match(self, fingerprint: str) -> bool:
        """Whether it is the fingerprint of these credentials."""
        if self._compared[0] != fingerprint:
            same = bool(fingerprint) and hmac.compare_digest(
                self.fingerprint(fingerprint.partition(":")[0]).encode(), fingerprint.encode()
            )
            self._compared = (fingerprint, same)
        return self._compared[1]

    def _all(self) -> tuple[str, ...]:
        profile = self._profile
        names = (self._shown(profile.client_id), self._shown(profile.username))
        return (*names, self._hidden(profile.client_secret), self._hidden(profile.password))

    def _shown(self, reference: SecretReference | None) -> str:
        """A name. It proves nothing, and is a word like others in what a service says: masking it would spoil that."""
        return self._open(reference, Redaction())

    def _hidden(self, reference: SecretReference | None) -> str:
        return self._open(reference, self._redaction)

    def _open(self, reference: SecretReference | None, redaction: Redaction) -> str:
        if reference is None:
            return ""
        try:
            return reference.open(redaction).reveal()
        except SecretError as error:
            raise secret_missing(error, self._profile.system, self._profile.issuer) from None
