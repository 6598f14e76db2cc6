"""A stand-in for Fluent Commerce on loopback: sign-in by password, GraphQL, events, jobs and batches.

    with running_fluent() as fluent:
        fluent.url                          # base of the API: no catalog, no well-knowns
        fluent.users, fluent.clients        # names and passwords, client ids and secrets
        fluent.new_token()                  # a token without a sign-in, for a plain authenticated client
        fluent.fail_graphql("C0011E")       # the next GraphQL answer is this error, inside HTTP 200
        fluent.fail_rest(ERROR_SHAPES[2])   # the next REST answer is this status and body
        fluent.expire_tokens()              # what was signed in is no longer
        fluent.logins, fluent.refreshes, fluent.failed_logins, fluent.query_logins, fluent.secrets_in_urls
        fluent.received                     # requests without their credentials

The client `acme-client` gets a token for a day and no refresh token (one with `fluent.standard_refresh = True`),
`FLUENT_INTEGRATION` one for half an hour and a refresh token, which works once. What is wrong with a sign-in the
first tells nested two deep, the second flat.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from .fluent_graphql import Row, execute, made_up_data
from .service import Received, Reply, Service, running_service

INTEGRATION = "FLUENT_INTEGRATION"
_SCOPES = {"acme-client": "api", INTEGRATION: "retailer"}
_SECRETS = {"password", "client_secret", "refresh_token", "access_token"}
_MOST_BYTES = 2_000_000

NESTED: Row = {
    "errors": [{"code": "400", "message": {"error": "invalid_grant", "error_description": "Bad credentials"}}]
}
FLAT = {"error": "invalid_client", "error_description": "Bad client credentials"}
REUSED = {"error": "invalid_grant", "error_description": "Invalid refresh token"}
UNKNOWN_USER = "Invalid user, Authorization header value does not belong to a valid user"
# Every error body that the vendor documents for REST, with the status that goes with it.
ERROR_SHAPES: tuple[tuple[int, Row], ...] = (
    (401, {"error": "invalid_token", "error_description": "The token is expired"}),
    (400, {"errors": [{"code": "400", "message": "'name' is required"}]}),
    (400, {"errors": [{"code": "NotNull", "message": "name may not be null"}]}),
    (401, {"errors": [{"code": "401", "message": UNKNOWN_USER}]}),
    (400, NESTED),
    (404, {"message": "There is no such job", "status": 404}),
    (200, {"eventId": "e-1", "entityId": "143", "eventStatus": "FAILED", "errorMessage": "Event has Failed"}),
)


@dataclass
class FluentStandIn:
    """The stand-in and what it has seen; the module says how to use it."""

    service: Service
    users: dict[str, str] = field(default_factory=lambda: {"ana": "fluent-staging"})
    clients: dict[str, str] = field(default_factory=lambda: {"acme-client": "acme-secret", INTEGRATION: "int-secret"})
    standard_refresh: bool = False
    logins: int = 0
    refreshes: int = 0
    failed_logins: int = 0
    query_logins: int = 0
    secrets_in_urls: int = 0
    received: list[Received] = field(default_factory=list[Received])
    data: dict[str, list[Row]] = field(default_factory=made_up_data)
    events: list[Row] = field(default_factory=list[Row])
    _tokens: set[str] = field(default_factory=set[str])
    _refresh_tokens: dict[str, str] = field(default_factory=dict[str, str])
    _graphql_faults: deque[Row] = field(default_factory=deque[Row])
    _rest_faults: deque[Reply] = field(default_factory=deque[Reply])
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.service.routes |= {"/oauth/token": self._seen(self._token), "/graphql": self._signed_in(self._graphql)}
        self._serve("event", self._list_events)
        self._serve("event/sync", partial(self._send_event, "COMPLETE"))
        self._serve("event/async", partial(self._send_event, "PENDING"))
        self._serve("job", self._create_job)
        self._serve("transition", self._transition)
        self._serve("workflow/1/ORDER::HD/", lambda got: _json({"name": "ORDER::HD", "rulesets": []}))

    @property
    def url(self) -> str:
        """The base of the API."""
        return self.service.url

    def new_token(self) -> str:
        """A token that is good, without a sign-in."""
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return token

    def expire_tokens(self, *, refresh_tokens: bool = False) -> None:
        """Let the access tokens be good no more; the refresh tokens too where that is asked for."""
        self._tokens.clear()
        if refresh_tokens:
            self._refresh_tokens.clear()

    def fail_graphql(self, code: str, *, times: int = 1, data: Row | None = None, inside: bool = False) -> None:
        """The next GraphQL answers hold this error; `inside` writes its code into the message."""
        error: Row = {"message": f"{code}: It went wrong" if inside else "It went wrong", "path": ["variantProducts"]}
        if not inside:
            error["extensions"] = {"code": code}
        answer = {"data": {"variantProducts": None} if data is None else data, "errors": [error]}
        self._graphql_faults.extend([answer] * times)

    def fail_rest(self, shape: tuple[int, Any]) -> None:
        """The next REST answer has this status and body."""
        self._rest_faults.append(_json(shape[1], shape[0]))

    def count(self, method: str, path: str) -> int:
        """How often a path was asked for."""
        return sum((got.method, got.path) == (method, path) for got in self.received)

    def _seen(self, answer: Callable[[Received], Reply]) -> Callable[[Received], Reply]:
        def answered(got: Received) -> Reply:
            with self._lock:
                given = {name for name, _ in parse_qsl(got.query)} & _SECRETS
                self.secrets_in_urls += bool(given)
                headers = {name: value for name, value in got.headers.items() if name != "authorization"}
                signing_in = got.path == "/oauth/token"
                safe = (
                    replace(got, query="", body=b"", headers=headers) if signing_in else replace(got, headers=headers)
                )
                self.received.append(safe)
                return answer(got)

        return answered

    def _signed_in(self, answer: Callable[[Received], Reply]) -> Callable[[Received], Reply]:
        def answered(got: Received) -> Reply:
            scheme, _, token = got.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or token not in self._tokens:
                return _json(ERROR_SHAPES[3][1], 401)
            return answer(got)

        return self._seen(answered)

    def _serve(self, path: str, answer: Callable[[Received], Reply]) -> None:
        def answered(got: Received) -> Reply:
            return self._rest_faults.popleft() if self._rest_faults else answer(got)

        self.service.routes[f"/api/v4.1/{path}"] = self._signed_in(answered)

    def _token(self, got: Received) -> Reply:
        if got.method != "POST":
            return _json({"message": "Method not allowed", "status": 405}, 405)
        asked = dict(parse_qsl(got.query)) | dict(parse_qsl(got.body.decode()))
        self.query_logins += bool({"password", "client_secret", "refresh_token"} & dict(parse_qsl(got.query)).keys())
        client = asked.get("client_id", "")
        refusal = self._refusal(client, asked)
        if refusal:
            self.failed_logins += 1
            return refusal
        if asked["grant_type"] == "refresh_token":
            self.refreshes += 1
        else:
            self.logins += 1
        integration = client == INTEGRATION
        answer: Row = {
            "access_token": self.new_token(),
            "token_type": "bearer",
            "expires_in": 1799 if integration else 86386,
            "scope": _SCOPES[client],
            "Retailer_id": 1,
            "FirstName": "Ana",
            "LastName": "Ito",
            "Roles": ["RETAILER"] if integration else [],
        }
        if integration or self.standard_refresh:
            answer["refresh_token"] = secrets.token_urlsafe(16)
            self._refresh_tokens[answer["refresh_token"]] = client
        return _json(answer)

    def _refusal(self, client: str, asked: Row) -> Reply | None:
        flat = client == INTEGRATION
        if client not in self.clients or not _same(asked.get("client_secret"), self.clients[client]):
            return _json(FLAT, 401) if flat else _json(NESTED, 400)
        if asked.get("scope") != _SCOPES[client]:
            return _json({"error": "invalid_scope", "error_description": f"Not {asked.get('scope')}"}, 400)
        if asked.get("grant_type") == "refresh_token":
            good = self._refresh_tokens.pop(asked.get("refresh_token", ""), None) == client
            return None if good else _json(REUSED, 400)
        if asked.get("grant_type") != "password":
            return _json({"error": "unsupported_grant_type", "error_description": "Not allowed"}, 400)
        if _same(asked.get("password"), self.users.get(asked.get("username", ""))):
            return None
        return _json(NESTED["errors"][0]["message"], 400) if flat else _json(NESTED, 400)

    def _graphql(self, got: Received) -> Reply:
        if len(got.body) > _MOST_BYTES:
            return Reply("Request Entity Too Large", 413)
        if self._graphql_faults:
            return _json(self._graphql_faults.popleft())
        asked = got.json()
        answer = execute(self.data, asked["query"], asked.get("variables"), asked.get("operationName"))
        return _json(answer)

    def _list_events(self, got: Received) -> Reply:
        asked = dict(parse_qsl(got.query))
        start, count = int(asked.pop("start", 0)), min(int(asked.pop("count", 100)), 5000)
        fitting = [event for event in self.events if all(_event_value(event, k) == v for k, v in asked.items())]
        page = fitting[start : start + count]
        more = len(fitting) > start + len(page)
        return _json({"start": start, "count": len(page), "hasMore": more, "results": page})

    def _send_event(self, status: str, got: Received) -> Reply:
        sent = got.json()
        if not sent.get("name"):
            return _json(ERROR_SHAPES[1][1], 400)
        names = ("entityType", "entityId", "entityRef", "rootEntityType", "rootEntityRef")
        event: Row = {
            "id": secrets.token_hex(8),
            "name": sent["name"],
            "type": "ORCHESTRATION",
            "accountId": sent.get("accountId"),
            "retailerId": str(sent.get("retailerId")),
            "eventStatus": status,
            "context": {name: sent[name] for name in names if name in sent},
        }
        self.events.append(event)
        self._serve(f"event/{event['id']}", lambda got: _json(event))
        return _json({"eventId": event["id"], "entityId": sent.get("entityId"), "eventStatus": status})

    def _create_job(self, got: Received) -> Reply:
        job = secrets.token_hex(3)
        batches: list[Row] = []

        def add_batch(got: Received) -> Reply:
            size = len(got.json()["entities"])
            batch: Row = {"id": str(len(batches) + 1), "jobId": job, "status": "COMPLETE"}
            batch |= {"totalEntities": size, "processedEntities": size}
            batches.append(batch)
            self._serve(f"job/{job}/batch/{batch['id']}", lambda got: _json(batch))
            return _json({"id": batch["id"]})

        def results(got: Received) -> Reply:
            reply = [
                {"batchId": b["id"], "status": b["status"], "processedEntities": b["processedEntities"]}
                for b in batches
            ]
            return _json({"id": job, "status": "COMPLETE", "totalBatches": len(batches), "results": reply})

        self._serve(f"job/{job}", lambda got: _json({"id": job, "status": "OPEN"}))
        self._serve(f"job/{job}/batch", add_batch)
        self._serve(f"job/{job}/results", results)
        return _json({"id": job})

    def _transition(self, got: Received) -> Reply:
        actions = [{"eventName": "UPDATE", "context": [{"label": "SUBMIT"}], "attributes": []}]
        reply = [{"trigger": trigger, "userActions": actions, "transitions": []} for trigger in got.json()["triggers"]]
        return _json({"response": reply})


def _json(body: Row, status: int = 200) -> Reply:
    return Reply(body, status, {"content-type": "application/json"})


def _same(given: str | None, right: str | None) -> bool:
    return bool(given) and given == right


def _event_value(event: Row, name: str) -> str:
    inner = event["context"] if name.startswith("context.") else event
    named = {"eventType": "type"}.get(name, name.removeprefix("context."))
    return str(inner.get(named))


@contextmanager
def running_fluent() -> Generator[FluentStandIn]:
    """A fake service on a port of its own, without a sign-in."""
    with running_service() as service:
        yield FluentStandIn(service)
