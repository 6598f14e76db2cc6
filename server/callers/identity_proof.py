"""Identifies the user of a browser, who signs in at the issuer of the callers' tokens (OpenID Connect Core §3.1)."""

from __future__ import annotations

from ...auth.errors import UserActionRequired
from ...auth.oauth import authorization
from ...auth.oauth.discovery import ServerMetadataError, discover
from ...auth.oauth.http import HttpClient
from ...auth.oauth.id_token import IdTokenError, NoKeysError, verify
from ...auth.oauth.registration import Purpose
from ...auth.oauth.tokens import Granted
from ...auth.profile import Profile
from ...auth.records import Client, Pending, Server
from ...auth.secrets.redaction import Redaction, Secret
from ...auth.session.credentials import Credentials
from ...auth.session.renewal import Session
from ...auth.session.shared_registration import SharedRegistration
from ...auth.store.backend import Records
from ...auth.store.record_store import Store
from ...tools.formats.urls import is_loopback_url
from ..settings.http_model import OAuth
from ..settings.version import VERSION

PATH = "/callback/identity"
_SCOPES = ("openid",)
# In place of a system, whose name has no dot.
_NAME = "http.auth"


class IdentityProof:
    """Asks the issuer who is signed in there. All methods block: never call them on the event loop."""

    def __init__(self, auth: OAuth, public_url: str, records: Records, redaction: Redaction) -> None:
        """`records` keep the client that is registered there, unless the settings have one."""
        self.issuer = auth.issuer
        self._redirect_uri = f"{public_url}{PATH}"
        profile = Profile(
            _NAME,
            auth.issuer,
            frozenset(),
            VERSION,
            client_id=auth.client_id,
            client_secret=auth.client_secret,
            redirect_uri=self._redirect_uri,
        )
        store = Store(records, _NAME, auth.issuer, Credentials(profile, redaction).identity, redaction)
        http = HttpClient(trust_env=not is_loopback_url(auth.issuer))
        self._session = Session(profile, store, http)
        self._registration = SharedRegistration(self._session.client_setup, store)

    def begin(self) -> Pending:
        """A new request, which is not saved: its state, nonce and verifier are for the browser's cookie.

        Raises:
            AuthError: the issuer has no client for us, or does not answer.
        """
        server = self._server()
        client = self._client(server)
        return authorization.begin(server, client, self._redirect_uri, _SCOPES, self._session.clock())

    def subject(self, query: str, state: str, nonce: str, verifier: str) -> str:
        """Who signed in at the issuer, by the query of its redirect to the request with this state.

        Raises:
            AuthError: the issuer does not say, or what it says cannot be verified.
        """
        messages, server = self._session.messages, self._server()
        client = self._client(server)
        pending = Pending(
            scopes=_SCOPES,
            expires_at=0.0,
            server=server,
            client=client,
            state=state,
            verifier=verifier,
            nonce=nonce,
            redirect_uri=self._redirect_uri,
            url="",
        )
        response = authorization.read_callback(query, pending)
        if response is None:
            raise messages.cancelled()
        if response.error:
            raise messages.no_code(response, _SCOPES)
        self._session.store.redaction.add(Secret(response.code))
        form = {"code": response.code, "redirect_uri": self._redirect_uri, "code_verifier": verifier}
        verdict = self._session.token_endpoint.request("exchange", server, client, form)
        if not isinstance(verdict, Granted):
            raise messages.rejected(verdict, _SCOPES)
        try:
            subject = verify(verdict.id_token, server, client.client_id, nonce, self._session.http)["sub"]
        except NoKeysError as error:
            raise messages.unavailable(
                f"the identity that {self.issuer} returned cannot be verified: {error}"
            ) from None
        except IdTokenError as error:
            reason = f"the identity that {self.issuer} returned is not valid: {error}"
            raise messages.failure(reason, "You are not signed in.") from None
        if not isinstance(subject, str):
            raise messages.failure(f"{self.issuer} returned a subject that is no text", "You are not signed in.")
        return subject

    def _server(self) -> Server:
        messages = self._session.messages
        try:
            # `renamed`: metadata under another issuer's name is rejected, as for the tokens of callers.
            server = discover(self.issuer, self._session.http, renamed=True)
        except ServerMetadataError as error:
            if error.lasting:
                raise messages.no_server(str(error)) from None
            raise messages.unavailable(f"{self.issuer} cannot be used right now: {error}") from None
        if not server.authorization_endpoint:
            raise messages.no_server("its metadata has no authorization_endpoint")
        return server

    def _client(self, server: Server) -> Client:
        if own := self._session.credentials.own_client(self._redirect_uri):
            return own
        try:
            return self._registration.client(server, Purpose("authorization_code", self._redirect_uri, _SCOPES))
        except UserActionRequired as error:
            raise self._session.messages.failure(
                f"{self.issuer} cannot be asked who the user of a browser is: {error.message.rstrip('.')}",
                "The operator of this server has to set client_id in http.auth, of a client with the redirect URI "
                f"{self._redirect_uri}.",
            ) from None
