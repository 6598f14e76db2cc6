"""A service on loopback that behaves as a document says: it validates each request, and answers with generated data."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_object

from .answers import Answers

ITEMS = 230
_PAGE = 100
_SIZES = ("limit", "page_size", "per_page")
_POSITIONS = ("offset", "starting_after", "start_cursor", "continue", "after")


class InvalidRequestError(Exception):
    """The document does not allow a request: `status` and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request: the path within the service, the query, the body and its media type."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    media_type: str


@dataclass(slots=True)
class MockedService:
    """One document; `accepted` are the requests that it allows, in order."""

    document: Mapping[str, Any]
    accepted: list[str] = field(default_factory=list[str])

    def answer(self, request: Incoming) -> Any:
        """Validate a request and return the answer.

        Raises:
            InvalidRequestError: the document does not allow it.
        """
        template, operation = self._operation(request)
        answers = Answers(self.document)
        self._check_parameters(answers, template, operation, request)
        self._check_body(answers, operation, request)
        self.accepted.append(f"{request.method} {request.path}")
        responses = [answers.resolved(node) for code, node in operation["responses"].items() if str(code)[0] == "2"]
        contents = [item for response in responses for item in response.get("content", {}).items()]
        schema = next((media.get("schema") for kind, media in contents if "json" in kind or "*" in kind), None)
        if schema is None:
            return {}
        listed = answers.listed(schema) if self._is_list(request) else None
        return answers.value(schema, 1) if listed is None else _page(answers, schema, listed, request)

    def _operation(self, request: Incoming) -> tuple[str, Any]:
        found: list[tuple[int, str, Any]] = []
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(template))
            if request.method.lower() in item and re.fullmatch(pattern, request.path):
                found.append((template.count("{"), template, item[request.method.lower()]))
        if not found:
            raise InvalidRequestError(404, f"no operation {request.method} {request.path}")
        _, template, operation = min(found, key=lambda match: match[0])
        return template, operation

    @staticmethod
    def _is_list(request: Incoming) -> bool:
        return request.method == "GET" or any(word in request.path for word in ("query", "search"))

    def _check_parameters(self, answers: Answers, template: str, operation: Any, request: Incoming) -> None:
        shared = self.document["paths"][template].get("parameters", [])
        parameters = [answers.resolved(node) for node in [*shared, *operation.get("parameters", [])]]
        known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
        for name, text in request.query.items():
            parameter = known.get(name) or known.get(name.partition("[")[0]) or known.get(f"{name}[]")
            if parameter is None:
                raise InvalidRequestError(400, f"unknown query parameter {name}")
            kind = answers.resolved(parameter.get("schema")).get("type")
            if kind == "integer" and not re.fullmatch(r"-?\d+", text):
                raise InvalidRequestError(400, f"{name} is not an integer")
        for name, parameter in known.items():
            if parameter.get("required") and name not in request.query:
                raise InvalidRequestError(400, f"the query parameter {name} is missing")

    def _check_body(self, answers: Answers, operation: Any, request: Incoming) -> None:
        body = answers.resolved(operation.get("requestBody"))
        content = body.get("content", {})
        if not request.body:
            if body.get("required"):
                raise InvalidRequestError(400, "the body is missing")
            return
        media = content.get(request.media_type) or content.get("*/*")
        if media is None:
            raise InvalidRequestError(415, f"{request.media_type} is none of {', '.join(content)}")
        if names := _form_fields(request):
            _check_form(answers.merged(media["schema"]), names)
            return
        registry = Registry[Any]().with_resource("doc:", DRAFT202012.create_resource(self.document))
        validator = Draft202012Validator(as_object(_with_absolute_references(media["schema"])), registry=registry)
        errors: Iterator[ValidationError] = validator.iter_errors(json.loads(request.body))  # pyright: ignore[reportUnknownMemberType]
        if error := next(errors, None):
            raise InvalidRequestError(422, f"{error.json_path}: {error.message[:300]}")


def _form_fields(request: Incoming) -> set[str]:
    """The names of the fields of a form; none if the request has no form."""
    if request.media_type == "multipart/form-data":
        names = re.findall(rb'form-data; name="([^"\[]+)', request.body)
        return {name.decode() for name in names}
    is_form = request.media_type == "application/x-www-form-urlencoded"
    return {name.partition("[")[0] for name, _ in parse_qsl(request.body.decode())} if is_form else set()


def _check_form(schema: Mapping[str, Any], names: set[str]) -> None:
    if unknown := names - schema.get("properties", {}).keys():
        raise InvalidRequestError(400, f"unknown fields: {', '.join(sorted(unknown))}")
    if missing := set(schema.get("required", [])) - names:
        raise InvalidRequestError(400, f"missing fields: {', '.join(sorted(missing))}")


def _with_absolute_references(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_with_absolute_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"doc:{value}" if key == "$ref" and isinstance(value, str) else _with_absolute_references(value)
        for key, value in node.items()
    }


def _page(answers: Answers, schema: Any, listed: tuple[str, Any], request: Incoming) -> Any:
    """The page of a list of 230 items that the request asks for, with the facts of whatever style it has."""
    body: JsonObject = json.loads(request.body) if request.body and "json" in request.media_type else {}
    given: dict[str, Any] = {**request.query, **body}
    position = next((str(given[name]) for name in _POSITIONS if given.get(name)), "0")
    number = int(re.sub(r"\D", "", position) or 0)
    start = number if "offset" in given else number + 1 if "starting_after" in given or "after" in given else number
    size = next((int(given[name]) for name in _SIZES if name in given), _PAGE)
    end = min(start + size, ITEMS)
    name, item = listed
    hint = request.path.rstrip("/").rpartition("/")[2].removesuffix("s")
    items = [answers.value(item, index, hint) for index in range(start, end)]
    if not name:
        return items
    is_last = end == ITEMS
    facts: dict[str, Any] = {"has_more": not is_last, "total": ITEMS, "limit": size, "offset": start}
    facts["next_cursor"] = None if is_last else f"c{end}"
    facts["next"] = None if is_last else f"?offset={end}&limit={size}"
    facts["next_page"] = None if is_last else {"offset": f"o{end}"}
    facts["previous"] = None
    whole = answers.value(schema, 1)
    return {**whole, **{key: value for key, value in facts.items() if key in whole}, name: items}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, services: Mapping[str, MockedService]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.services = services


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, whatever the method."""
        url = urlsplit(self.path)
        system, _, path = url.path.strip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        media_type = (self.headers.get("content-type") or "").partition(";")[0]
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        request = Incoming(self.command, f"/{unquote(path)}", query, body, media_type)
        try:
            status, answer = 200, cast(_Server, self.server).services[system].answer(request)
        except InvalidRequestError as error:
            status, answer = error.status, {"error": {"message": str(error)}}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 (names of the base class)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving(services: Mapping[str, MockedService]) -> Generator[str]:
    """Serve each service under its name for the length of the block; yields the URL."""
    server = _Server(services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
