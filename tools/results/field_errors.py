"""Errors of single inputs, from the lists and objects that frameworks send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line

MESSAGES = ("detail", "errordescription", "message", "description", "title", "reason", "errormessage", "faultstring",
            "errorsummary", "userfriendlymessage", "msg", "statusmessage", "errormsg", "error", "errors",
            "text")  # fmt: skip
CODES = ("errorcode", "code", "type", "error", "errorname", "eventstatus", "faultcode", "reason")

_MAX_ERRORS = 20
_MAX_DEPTH = 8
_LISTS = ("errors", "details", "detail", "fielderrors", "message", "errormessages", "invalidparams", "violations",
          "invalidfields", "validationerrors", "validation", "fieldviolations", "constraintviolations", "modelstate",
          "causes", "errorcauses", "issues")  # fmt: skip
_NAMED_FIELDS = {"fielderrors", "invalidparams", "invalidfields", "fieldviolations"}
_LOCATIONS = ("field", "loc", "path", "param", "parameter", "propertypath", "property", "target", "pointer",
              "attribute", "instancepath", "fieldname", "key")  # fmt: skip
# Names that frameworks use for errors of no single input.
_NO_FIELD = {"nonfielderrors", "__all__", "base", "_schema", "general", "_global"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error of one input, or of none (`where` is empty)."""

    where: str
    what: str
    code: str = ""


def plain_name(name: str) -> str:
    """Normalize the spelling of a name: `error_code`, `errorCode` and `Error-Code` are the same."""
    return name[:80].lower().replace("-", "").replace("_", "").replace(".", "") if name != "__all__" else name


def first_text(node: JsonObject, names: tuple[str, ...]) -> str:
    """The first of these members that is not empty, as text."""
    named = {plain_name(name): value for name, value in islice(node.items(), 200)}
    for name in names:
        value = named.get(name)
        if isinstance(value, dict) and isinstance(value.get("value"), str):  # OData's messages have a language
            value = value["value"]
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def read_field_errors(node: JsonObject) -> list[FieldError]:
    """The errors under any of the usual names."""
    found: list[FieldError] = []
    nested = node.get("kind") == "Status"  # its details are an object that holds the list
    for name, value in islice(node.items(), 200):
        plain = plain_name(name)
        if plain not in _LISTS:
            continue
        if isinstance(value, dict):
            if plain != "message" and not (plain == "detail" and first_text(value, MESSAGES)):
                found += read_field_errors(value) if nested else islice(by_field(value), _MAX_ERRORS)
        else:
            is_named = plain in _NAMED_FIELDS
            found += [error for item in as_list(value)[:_MAX_ERRORS] for error in _item_errors(item, named=is_named)]
    return [error for error in found if error.what][:_MAX_ERRORS]


def _item_errors(item: JsonValue, *, named: bool) -> list[FieldError]:
    entry = as_object(item)
    violations = as_list(entry.get("fieldViolations"))
    if violations or ("@type" in entry and not first_text(entry, ("message", "description"))):
        # Typed details (google.rpc): only those of BadRequest are about inputs.
        return [_field_error(violation) for violation in violations[:_MAX_ERRORS]]
    return [_field_error(item, named=named)]


def _field_error(item: JsonValue, *, named: bool = False) -> FieldError:
    entry = as_object(item)
    inner = as_object(entry.get("message")) or entry  # may be an error object itself
    what = first_text(inner, MESSAGES) or first_text(inner, ("code",)) or _plain(item)
    code = first_text(inner, CODES) or first_text(entry, CODES)
    return FieldError(one_line(_place(entry, named=named), 100), one_line(what, 200), "" if code == what else code)


def _place(entry: JsonObject, *, named: bool) -> str:
    """Where an input is; in lists that are `named` after fields, `name` is one, elsewhere the error's."""
    members = {plain_name(name): value for name, value in islice(entry.items(), 50)}
    source = as_object(entry.get("source"))  # JSON:API
    places = [members.get(name) for name in _LOCATIONS]
    places += [source.get("pointer"), source.get("parameter"), source.get("header")]
    if named or ("reason" in entry and "message" not in entry):
        places.append(entry.get("name"))  # RFC 9457's own example
    place = next((place for place in places if place), "")
    if isinstance(place, list):
        return ".".join(str(part) for part in place[:_MAX_DEPTH])
    return as_text(place)


def by_field(value: JsonValue, place: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Yield the errors of objects and lists that are nested as the inputs are."""
    if len(place) < _MAX_DEPTH and isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from by_field(inner, place if plain_name(key) in _NO_FIELD else (*place, key))
    elif len(place) < _MAX_DEPTH and any(isinstance(inner, dict | list) for inner in as_list(value)):
        for index, inner in enumerate(as_list(value)):
            if what := first_text(as_object(inner), MESSAGES):
                yield FieldError(one_line(".".join(place), 100), one_line(what, 200))
            else:
                yield from by_field(inner, (*place, str(index)))
    elif value not in ({}, [], None, ""):
        what = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
        yield FieldError(one_line(".".join(place), 100), one_line(what, 200))


def is_by_field(node: JsonObject) -> bool:
    """Whether the whole body is errors by the names of inputs, as Django REST framework sends it."""
    return bool(node) and all(
        isinstance(value, list | dict) and value and all(isinstance(item, str | dict | list) for item in value)
        for value in islice(node.values(), 50)
    )


def _plain(value: JsonValue) -> str:
    return value if isinstance(value, str) else to_text(value)
