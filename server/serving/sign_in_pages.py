"""The pages with which callers sign in to systems: the link, the proof of who opened it, and the way back.

A link that is handed to someone else signs no one in: before a browser is sent to a system's authorization server,
its user proves that they are the caller whom the link was made for, and only this browser can come back from there.
"""

from __future__ import annotations

import hmac
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request

from ...auth import background
from ...auth.errors import AuthError
from ...auth.records import Pending
from ...auth.sign_in.page_login import PageLogin
from ...auth.sign_in.pages import NOT_YET, STALE, Page, failed, is_loaded_in_advance, other_browser, rendered
from ..bridge.composition import Bridge
from ..callers import identity_proof, sign_in_links
from ..callers.identity import InvalidTokenError, Verifier, stable_id
from ..callers.identity_proof import IdentityProof
from ..callers.sign_in_links import SignInLink, SignInLinks
from ..settings.model import SignIn
from .asgi import AsgiApplication, Receive, Scope, Send

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Anyone with a link can have requests sent: the threads that everything else needs are not spent on them, and those
# that wait for one authorization server take none from the pages of others.
_MAX_REQUESTS = 10
_MOST_TRIES, _MOST_COUNTED = 5, 10_000
_MOST_BYTES = 32_768

_AGAIN = "Repeat the request in your assistant to get another link."
_OUT_OF_DATE = Page(410, "This link is out of date", "It has expired, or is not complete.", _AGAIN)
_USED = Page(410, "This link was used already", "Each link is for one sign-in.", _AGAIN)
_OTHER_PERSON = Page(
    403,
    "This link is for someone else",
    "Only the person whose assistant showed it can use it, and you are signed in as another.",
    "If someone sent you this link, ignore it: it would have let them act as you.",
)
_OTHER_BROWSER = other_browser(f"Close this tab. {_AGAIN}")
_OTHER_SITE = Page(403, "This was not sent from our page", "Another page tried to sign you in.", "Close this tab.")
_METHOD = Page(405, "Not a page", "This URL is for a browser.", "Open it in a browser.")
_TOO_MANY = Page(429, "Too many attempts", "The token was wrong several times.", _AGAIN)
_TOKEN = Page(
    200,
    "Who are you?",
    "This link is for one person. To show that you are that person, enter your own token for this MCP server: the one "
    "that your assistant is set up with. Nobody else's will do.",
    field="Token",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A page, the service that it names, and cookies to set, by name; an empty value deletes one."""

    page: Page
    service: str = ""
    cookies: dict[str, str] = field(default_factory=dict[str, str])


_Answering: TypeAlias = Callable[[Request], Awaitable[_Answer]]


class SignInPages:
    """Answers at the URLs of sign-ins, and passes on all other requests.

    Without a `proof`, callers have fixed tokens, and prove who they are by entering theirs.
    """

    def __init__(
        self, app: AsgiApplication, bridge: Bridge, links: SignInLinks, verifier: Verifier, proof: IdentityProof | None
    ) -> None:
        self._app = app
        self._bridge = bridge
        self._links = links
        self._verifier = verifier
        self._proof = proof
        self._tries: Counter[str] = Counter()
        self._limiters = defaultdict[str, anyio.CapacityLimiter](partial(anyio.CapacityLimiter, _MAX_REQUESTS))
        profiles = [
            system.credential.profile for system in bridge.settings.systems if isinstance(system.credential, SignIn)
        ]
        redirects = [profile.redirect_uri or "" for profile in profiles]
        public = f"{links.public_url}/"
        self._callbacks = {f"/{url.removeprefix(public)}" for url in redirects if url.startswith(public)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on the request."""
        answering = self._answering(scope["path"]) if scope["type"] == "http" else None
        if answering is None:
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._answer(answering, Request(scope, receive))
        except AuthError as error:
            logger.warning("a caller could not sign in: %s %s", error.message, error.next_step)
            answer = _Answer(failed(error.message, error.next_step))
        except ClientDisconnect:
            return
        await self._send(send, answer)

    def _answering(self, path: str) -> _Answering | None:
        """What answers at a path; None if it is not one of ours."""
        if path.startswith(sign_in_links.PATH):
            return partial(self._link, path.removeprefix(sign_in_links.PATH))
        if path == identity_proof.PATH and self._proof:
            return partial(self._identity, self._proof)
        return self._callback if path in self._callbacks else None

    async def _answer(self, answering: _Answering, request: Request) -> _Answer:
        if is_loaded_in_advance(request.headers.get):
            return _Answer(NOT_YET)
        has_form = request.url.path.startswith(sign_in_links.PATH) and self._proof is None
        if request.method != "GET" and not (has_form and request.method == "POST"):
            return _Answer(_METHOD)
        return await answering(request)

    async def _link(self, handle: str, request: Request) -> _Answer:
        """What a link shows: the way to the issuer, or the form for a token and what was entered in it."""
        link = self._links.read(handle)
        if link is None or link.system not in self._bridge.connections:
            return _Answer(_OUT_OF_DATE)
        if self._proof:
            pending = await self._in_thread(self._proof.issuer, self._proof.begin)
            # Sealing the handle again would make it longer: browsers keep at least 4,096 bytes only (RFC 6265 §6.1).
            of_link = (link.id, link.caller, link.system, " ".join(link.scopes))
            cookie = self._links.cookie("identity", pending.state, pending.nonce, pending.verifier, *of_link)
            return _Answer(Page(302, location=pending.url), cookies={self._links.cookie_name(pending.state): cookie})
        if request.method == "GET":
            return _Answer(_TOKEN, self._service(link.system))
        return await self._entered(link, request)

    async def _entered(self, link: SignInLink, request: Request) -> _Answer:
        parts = urlsplit(self._links.public_url)
        if request.headers.get("origin") != f"{parts.scheme}://{parts.netloc}":
            return _Answer(_OTHER_SITE)  # it could be signing this browser's user in for its own author
        if self._tries[link.id] >= _MOST_TRIES:
            return _Answer(_TOO_MANY)
        try:
            identity = await self._verifier.verify(await _password(request))
        except InvalidTokenError:
            identity = None
        if identity is None or not hmac.compare_digest(identity.id, link.caller):
            self._count_try(link)
            page = replace(_TOKEN, status=403, title="That is not the right token")
            return _Answer(page, self._service(link.system))
        return await self._begin(link, identity.subject)

    def _count_try(self, link: SignInLink) -> None:
        self._tries[link.id] += 1
        if len(self._tries) > _MOST_COUNTED:
            del self._tries[next(iter(self._tries))]

    async def _identity(self, proof: IdentityProof, request: Request) -> _Answer:
        """The way back from the issuer."""
        name, values = self._cookie("identity", request)
        if not values:
            return _Answer(_OTHER_BROWSER)
        state, nonce, verifier, id, caller, system, scopes = values
        link = SignInLink(id, caller, system, tuple(scopes.split()))
        find_subject = partial(proof.subject, request.url.query, state, nonce, verifier)
        subject = await self._in_thread(proof.issuer, find_subject)
        if not hmac.compare_digest(stable_id(proof.issuer, subject), link.caller):
            return _Answer(_OTHER_PERSON, cookies={name: ""})
        answer = await self._begin(link, subject)
        return replace(answer, cookies={name: "", **answer.cookies})

    async def _begin(self, link: SignInLink, name: str) -> _Answer:
        """Send the browser of the caller, who has proven that, to the system's authorization server."""
        login = self._login(link.system, link.caller, name)
        if login is None:
            return _Answer(_OUT_OF_DATE)
        scopes = self._bridge.tools.scopes_to_request(link.system, link.scopes)
        begin: Callable[[], Pending | None] = partial(login.begin, link.id, scopes)
        pending = await self._in_thread(link.system, begin)
        if pending is None:
            return _Answer(_USED)
        cookie = self._links.cookie("sign-in", pending.state, link.system, link.caller, name)
        page = login.start_page(pending)
        return _Answer(page, self._service(link.system), {self._links.cookie_name(pending.state): cookie})

    async def _callback(self, request: Request) -> _Answer:
        """The way back from a system's authorization server."""
        name, values = self._cookie("sign-in", request)
        if not values:
            return _Answer(_OTHER_BROWSER)
        _, system, caller, caller_name = values
        login = self._login(system, caller, caller_name)
        if login is None:
            return _Answer(STALE)
        # It goes on if the browser does not wait: the code can be exchanged once.
        page = await self._in_thread(system, background.start(partial(login.finish, request.url.query)).result)
        return _Answer(page, self._service(system), {} if page.location else {name: ""})

    def _cookie(self, kind: str, request: Request) -> tuple[str, list[str]]:
        """The cookie of this browser for the state in the URL: its name, and its values if it is for that state."""
        state = request.query_params.get("state", "")
        name = self._links.cookie_name(state)
        values = self._links.read_cookie(kind, request.cookies.get(name, "")) or [""]
        return name, values if state and hmac.compare_digest(values[0].encode(), state.encode()) else []

    def _login(self, system: str, caller: str, name: str) -> PageLogin | None:
        """The sign-ins of a caller to a system; None if the settings no longer have it so."""
        connection = self._bridge.connections.get(system)
        callers = connection.clients.callers if connection else None
        return callers.of(caller, name).page_login if callers else None

    def _service(self, system: str) -> str:
        return f"{system} at {self._bridge.connections[system].settings.site}"

    async def _in_thread(self, server: str, work: Callable[[], T]) -> T:
        """Wait for work that may wait for this authorization server: that of a system, or the issuer."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiters[server])

    async def _send(self, send: Send, answer: _Answer) -> None:
        headers, body = rendered(answer.page, answer.service)
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        secure = "; Secure" if self._links.is_secure else ""
        for name, value in answer.cookies.items():
            seconds = int(sign_in_links.SECONDS) if value else 0
            cookie = f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
            fields.append((b"set-cookie", cookie.encode("ascii")))
        await send({"type": "http.response.start", "status": answer.page.status, "headers": fields})
        await send({"type": "http.response.body", "body": body})


async def _password(request: Request) -> str:
    """The password in a form; empty if there is none, or the form is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return ""
    try:
        return parse_qs(body.decode(), max_num_fields=10).get("password", [""])[0].strip()
    except ValueError:
        return ""
