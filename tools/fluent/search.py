"""Searches of Fluent Commerce by GraphQL: their schemas, queries, and flat items."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..formats.graphql import last_cursor
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object
from ..formats.text import one_line

MAX_LIMIT = 200
DEFAULT_LIMIT = 25
_MAX_TEXT = 300
_TEXT: JsonObject = {"type": "string"}
# The selections of linked objects.
PRODUCT = "product{name ...on VariantProduct{ref gtin}}"
_PRODUCT_NAMES = {"name": "product_name", "ref": "product_ref", "gtin": "gtin"}
_SELECTIONS = {"catalogue": "catalogue{ref}"}


@dataclass(frozen=True, slots=True)
class Filter:
    """An argument of a tool, and its GraphQL argument (`$` stands for the variable) and variable type."""

    argument: str
    graphql: str
    type: str
    schema: JsonObject
    value: Callable[[JsonValue], JsonValue] = lambda value: value


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one type: `field` is its connection, `columns` are the fields of each item.

    `optional` are further columns, by the boolean argument that adds them: their selection and schema.
    """

    name: str
    title: str
    description: str
    field: str
    filters: tuple[Filter, ...]
    columns: dict[str, JsonObject]
    optional: dict[str, tuple[str, JsonObject]]

    def input_schema(self) -> JsonObject:
        """The input schema of the tool."""
        properties: JsonObject = {each.argument: each.schema for each in self.filters}
        for argument in self.optional:
            properties[argument] = {"type": "boolean", "description": f"Include the {argument} of each item."}
        limit = f"Items in a page; {DEFAULT_LIMIT} if not given."
        properties |= {
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "description": limit},
            "cursor": {**_TEXT, "description": "The next_cursor of the previous page; keep the other arguments."},
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _item_schema(self) -> JsonObject:
        columns: JsonObject = {snake(name): schema for name, schema in self.columns.items()}
        columns |= {argument: schema for argument, (_, schema) in self.optional.items()}
        return {"type": "object", "properties": columns}

    def output_schema(self) -> JsonObject:
        """The output schema of the tool."""
        properties: JsonObject = {
            "errors": {"type": "array", "items": _TEXT, "description": "What could not be read."},
            "items": {"type": "array", "items": self._item_schema()},
            "has_more": {"type": "boolean"},
            "next_cursor": _TEXT,
        }
        return {"type": "object", "properties": properties, "required": ["items", "has_more"]}

    def query(self, arguments: JsonObject) -> tuple[str, JsonObject]:
        """The query and its variables; its text depends on the names of the arguments only."""
        given = [each for each in self.filters if each.argument in arguments]
        limit = arguments.get("limit", DEFAULT_LIMIT)
        variables: JsonObject = {each.argument: each.value(arguments[each.argument]) for each in given}
        variables["first"] = int(limit) if isinstance(limit, int | float) else DEFAULT_LIMIT
        if "cursor" in arguments:
            variables["after"] = arguments["cursor"]
        declared = "".join(f",${each.argument}:{each.type}" for each in given)
        passed = "".join("," + each.graphql.replace("$", f"${each.argument}") for each in given)
        optional = [text for name, (text, _) in self.optional.items() if arguments.get(name)]
        selection = [*(_SELECTIONS.get(name, name) for name in self.columns), *optional]
        return (
            f"query($first:Int,$after:String{declared}){{{self.field}(first:$first,after:$after{passed})"
            f"{{edges{{cursor node{{{' '.join(selection)}}}}}pageInfo{{hasNextPage}}}}}}",
            variables,
        )

    def page(self, data: JsonObject) -> JsonObject:
        """The answer as a page of flat items."""
        connection = as_object(data.get(self.field))
        items = _fitting(connection, {"type": "array", "items": self._item_schema()})
        more = as_object(connection.get("pageInfo")).get("hasNextPage") is True
        found: JsonObject = {"items": items, "has_more": more}
        cursor = last_cursor(connection)
        return {**found, "next_cursor": cursor} if more and cursor else found


def flat(node: JsonObject, schema: JsonObject) -> JsonObject:
    """A node as an item of the schema: snake_case names, connections as lists, no nulls."""
    found: JsonObject = {}
    for name, value in node.items():
        inside = value if isinstance(value, dict) and "edges" not in value else None
        if inside is None:
            found[snake(name)] = value
        elif name == "product":
            found |= {_PRODUCT_NAMES[key]: each for key, each in inside.items() if key in _PRODUCT_NAMES}
        else:
            found[snake(name)] = next(iter(inside.values()), None)
    properties = as_object(schema.get("properties"))
    fitting = {name: _fitting(found.get(name), as_object(wanted)) for name, wanted in properties.items()}
    return {name: value for name, value in fitting.items() if value is not None}


def _fitting(value: JsonValue, schema: JsonObject) -> JsonValue:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if schema.get("type") == "array" and isinstance(value, dict):
        nodes = [as_object(as_object(edge).get("node")) for edge in as_list(value.get("edges"))]
        return [flat(each, as_object(schema.get("items"))) for each in nodes if each]
    if schema.get("type") == "number":
        return value if number else None
    if schema.get("type") == "string" and (number or isinstance(value, str)):
        return one_line(str(value), _MAX_TEXT) or None
    return None


def snake(name: str) -> str:
    """Convert a name to snake case: `productRef` to product_ref."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
