"""A stand-in for Close: its two descriptions, its sign-in and its habits, for tests that go all the way."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

from closient_mcp.tools.formats.json_values import as_object

from .close_documents import clean_document, fern_document
from .service import Received, Reply, Service, running_service

Form = Literal["clean", "fern"]
_LARGEST_LIMIT = 200
_LEAD_FIELDS = {"name", "url", "description", "status_id", "contacts", "addresses"}
_NO_URL = {"error": "The requested URL was not found on the server."}
_COMMAS = "limit=100, remaining=50, reset=5"
_SEMICOLONS = "limit=100; remaining=100; reset=1"


@dataclass
class CloseStandIn:
    """Close on loopback.

    A system needs `url` (catalog: none; description: `description`; origins: `url`), and as credential
    either `key` (HTTP Basic user, empty password) or `client_id`, `client_secret` (`client_secret_post` only) and
    `redirect_uri`, which must be the one that is sent. The sign-in page is at another origin (`localhost`), as
    Close's is, shows nothing and agrees at once, with `code` and the `state` it got; set `declines` for
    `access_denied`. The code exchange gives a refresh token unless `offline` is false; each use of one replaces it,
    and the old one is then `invalid_grant`. `tokens` are the access tokens in force: empty it to let them expire.

    `received` is all that arrived. `throttle(n)` lets the next n calls of the API fail with 429, `plan_ended` all of
    them with 402. The first lead deleted answers 204 without a body, the next 200 `{}`, and so on in turn.
    """

    service: Service
    form: Form = "clean"
    rate_limit: str = _COMMAS
    offline: bool = True
    declines: bool = False
    plan_ended: bool = False
    key: str = "api_test.key"
    client_id: str = "oa2client_test"
    client_secret: str = "close-secret"
    redirect_uri: str = "http://127.0.0.1:8765/callback"
    tokens: set[str] = field(default_factory=set[str])
    refresh_tokens: set[str] = field(default_factory=set[str])
    codes: dict[str, str] = field(default_factory=dict[str, str])
    leads: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    _throttled: int = 0
    _deleted: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return self.service.url

    @property
    def description(self) -> str:
        """Where its OpenAPI document is."""
        return f"{self.url}/api/openapi.json"

    @property
    def sign_in(self) -> str:
        """The origin of its sign-in page, which is not its own."""
        return self.url.replace("127.0.0.1", "localhost")

    @property
    def received(self) -> list[Received]:
        """All that arrived, in order."""
        return self.service.received

    @property
    def calls(self) -> list[Received]:
        """What arrived for the API itself."""
        return [got for got in self.received if got.path.startswith("/api/v1/")]

    def throttle(self, times: int = 1) -> None:
        """Let the next calls fail with 429, as Close does: in whole seconds, exactly, and with requests left."""
        self._throttled = times

    def add_leads(self, count: int) -> None:
        """Put some leads there."""
        for _ in range(count):
            self._add_lead({"name": f"Lead {len(self.leads) + 1}"})

    def answer(self, got: Received) -> Reply:
        """The answer to anything."""
        routes: dict[str, Callable[[Received], Reply]] = {
            "/.well-known/oauth-authorization-server": self._metadata,
            "/api/openapi.json": self._document,
            "/oauth2/authorize/": self._authorize,
            "/oauth2/token/": self._token,
            "/oauth2/revoke/": self._revoke,
            "/oauth2/register/": self._register,
        }
        if got.path in routes:
            return routes[got.path](got)
        if not got.path.startswith("/api/v1/"):
            return Reply(_NO_URL, 404)
        if self._throttled:
            self._throttled -= 1
            limit = "limit=40, remaining=3, reset=0.87"
            return Reply(status=429, headers={"Retry-After": "1", "RateLimit": limit})
        reply = self._call(got)
        return Reply(reply.body, reply.status, {**reply.headers, "RateLimit": self.rate_limit})

    def _metadata(self, _: Received) -> Reply:
        return Reply(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.sign_in}/oauth2/authorize/",
                "token_endpoint": f"{self.url}/oauth2/token/",
                "revocation_endpoint": f"{self.url}/oauth2/revoke/",
                "registration_endpoint": f"{self.url}/oauth2/register/",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            }
        )

    def _document(self, _: Received) -> Reply:
        return Reply((clean_document if self.form == "clean" else fern_document)(self.url))

    def _authorize(self, got: Received) -> Reply:
        asked = _form(got.query)
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") != self.redirect_uri:
            return Reply({"error": "unknown client or redirect_uri"}, 400)
        given = {"error": "access_denied"} if self.declines else {"code": self._code(asked.get("code_challenge", ""))}
        if "state" in asked:
            given["state"] = asked["state"]
        return Reply(status=302, headers={"Location": f"{self.redirect_uri}?{urlencode(given)}"})

    def _code(self, challenge: str) -> str:
        code = secrets.token_urlsafe(8)
        self.codes[code] = challenge
        return code

    def _is_our_client(self, got: Received) -> bool:
        sent = _form(got.body.decode())
        return (sent.get("client_id"), sent.get("client_secret")) == (self.client_id, self.client_secret)

    def _token(self, got: Received) -> Reply:
        sent = _form(got.body.decode())
        if not self._is_our_client(got) or "authorization" in got.headers:
            return Reply({"error": "invalid_client"}, 401)
        if sent.get("grant_type") == "authorization_code":
            if sent.get("code") not in self.codes:
                return Reply({"error": "invalid_grant"}, 400)
            if self.codes.pop(sent["code"]) not in ("", _challenge(sent.get("code_verifier", ""))):
                return Reply({"error": "invalid_grant"}, 400)
            return self._issue()
        if sent.get("grant_type") == "refresh_token":
            if sent.get("refresh_token") not in self.refresh_tokens:
                return Reply({"error": "invalid_grant"}, 400)
            self.refresh_tokens.remove(sent["refresh_token"])
            return self._issue()
        return Reply({"error": "unsupported_grant_type"}, 400)

    def _issue(self) -> Reply:
        access = f"at_{secrets.token_urlsafe(12)}"
        self.tokens.add(access)
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": 3600,
            "scope": "all.full_access",
            "organization_id": "orga_1",
            "user_id": "user_1",
        }
        if self.offline:
            refresh = f"rt_{secrets.token_urlsafe(12)}"
            self.refresh_tokens.add(refresh)
            answer |= {"refresh_token": refresh, "scope": "all.full_access offline_access"}
        return Reply(answer)

    def _revoke(self, got: Received) -> Reply:
        if not self._is_our_client(got):
            return Reply({"error": "invalid_client"}, 401)
        token = _form(got.body.decode()).get("token", "")
        if token in self.refresh_tokens:
            self.tokens.clear()
        self.refresh_tokens.discard(token)
        self.tokens.discard(token)
        return Reply()

    def _register(self, got: Received) -> Reply:
        asked = got.json()
        scope = "mcp.read mcp.write_safe mcp.write_destructive offline_access"
        registered = {"client_id": "dcr_1", "token_endpoint_auth_method": "none", "scope": scope}
        return Reply({**asked, **registered}, 201)

    def _is_known(self, authorization: str) -> bool:
        scheme, _, value = authorization.partition(" ")
        if scheme == "Basic":
            return value == base64.b64encode(f"{self.key}:".encode()).decode()
        return scheme == "Bearer" and value in self.tokens

    def _call(self, got: Received) -> Reply:  # noqa: C901 (a table of routes)
        path = got.path.removeprefix("/api/v1/")
        if not path.endswith("/"):
            return Reply(_NO_URL, 404)
        if not self._is_known(got.headers.get("authorization", "")):
            return Reply({"error": "Invalid credentials."}, 401)
        if self.plan_ended:
            return Reply({"error": "Your plan does not include this."}, 402)
        parts = path.strip("/").split("/")
        match got.method, parts:
            case "GET", ["me"]:
                return Reply({"id": "user_1", "email": "ana@example.com", "organizations": [{"id": "orga_1"}]})
            case "GET", ["lead"]:
                return self._page(got, list(self.leads.values()))
            case "POST", ["lead"]:
                return self._save(got, "")
            case _, ["lead", lead] if lead in self.leads:
                return self._lead(got, lead)
            case "GET", ["opportunity"]:
                return self._page(got, [{"id": "oppo_1", "value": 50000, "value_currency": "USD"}])
            case "GET", ["event"]:
                return Reply({"data": [{"id": "ev_1"}], "cursor_next": "c_next", "cursor_previous": None})
            case "POST", ["data", "search"]:
                return self._search(got)
            case "POST", ["report", "activity"]:
                return Reply({"data": [], "aggregations": {"totals": {}}})
            case "PUT", ["task"]:
                return Reply({})
            case _:
                return Reply(_NO_URL, 404)

    def _page(self, got: Received, everything: list[dict[str, Any]]) -> Reply:
        asked = _form(got.query)
        limit, skip = int(asked.get("_limit", "100")), int(asked.get("_skip", "0"))
        if limit > _LARGEST_LIMIT:
            return _wrong(_limit=f"The maximum is {_LARGEST_LIMIT}.")
        page, more = everything[skip : skip + limit], skip + limit < len(everything)
        return Reply({"data": page, "has_more": more, "total_results": len(everything)})

    def _lead(self, got: Received, lead: str) -> Reply:
        if got.method == "GET":
            return Reply(self.leads[lead])
        if got.method == "PUT":
            return self._save(got, lead)
        if got.method != "DELETE":
            return Reply({"error": "The method is not allowed for the requested URL."}, 405)
        del self.leads[lead]
        self._deleted += 1
        return Reply(status=204) if self._deleted % 2 else Reply({})

    def _save(self, got: Received, lead: str) -> Reply:
        if got.headers.get("content-type") != "application/json":
            return Reply({"error": "Unsupported media type."}, 415)
        given = as_object(got.json())
        if not given:
            return Reply({"errors": ["The body must be an object with something in it."], "field-errors": {}}, 400)
        unknown = {name: "Unknown field." for name in given if name not in _LEAD_FIELDS and "custom." not in name}
        if unknown:
            return _wrong(**unknown)
        if lead:
            self.leads[lead] |= given
            return Reply(self.leads[lead])
        return Reply(self._add_lead(given))

    def _add_lead(self, given: dict[str, Any]) -> dict[str, Any]:
        lead = f"lead_{len(self.leads) + self._deleted + 1}"
        self.leads[lead] = {"id": lead, "display_name": given.get("name", ""), "description": None, **given}
        return self.leads[lead]

    def _search(self, got: Received) -> Reply:
        asked = got.json()
        limit, first = asked.get("_limit", 100), int((asked.get("cursor") or "c_0").removeprefix("c_"))
        found = [{"__object_type": "lead", "id": lead} for lead in self.leads]
        then = first + limit
        return Reply({"data": found[first:then], "cursor": f"c_{then}" if then < len(found) else None})


def _form(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _wrong(**fields: str) -> Reply:
    return Reply({"errors": [], "field-errors": fields}, 400)


@contextmanager
def running_close(form: Form = "clean", *, semicolons: bool = False, offline: bool = True) -> Generator[CloseStandIn]:
    """Close on a port of its own: `with running_close(form="fern") as close: ...`."""
    with running_service() as service:
        close = CloseStandIn(service, form, _SEMICOLONS if semicolons else _COMMAS, offline)
        service.otherwise = close.answer
        yield close
