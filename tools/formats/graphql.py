"""GraphQL over HTTP: what kind of operation a document holds, the request's body, and the errors in an answer."""

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
_MOST_ERRORS = 10
_MOST_LOOKED_AT = 1_000
_LONGEST_CURSOR = 2_000
# GraphQL §2.1. Block strings go before strings: `"""` is never an empty string and the beginning of another.
_LEXEME = re.compile(
    r"(?P<ignored>[ \t\r\n,]+|#[^\r\n]*)"
    r'|(?P<block>"""(?:\\"""|(?!"""|\\""").)*+""")'
    r'|(?P<string>"(?!"")(?:\\[^\r\n]|[^"\\\r\n])*+")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>-?[0-9][0-9.eE+-]*)"
    r"|(?P<mark>\.\.\.|[!$&()\[\]{}:=@|])",
    re.DOTALL,
)
# What some servers take for the end of a line, and of a comment, and others do not.
_DOUBTFUL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_CLOSED_BY = {"{": "}", "(": ")", "[": "]"}


class InvalidGraphqlError(ValueError):
    """The text is no executable GraphQL document, or not surely one; says why."""


@dataclass(frozen=True, slots=True)
class GraphqlError:
    """One entry of an answer's `errors` (GraphQL §7.1.2); `code` is the service's, from its `extensions`."""

    message: str
    code: str = ""
    path: str = ""

    def as_details(self) -> JsonObject:
        """The parts that are there."""
        details: JsonObject = {"message": self.message}
        return details | {k: v for k, v in (("code", self.code), ("path", self.path)) if v}

    def __str__(self) -> str:
        """The error as one line: where, what, and its code."""
        coded = f" ({self.code})" if self.code and self.code not in self.message else ""
        return f"{self.path}: {self.message}{coded}" if self.path else f"{self.message}{coded}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL answer: `data` as far as there is any, and the errors, which may come beside it."""

    data: JsonObject
    errors: tuple[GraphqlError, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing at all was answered."""
        return all(value is None for value in self.data.values())


def operation_kinds(document: str) -> dict[str, Kind]:
    """The operations of a document by their names; an operation without a name is ''.

    Whatever one server could read otherwise than another is refused, so that nothing passes for a query
    that somewhere is a mutation.

    Raises:
        InvalidGraphqlError: it is no executable document, or is in doubt.
    """
    if len(document) > MAX_DOCUMENT:
        raise InvalidGraphqlError(f"it has more than {MAX_DOCUMENT} characters")
    if found := _DOUBTFUL.search(document):
        raise InvalidGraphqlError(f"it has the character U+{ord(found[0]):04X}, which belongs into a variable")
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
            raise InvalidGraphqlError(f"{lexeme[:40]!r} begins no operation and no fragment")
        if name in kinds:
            raise InvalidGraphqlError(
                f"it has two operations of the name {name!r}" if name else "it has two without a name"
            )
        kinds[name] = kind
    if not kinds:
        raise InvalidGraphqlError("it has no operation")
    if "" in kinds and len(kinds) > 1:
        raise InvalidGraphqlError("an operation without a name has to be the only one")
    return kinds


def _lexemes(document: str) -> Iterator[str]:
    at = 0
    while at < len(document):
        match = _LEXEME.match(document, at)
        if match is None:
            raise InvalidGraphqlError(f"{document[at : at + 20]!r} at character {at} is no GraphQL")
        at = match.end()
        if match.lastgroup in ("block", "string"):
            yield '""'
        elif match.lastgroup != "ignored":
            yield match[0]


def _rest_of_definition(lexemes: Iterator[str]) -> str:
    """Passes what follows `query` or `fragment` up to the end of its selection; gives the name, if any."""
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
            raise InvalidGraphqlError(f"{lexeme[:40]!r} is out of place before a selection")
    raise InvalidGraphqlError("an operation or fragment has no selection")


def _skip_to_close(lexemes: Iterator[str], opened: str) -> None:
    awaited = [_CLOSED_BY[opened]]
    for lexeme in lexemes:
        if lexeme in _CLOSED_BY:
            awaited.append(_CLOSED_BY[lexeme])
            if len(awaited) > _MAX_DEPTH:
                raise InvalidGraphqlError(f"it nests more than {_MAX_DEPTH} levels deep")
        elif lexeme in _CLOSED_BY.values():
            if lexeme != awaited.pop():
                raise InvalidGraphqlError(f"{lexeme!r} closes nothing that is open")
            if not awaited:
                return
    raise InvalidGraphqlError(f"{awaited[-1]!r} is missing")


def request_body(query: str, variables: Mapping[str, JsonValue], operation_name: str = "") -> bytes:
    """The JSON body of a GraphQL request; variables that are not there are left out."""
    body: JsonObject = {"query": query}
    if variables:
        body["variables"] = dict(variables)
    if operation_name:
        body["operationName"] = operation_name
    return to_text(body).encode()


def is_answer(value: JsonValue) -> bool:
    """Whether a JSON value is what GraphQL answers with: an object with `data`, `errors` or both."""
    return isinstance(value, dict) and (isinstance(value.get("data"), dict) or bool(as_list(value.get("errors"))))


def read_answer(value: JsonValue) -> Answer:
    """An answer's data and errors, cleaned."""
    node = as_object(clean_value(value))
    errors = as_list(node.get("errors"))
    read = [_error(item) for item in errors[:_MOST_ERRORS]]
    if len(errors) > _MOST_ERRORS:
        read.append(GraphqlError(f"and {len(errors) - _MOST_ERRORS} more errors"))
    return Answer(as_object(node.get("data")), tuple(read))


def _error(item: JsonValue) -> GraphqlError:
    node = as_object(item)
    said = node.get("message") or item
    message = one_line(said if isinstance(said, str) else to_text(said), 500)
    code = as_text(as_object(node.get("extensions")).get("code"))
    path = ".".join(str(part) for part in as_list(node.get("path"))[:20])
    return GraphqlError(message or "it gave no reason", one_line(code, 60), one_line(path, 200))


def cursors_to_go_on(data: JsonObject) -> dict[str, str]:
    """Where a connection (Relay) has more: its path, and the cursor of its last edge, which `after` takes."""
    found: dict[str, str] = {}
    waiting: deque[tuple[str, JsonValue]] = deque([("", data)])
    for _ in range(_MOST_LOOKED_AT):
        if not waiting or len(found) == _MOST_ERRORS:
            break
        path, value = waiting.popleft()
        node = as_object(value)
        if as_object(node.get("pageInfo")).get("hasNextPage") is True:
            found[one_line(path, 200)] = last_cursor(node)
        else:  # what is inside a connection is paged once for each of its nodes: too much to tell
            waiting.extend((f"{path}.{key}" if path else key, child) for key, child in node.items())
    return found


def last_cursor(connection: JsonObject) -> str:
    """The cursor of a connection's last edge; '' where it has none that could be given back."""
    edges = as_list(connection.get("edges"))
    cursor = as_text(as_object(edges[-1]).get("cursor")) if edges else ""
    return cursor if len(cursor) <= _LONGEST_CURSOR else ""
