"""GraphQL over HTTP: operation types, request bodies, responses and their errors."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from .text import clean_value, one_line

Kind: TypeAlias = Literal["query", "mutation", "subscription"]
_KINDS: dict[str, Kind] = {"query": "query", "mutation": "mutation", "subscription": "subscription"}

MAX_DOCUMENT = 200_000
_MAX_DEPTH = 100
_MAX_ERRORS = 10
_MAX_NODES = 1_000
_MAX_CURSOR_LENGTH = 2_000
# GraphQL §2.1. Block strings come first: `"""` is never an empty string followed by a quote.
_LEXEME = re.compile(
    r"(?P<ignored>[ \t\r\n,]+|#[^\r\n]*)"
    r'|(?P<block>"""(?:\\"""|(?!"""|\\""").)*+""")'
    r'|(?P<string>"(?!"")(?:\\[^\r\n]|[^"\\\r\n])*+")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>-?[0-9][0-9.eE+-]*)"
    r"|(?P<mark>\.\.\.|[!$&()\[\]{}:=@|])",
    re.DOTALL,
)
# Only some servers treat these as line terminators, which end comments.
_AMBIGUOUS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_CLOSING = {"{": "}", "(": ")", "[": "]"}


class InvalidGraphqlError(ValueError):
    """The text is not, or not unambiguously, an executable GraphQL document."""


@dataclass(frozen=True, slots=True)
class GraphqlError:
    """One entry of a response's `errors` (GraphQL §7.1.2); `code` comes from its `extensions`."""

    message: str
    code: str = ""
    path: str = ""

    def as_details(self) -> JsonObject:
        """The non-empty fields."""
        details: JsonObject = {"message": self.message}
        return details | {k: v for k, v in (("code", self.code), ("path", self.path)) if v}

    def __str__(self) -> str:
        """Path, message and code on one line."""
        coded = f" ({self.code})" if self.code and self.code not in self.message else ""
        return f"{self.path}: {self.message}{coded}" if self.path else f"{self.message}{coded}"


@dataclass(frozen=True, slots=True)
class GraphqlResponse:
    """A GraphQL response: `data`, which may be partial, and the errors."""

    data: JsonObject
    errors: tuple[GraphqlError, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether every field of `data` is null."""
        return all(value is None for value in self.data.values())


def operation_kinds(document: str) -> dict[str, Kind]:
    """The type of each operation by name; an anonymous operation has the name ''.

    Documents that servers could parse differently are rejected, so that no mutation passes for a query.

    Raises:
        InvalidGraphqlError: not an executable document, or ambiguous.
    """
    if len(document) > MAX_DOCUMENT:
        raise InvalidGraphqlError(f"it has more than {MAX_DOCUMENT} characters")
    if match := _AMBIGUOUS.search(document):
        raise InvalidGraphqlError(f"the character U+{ord(match[0]):04X} is only supported inside a variable")
    lexemes = _lexemes(document)
    kinds: dict[str, Kind] = {}
    for lexeme in lexemes:
        if lexeme == "{":
            name, kind = "", _KINDS["query"]
            _skip_to_close(lexemes, "{")
        elif lexeme in _KINDS:
            name, kind = _rest_of_definition(lexemes), _KINDS[lexeme]
        elif lexeme == "fragment":
            _rest_of_definition(lexemes)
            continue
        else:
            raise InvalidGraphqlError(f"expected an operation or a fragment, got {lexeme[:40]!r}")
        if name in kinds:
            raise InvalidGraphqlError(f"two operations are named {name!r}" if name else "two operations have no name")
        kinds[name] = kind
    if not kinds:
        raise InvalidGraphqlError("it contains no operation")
    if "" in kinds and len(kinds) > 1:
        raise InvalidGraphqlError("an anonymous operation must be the only operation")
    return kinds


def _lexemes(document: str) -> Iterator[str]:
    at = 0
    while at < len(document):
        match = _LEXEME.match(document, at)
        if match is None:
            raise InvalidGraphqlError(f"syntax error at character {at}: {document[at : at + 20]!r}")
        at = match.end()
        if match.lastgroup in ("block", "string"):
            yield '""'
        elif match.lastgroup != "ignored":
            yield match[0]


def _rest_of_definition(lexemes: Iterator[str]) -> str:
    """Consume a definition after its keyword, and return its name or ''."""
    name = ""
    for position, lexeme in enumerate(lexemes):
        if lexeme == "{":
            _skip_to_close(lexemes, "{")
            return name
        if lexeme in ("(", "["):
            _skip_to_close(lexemes, lexeme)
        elif position == 0 and re.fullmatch(r"\w+", lexeme):
            name = lexeme
        elif not (lexeme == "@" or re.fullmatch(r"\w+", lexeme)):
            raise InvalidGraphqlError(f"unexpected {lexeme[:40]!r} before a selection set")
    raise InvalidGraphqlError("an operation or fragment has no selection set")


def _skip_to_close(lexemes: Iterator[str], opened: str) -> None:
    expected = [_CLOSING[opened]]
    for lexeme in lexemes:
        if lexeme in _CLOSING:
            expected.append(_CLOSING[lexeme])
            if len(expected) > _MAX_DEPTH:
                raise InvalidGraphqlError(f"it nests more than {_MAX_DEPTH} levels deep")
        elif lexeme in _CLOSING.values():
            if lexeme != expected.pop():
                raise InvalidGraphqlError(f"unmatched {lexeme!r}")
            if not expected:
                return
    raise InvalidGraphqlError(f"missing {expected[-1]!r}")


def request_body(query: str, variables: Mapping[str, JsonValue], operation_name: str = "") -> bytes:
    """Serialize a GraphQL request; empty members are omitted."""
    body: JsonObject = {"query": query}
    if variables:
        body["variables"] = dict(variables)
    if operation_name:
        body["operationName"] = operation_name
    return to_text(body).encode()


def is_response(value: JsonValue) -> bool:
    """Whether a JSON value is a GraphQL response: an object with `data`, `errors` or both."""
    return isinstance(value, dict) and (isinstance(value.get("data"), dict) or bool(as_list(value.get("errors"))))


def parse_response(value: JsonValue) -> GraphqlResponse:
    """A response's data and errors, cleaned."""
    node = as_object(clean_value(value))
    nodes = as_list(node.get("errors"))
    errors = [_error(item) for item in nodes[:_MAX_ERRORS]]
    if len(nodes) > _MAX_ERRORS:
        errors.append(GraphqlError(f"and {len(nodes) - _MAX_ERRORS} more errors"))
    return GraphqlResponse(as_object(node.get("data")), tuple(errors))


def _error(item: JsonValue) -> GraphqlError:
    node = as_object(item)
    text = node.get("message") or item
    message = one_line(text if isinstance(text, str) else to_text(text), 500)
    code = as_text(as_object(node.get("extensions")).get("code"))
    path = ".".join(str(part) for part in as_list(node.get("path"))[:20])
    return GraphqlError(message or "no reason given", one_line(code, 60), one_line(path, 200))


def next_cursors(data: JsonObject) -> dict[str, str]:
    """The path and last cursor (for `after`) of each Relay connection that has a next page."""
    cursors: dict[str, str] = {}
    pending: deque[tuple[str, JsonValue]] = deque([("", data)])
    for _ in range(_MAX_NODES):
        if not pending or len(cursors) == _MAX_ERRORS:
            break
        path, value = pending.popleft()
        node = as_object(value)
        if as_object(node.get("pageInfo")).get("hasNextPage") is True:
            cursors[one_line(path, 200)] = last_cursor(node)
        else:  # connections nested in this one would be listed once per node: too many
            pending.extend((f"{path}.{key}" if path else key, child) for key, child in node.items())
    return cursors


def last_cursor(connection: JsonObject) -> str:
    """The cursor of a connection's last edge, or ''."""
    edges = as_list(connection.get("edges"))
    cursor = as_text(as_object(edges[-1]).get("cursor")) if edges else ""
    return cursor if len(cursor) <= _MAX_CURSOR_LENGTH else ""
