"""Leading a person through a sign-in: one registration, one tab, whatever number of processes ask for it.

One process holds the login lock and is the owner: it registers, listens, opens the browser and exchanges the
code. The others follow by watching the record. An owner that dies leaves its pending request behind, and the
next process takes it over on the same port, so that the tab that is already open still works.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import authorization, id_token
from .authorization import Code, Failure, Stale
from .browser import Opener
from .discovery import NoServer, discover
from .errors import AuthError, PersonNeeded, Unavailable
from .listener import DONE, STALE, Listener, Page, failed
from .records import Client, Pending, Record, Server
from .registration import NotRegistered, read_registration, registration_request, wants_a_secret
from .session import Session
from .tokens import Denied, Granted, exchange_request, is_usable, read_tokens, refresh_request
from .wire import Answer, Call, NoAnswer

logger = logging.getLogger(__name__)

_POLL = 0.2
_DECLINE_HOLDS = 60.0


@dataclass(slots=True)
class Attempt:
    """A sign-in under way: `address` is where the person goes, once it is known; `done` is set at its end.

    `opened` says whether a browser was started for it, `error` why it failed, if it did.
    """

    address: str = ""
    authorize_address: str = field(default="", repr=False)
    opened: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    error: AuthError | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)

    def finish(self, error: AuthError | None = None) -> None:
        """End it, well or with an error."""
        self.error = error
        self.ready.set()
        self.done.set()


@dataclass(frozen=True, slots=True)
class _Started:
    """A request that is out, and the listener that its answer comes back to."""

    listener: Listener
    pending: Pending
    server: Server
    resumed: bool


class Login:
    """Sign-ins for one session; at most one at a time."""

    def __init__(self, session: Session, open_browser: Opener) -> None:
        self._session = session
        self._open = open_browser
        self._attempt: Attempt | None = None
        self._guard = threading.Lock()

    def start(self, scopes: Sequence[str], *, browser: bool = True) -> Attempt:
        """Begin a sign-in that asks for these scopes, or join the one under way."""
        with self._guard:
            if self._attempt is None or self._attempt.done.is_set():
                self._attempt = attempt = Attempt()
                arguments = (attempt, tuple(dict.fromkeys(scopes)), browser)
                # A daemon: nobody waits at the end of the process for a person. The pending request stays.
                threading.Thread(target=self._run, args=arguments, name="closient-mcp-login", daemon=True).start()
            return self._attempt

    def record(self) -> Record:
        """The sign-in as it is kept; holds secrets.

        Raises:
            PersonNeeded: the credential file cannot be used.
        """
        return self._session.store.read()

    def sign_out(self, *, forget: bool = False) -> str:
        """Revoke and drop the sign-in; gives what is to be said of it."""
        return self._session.sign_out(forget=forget)

    def paste(self, attempt: Attempt, text: str) -> bool:
        """Take a redirected address that the person pasted; gives whether it was this sign-in's."""
        record = self._session.store.read()
        if record.pending is None or record.server is None:
            return attempt.done.is_set()
        query = authorization.query_of_pasted(text)
        return self._answered(attempt, record.pending, record.server, query) is not STALE

    def _run(self, attempt: Attempt, scopes: tuple[str, ...], browser: bool) -> None:
        try:
            self._lead_or_follow(attempt, scopes, browser)
        except AuthError as error:
            attempt.finish(error)
        except Exception as error:
            logger.exception("the sign-in failed; this is a bug")
            attempt.finish(self._failure(f"failed inside ({type(error).__name__})", "The log has the details."))

    def _lead_or_follow(self, attempt: Attempt, scopes: tuple[str, ...], browser: bool) -> None:
        from filelock import Timeout

        lock = self._session.store.login_lock()
        until = self._session.clock() + authorization.LIFETIME
        while not attempt.done.is_set():
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if self._follow(attempt, until):
                    return
                time.sleep(_POLL)
                continue
            try:
                self._lead(attempt, scopes, browser)
            finally:
                lock.release()
            return

    def _follow(self, attempt: Attempt, until: float) -> bool:
        """Look how the owner gets on; gives whether there is nothing left to wait for."""
        record = self._session.store.read()
        if is_usable(record.tokens, self._session.clock()) and record.pending is None:
            self._finish_well(attempt)
        elif self._session.clock() > until:
            attempt.finish(self._timed_out())
        elif record.pending:
            attempt.address = record.pending.redirect_uri.removesuffix("callback")
            attempt.authorize_address = record.pending.address
            attempt.opened = True
            attempt.ready.set()
        return attempt.done.is_set()

    def _finish_well(self, attempt: Attempt) -> None:
        self._session.reread()
        attempt.finish()

    def _lead(self, attempt: Attempt, scopes: tuple[str, ...], browser: bool) -> None:
        store, now = self._session.store, self._session.clock()
        record = store.read()
        if is_usable(record.tokens, now) and _covers(record, scopes):
            self._finish_well(attempt)
            return
        if now - record.declined_at < _DECLINE_HOLDS:
            raise self._declined()
        started = self._resumed(record) or self._begun(record, scopes)
        listener, pending = started.listener, started.pending
        listener.begin(pending.address, lambda query: self._answered(attempt, pending, started.server, query))
        try:
            attempt.address, attempt.authorize_address = listener.address, pending.address
            attempt.opened = started.resumed or (browser and self._open(pending.address))
            attempt.ready.set()
            if not attempt.done.wait(max(0.0, pending.expires_at - now)):
                self._change(pending=None)
                raise self._timed_out()
        finally:
            listener.close()

    def _resumed(self, record: Record) -> _Started | None:
        """The request that a dead owner left behind, if its port is free: the tab that is open still works."""
        pending = record.pending
        if pending is None or record.server is None or self._session.clock() >= pending.expires_at:
            return None
        try:
            return _Started(Listener(_port_of(pending.redirect_uri)), pending, record.server, resumed=True)
        except OSError:
            logger.info("the port of the pending sign-in is taken; starting anew")
            return None

    def _begun(self, record: Record, scopes: tuple[str, ...]) -> _Started:
        """A new request, saved before anybody is sent anywhere."""
        server = self._discover()
        granted = tuple(record.tokens.scope.split()) if record.tokens else ()
        wanted = tuple(
            scope for scope in (*scopes, *granted) if not server.scopes_supported or scope in server.scopes_supported
        )
        listener = self._listener(record.client)
        try:
            client = self._client(record.client, server, listener.redirect_uri)
            pending = authorization.begin(server, client, listener.redirect_uri, wanted, self._session.clock())
            self._change(server=server, client=client, pending=pending)
        except BaseException:
            listener.close()
            raise
        return _Started(listener, pending, server, resumed=False)

    def _listener(self, client: Client | None) -> Listener:
        """On the registered port if that is free: some servers want the very same address again."""
        for port in (_port_of(client.redirect_uri) if client else 0, 0):
            try:
                return Listener(port)
            except OSError as error:
                reason = error.strerror or str(error)
        raise self._failure(
            f"no local port can be opened for the sign-in ({reason})",
            "Allow programs to listen on 127.0.0.1, or use an API key.",
        )

    def _discover(self) -> Server:
        issuer = self._session.profile.issuer
        try:
            return discover(issuer, self._session.wire)
        except NoServer as error:
            if error.lasting:
                raise self._failure(f"{issuer} cannot be signed in to: {error}", "Use an API key.") from None
            raise Unavailable(
                f"{issuer} cannot be signed in to right now: {error}.",
                "Nothing was changed; try again.",
                system=self._session.profile.system,
                address=issuer,
            ) from None

    def _client(self, client: Client | None, server: Server, redirect_uri: str) -> Client:
        """Our client: the configured one, the registered one if the server still knows it, or a new registration."""
        profile = self._session.profile
        if profile.client_id:
            secret = profile.client_secret.reveal() if profile.client_secret else None
            return Client(
                client_id=profile.client_id,
                client_secret=secret,
                auth_method=profile.auth_method if secret else "none",
                redirect_uri=redirect_uri,
                source="configured",
            )
        if client and client.source == "registered" and self._is_known(client, server):
            return client
        return self._register(server, redirect_uri)

    def _is_known(self, client: Client, server: Server) -> bool:
        """Whether the server still knows a registration; a person sent there with a dead one is stuck on its page.

        Asked with a refresh token that cannot be one: only servers that know the client find fault with that.
        """
        if 0 < client.secret_expires_at <= self._session.clock() + 60:
            return False
        try:
            answer = self._session.wire.send(refresh_request(server, client, secrets.token_urlsafe(24)))
        except NoAnswer:
            return True
        return answer.text("error") not in ("invalid_client", "unauthorized_client")

    def _register(self, server: Server, redirect_uri: str) -> Client:
        issuer, version = self._session.profile.issuer, self._session.profile.version
        if server.registration_endpoint is None:
            raise self._failure(
                f"{issuer} lets no application register itself",
                "Register one by hand and set CLOSIENT_CLIENT_ID, or use an API key.",
            )
        try:
            answer = self._send(registration_request(server, redirect_uri, version))
            if wants_a_secret(answer):
                answer = self._send(registration_request(server, redirect_uri, version, "client_secret_basic"))
            return read_registration(answer, redirect_uri)
        except NotRegistered as error:
            raise self._failure(f"{issuer} did not register this application: {error}", error.next_step) from None

    def _send(self, call: Call) -> Answer:
        try:
            return self._session.wire.send(call)
        except NoAnswer as error:
            raise Unavailable(
                f"{self._session.profile.issuer} did not answer ({error}).",
                "Nothing was changed; try again.",
                system=self._session.profile.system,
                address=self._session.profile.issuer,
            ) from None

    def _answered(self, attempt: Attempt, pending: Pending, server: Server, query: str) -> Page:
        """What a callback's query comes to: tokens, a failure, or nothing at all. One answer counts, the first."""
        answer = authorization.read_callback(query, pending, server)
        if isinstance(answer, Stale):
            return STALE
        with attempt.guard:
            if attempt.done.is_set():
                return DONE if attempt.error is None else failed(attempt.error.message)
            try:
                self._conclude(answer, pending, server)
            except AuthError as error:
                self._change(pending=None, declined_at=self._decline_time(answer))
                attempt.finish(error)
                return failed(f"{error.message} {error.next_step}")
            self._finish_well(attempt)
            return DONE

    def _conclude(self, answer: Code | Failure, pending: Pending, server: Server) -> None:
        if isinstance(answer, Failure):
            raise self._refused(answer)
        store = self._session.store
        client = store.read().client
        assert client
        now = self._session.clock()
        sent = self._send(exchange_request(server, client, answer.code, pending.verifier, pending.redirect_uri))
        verdict = read_tokens(sent, now)
        if isinstance(verdict, Denied):
            raise self._not_exchanged(verdict)
        if not isinstance(verdict, Granted):
            raise self._failure(f"{server.issuer} gave no token ({verdict.reason})", "Sign in again in a while.")
        person = self._person(verdict.id_token, pending, server, client) if verdict.id_token else ""
        with store.lock():
            tokens = verdict.tokens
            if not tokens.scope:  # RFC 6749 §5.1: left out where it is as asked for
                tokens = tokens.model_copy(update={"scope": " ".join(pending.scopes)})
            changes = {"tokens": tokens, "person": person, "pending": None, "declined_at": 0.0}
            store.write(store.read().model_copy(update=changes))

    def _person(self, token: str, pending: Pending, server: Server, client: Client) -> str:
        nonce = pending.nonce if "openid" in pending.scopes else None
        try:
            claims = id_token.verify(token, server, client.client_id, nonce, self._session.wire)
        except id_token.NotVerified as error:
            raise self._failure(
                f"the identity that {server.issuer} returned could not be verified ({error})", "You are not signed in."
            ) from None
        names = (claims.get(name) for name in ("email", "preferred_username", "name", "sub"))
        return next((name for name in names if isinstance(name, str) and name), "")

    def _change(self, **changes: object) -> None:
        store = self._session.store
        with store.lock():
            store.write(store.read().model_copy(update=changes))

    def _decline_time(self, answer: Code | Failure) -> float:
        declined = isinstance(answer, Failure) and answer.error == "access_denied"
        return self._session.clock() if declined else 0.0

    def _failure(self, what: str, next_step: str) -> PersonNeeded:
        profile = self._session.profile
        message = f"{what[:1].upper()}{what[1:]}."
        return PersonNeeded(message, next_step, system=profile.system, address=profile.issuer)

    def _declined(self) -> PersonNeeded:
        issuer = self._session.profile.issuer
        return self._failure(f"you declined the request at {issuer}", "Nothing was changed. Ask again to retry.")

    def _timed_out(self) -> PersonNeeded:
        minutes = authorization.LIFETIME / 60
        return self._failure(f"nobody finished the sign-in within {minutes:.0f} minutes", "Ask again to start over.")

    def _refused(self, failure: Failure) -> PersonNeeded:
        issuer = self._session.profile.issuer
        if failure.error == "access_denied":
            return self._declined()
        if failure.error == "iss":
            who = failure.description[:200] or "nobody"
            return self._failure(f'the answer came from "{who}" and not from {issuer}', "It was refused for safety.")
        said = f": {failure.description}" if failure.description else ""
        later = failure.error in ("server_error", "temporarily_unavailable")
        next_step = "Try again later." if later else "Sign in again; if it stays so, `closient-mcp status` helps."
        return self._failure(f'{issuer} reported "{failure.error[:80]}"{said}', next_step)

    def _not_exchanged(self, denied: Denied) -> PersonNeeded:
        issuer = self._session.profile.issuer
        said = f" ({denied.description})" if denied.description else ""
        if denied.error == "invalid_grant":
            return self._failure(
                f"{issuer} did not accept the code{said}: it was used before, took too long, or does not belong to "
                "this sign-in (verifier or redirect address)",
                "Sign in again.",
            )
        if denied.error == "invalid_client":
            return self._failure(
                f"{issuer} rejected the client_id or client_secret{said}",
                "Check both, and that they belong to this environment (production, testing).",
            )
        return self._failure(f'{issuer} answered "{denied.error[:80]}"{said}', "Sign in again.")


def _covers(record: Record, scopes: Sequence[str]) -> bool:
    granted = set(record.tokens.scope.split()) if record.tokens else set[str]()
    supported = set(record.server.scopes_supported) if record.server else set[str]()
    return all(scope in granted or (supported and scope not in supported) for scope in scopes)


def _port_of(redirect_uri: str) -> int:
    port = redirect_uri.removeprefix("http://127.0.0.1:").split("/")[0]
    return int(port) if port.isdecimal() else 0
