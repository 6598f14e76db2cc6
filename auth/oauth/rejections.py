"""What a rejected request means for the sign-in: one table for every request that auth makes. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias, cast

import httpx2

from .http import BUSY, Response, cleaned, json_object

RequestKind: TypeAlias = Literal[
    "authorization", "exchange", "device", "refresh", "probe", "password", "client_credentials", "api"
]
Body: TypeAlias = Literal["error", "object", "none"]


class Meaning(StrEnum):
    """What a rejection means; only the first two end something."""

    CLIENT_INVALID = "client invalid"
    SIGN_IN_INVALID = "sign-in invalid"
    LATER = "try later"
    NOT_PERMITTED = "not permitted"
    DECLINED = "user declined"
    MISCONFIGURED = "misconfigured"


class Row(NamedTuple):
    """One row of the table; empty `requests`, `statuses` and `errors` stand for all.

    A body is an OAuth "error" or another "object", each as JSON or a form, or "none" of them. `reason`: whether the
    server gave a reason of its own. `section` and `servers` say where it is specified, and who answers so.
    """

    meaning: Meaning
    section: str
    requests: tuple[RequestKind, ...] = ()
    errors: tuple[str, ...] = ()
    statuses: Collection[int] = ()
    bodies: tuple[Body, ...] = ("error",)
    reason: bool | None = None
    servers: str = ""

    def matches(self, request: RequestKind, status: int, error: str, body: Body, reason: bool) -> bool:
        """Whether this row is about such a rejection."""
        pairs = ((request, self.requests), (status, self.statuses), (error, self.errors))
        named = all(not wanted or value in wanted for value, wanted in pairs)
        return named and body in self.bodies and self.reason in (None, reason)


_CLIENT = ("invalid_client", "unauthorized_client", "incorrect_client_credentials")
_TOKEN = ("invalid_grant", "bad_refresh_token", "invalid_refresh_token")
_TEMPORARY = (
    "temporarily_unavailable", "server_error", "slow_down", "authorization_pending",
    "internal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited", "rate_limit_exceeded",
    "too_many_requests",
)  # fmt: skip
_DENIED = ("access_denied", "authorization_declined", "user_cancelled_login", "user_cancelled_authorize")
_REFUSED = (400, 401, 403, 422)
_SETTINGS = ("invalid_scope", "invalid_target", "unsupported_grant_type")
_ANY: tuple[Body, ...] = ("error", "object", "none")
# The first row that matches counts.
TABLE = (
    Row(Meaning.LATER, "RFC 9110 §15.6; RFC 6585 §4; RFC 8470 §5.2", statuses=BUSY, bodies=_ANY, servers="gateways"),
    Row(Meaning.NOT_PERMITTED, "RFC 6750 §3.1", ("api",), ("insufficient_scope",)),
    Row(Meaning.SIGN_IN_INVALID, "RFC 6750 §3.1", ("api",), ("invalid_token",)),
    Row(Meaning.SIGN_IN_INVALID, "RFC 9110 §15.5.2", ("api",), statuses=(401,), bodies=_ANY, servers="django-ninja"),
    Row(Meaning.NOT_PERMITTED, "RFC 9110 §15.5.4", ("api",), bodies=_ANY),
    # Whatever it is called: a password that is sent again and again locks the account.
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §10.7", ("password",), statuses=_REFUSED, bodies=("object",)),
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §5.2", ("refresh",), statuses=_REFUSED, bodies=("object",)),
    Row(Meaning.CLIENT_INVALID, "RFC 6749 §5.2", ("client_credentials",), statuses=(401,), bodies=("object",)),
    Row(Meaning.MISCONFIGURED, "RFC 6749 §5.2", ("exchange", "client_credentials"), statuses=_REFUSED,
        bodies=("object",)),
    Row(Meaning.LATER, "RFC 6749 §5.2 (`error` is required)", bodies=("object", "none"), servers="captive portals"),
    Row(Meaning.LATER, "RFC 6749 §4.1.2.1; RFC 8628 §3.5", errors=_TEMPORARY, servers="Slack, Auth0 (the last seven)"),
    Row(Meaning.CLIENT_INVALID, "RFC 6749 §5.2; RFC 7591 §3", errors=_CLIENT,
        servers="oidc-provider, django-oauth-toolkit, nanoidp; GitHub (200)"),
    # The client is known, since only the made-up token is rejected.
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §5.2", ("probe",), _TOKEN, servers="most servers; GitHub and Slack (200)"),
    Row(Meaning.CLIENT_INVALID, "RFC 7591 §3", ("probe",)),
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §5.2, §6", ("refresh",), servers="GitHub and Slack (200), Spring Security"),
    Row(Meaning.MISCONFIGURED, "RFC 6749 §5.2; RFC 8707 §2", errors=_SETTINGS),
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §4.3.2", ("password",), servers="Spring Security (`Bad credentials`)"),
    Row(Meaning.NOT_PERMITTED, "RFC 6749 §4.1.2.1", errors=("access_denied",), reason=True,
        servers="Okta, Microsoft Entra, GitHub, oidc-provider"),
    Row(Meaning.DECLINED, "RFC 6749 §4.1.2.1; RFC 8628 §3.5", ("authorization", "device"), _DENIED,
        servers="django-oauth-toolkit, Google, Microsoft Entra, LinkedIn"),
    Row(Meaning.NOT_PERMITTED, "RFC 6749 §4.1.2.1", errors=("access_denied",)),
    Row(Meaning.SIGN_IN_INVALID, "RFC 6749 §5.2; RFC 8628 §3.5", ("exchange", "device"), (*_TOKEN, "expired_token")),
    Row(Meaning.MISCONFIGURED, "RFC 6749 §4.1.2.1, §5.2"),
)  # fmt: skip

UNKNOWN = "unknown_error"
_LONGEST_BODY = 65_536
_SENTENCES = ("error_description", "detail", "message", "title", "msg", "error_message", "errorMessage")
# The RFC's own sentence, which some servers send for every denial.
_NO_REASON = ("", "the resource owner or authorization server denied the request")
# How Spring Security's authorization server words the codes of RFC 6749 §5.2 when it leaves them out.
_PHRASES = {
    "bad credentials": "invalid_grant",
    "invalid refresh token": "invalid_grant",
    "bad client credentials": "invalid_client",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected request: `error` is the server's code, `description` its sentence, both empty if it gave none."""

    meaning: Meaning
    error: str = ""
    description: str = ""
    summary: str = ""
    status: int = 0
    retry_after: float | None = None

    @property
    def detail(self) -> str:
        """The sentence in parentheses, to append to a message."""
        return f" ({self.description})" if self.description else ""

    @property
    def reason(self) -> str:
        """What the server answered, with its own sentence."""
        return (self.summary or f'"{self.error[:80]}"') + self.detail

    @property
    def is_elsewhere(self) -> bool:
        """Whether there is no endpoint at this URL, or no longer."""
        return self.status in (301, 308, 404, 405, 410) and not self.error


def classify(request: RequestKind, status: int, error: str, description: str = "", body: Body = "none") -> Meaning:
    """What a rejection of such a request means; `status` 0 is no response at all, `body` what it is without `error`."""
    reason = description.strip().rstrip(".").lower() not in _NO_REASON
    body = "error" if error else body
    return next(row.meaning for row in TABLE if row.matches(request, status, error, body, reason))


def read_rejection(request: RequestKind, response: Response, now: float, summary: str = "") -> Rejection:
    """Read a response that does not contain what was requested; `summary` says what it contains instead."""
    error, description = read_error(response.body or {})
    if response.status in BUSY or error == UNKNOWN:
        summary = response.summary
    elif not error:
        nothing = " with something that is not JSON, such as a web page"
        summary = f"{response.summary}{nothing if response.body is None else summary}"
    else:
        summary = ""
    body: Body = "none" if response.body is None else "object"
    meaning = classify(request, response.status, error, description, body)
    return Rejection(meaning, error, description, summary, response.status, response.retry_after(now))


def read_error(body: Mapping[str, object]) -> tuple[str, str]:
    """The code and the sentence of an error, as in RFC 6749 §5.2 or wrapped as `{"errors": [{"message": ...}]}`."""
    first, error = _first(body.get("errors")), body.get("error")
    wrapped = cast(dict[str, object], first).get("message") if isinstance(first, dict) else first
    if isinstance(wrapped, dict):
        return read_error(cast(dict[str, object], wrapped))
    if isinstance(error, dict):
        return "", read_error(cast(dict[str, object], error))[1]
    sentence = _sentence(body)
    if isinstance(error, str) and error:
        return cleaned(error), cleaned(sentence)
    if isinstance(wrapped, str) and wrapped:
        known = (code for phrase, code in _PHRASES.items() if wrapped.lower().startswith(phrase))
        return next(known, UNKNOWN), cleaned(wrapped)
    return "", cleaned(sentence or _sentence(_first(body.get("errors"))))


def _sentence(body: object) -> str:
    """The sentence in an error, or in the first of those that are listed as its `detail`."""
    if not isinstance(body, dict):
        return ""
    texts = (_first(cast(dict[str, object], body).get(name)) for name in _SENTENCES)
    return next(filter(None, (text if isinstance(text, str) else _sentence(text) for text in texts)), "")


def _first(value: object) -> object:
    """The first item of a list, or the value itself."""
    return next(iter(cast(list[object], value)), None) if isinstance(value, list) else value


async def read_sentence(response: httpx2.Response, hide: Callable[[str], str] = str) -> str:
    """Read what an API says in the body of an error, cut, and without the secrets that `hide` masks before that.

    The response can be used for nothing else afterwards.
    """
    body = bytearray()
    with suppress(httpx2.RequestError):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LONGEST_BODY:
                return ""
    text = hide(body.decode(errors="replace"))
    if response.headers.get("content-type", "").startswith("text/plain"):
        return cleaned(text.strip())
    error, sentence = read_error(json_object(text.encode()) or {})
    return sentence or error
