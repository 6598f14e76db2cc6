"""A search of Fluent Commerce by GraphQL: its schemas, its query, and the flat items of its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..formats.graphql import last_cursor
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object
from ..formats.text import one_line

MOST = 200
DEFAULT = 25
_LONGEST = 300
_TEXT: JsonObject = {"type": "string"}
# What is asked for inside of a link; of everything else, the value itself.
PRODUCT = "product{name ...on VariantProduct{ref gtin}}"
_PRODUCT_NAMES = {"name": "product_name", "ref": "product_ref", "gtin": "gtin"}
_INSIDE = {"catalogue": "catalogue{ref}"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One argument of a tool: the GraphQL argument it becomes, written around its variable, and the variable's type."""

    argument: str
    graphql: str
    type: str
    schema: JsonObject
    value: Callable[[JsonValue], JsonValue] = lambda value: value


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one kind of thing: `field` is the connection that is asked, `columns` what comes back of each.

    A column's name in GraphQL stands for itself, or for the one field inside it (`catalogue{ref}`).
    """

    name: str
    title: str
    description: str
    field: str
    filters: tuple[Filter, ...]
    columns: dict[str, JsonObject]
    wider: dict[str, tuple[str, JsonObject]]

    def input_schema(self) -> JsonObject:
        """What the tool takes."""
        properties: JsonObject = {each.argument: each.schema for each in self.filters}
        for argument in self.wider:
            properties[argument] = {"type": "boolean", "description": f"Give each item's {argument} too."}
        properties |= {
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST,
                "description": f"Items in a page; {DEFAULT} if not given.",
            },
            "cursor": {**_TEXT, "description": "The next_cursor of the page before; keep the other arguments."},
        }
        return {"type": "object", "properties": properties, "additionalProperties": False}

    def _item_schema(self) -> JsonObject:
        columns: JsonObject = {snake(name): schema for name, schema in self.columns.items()}
        columns |= {argument: schema for argument, (_, schema) in self.wider.items()}
        return {"type": "object", "properties": columns}

    def output_schema(self) -> JsonObject:
        """What the tool gives."""
        return {
            "type": "object",
            "properties": {
                "errors": {"type": "array", "items": _TEXT, "description": "What could not be read."},
                "items": {"type": "array", "items": self._item_schema()},
                "has_more": {"type": "boolean"},
                "next_cursor": _TEXT,
            },
            "required": ["items", "has_more"],
        }

    def query(self, arguments: JsonObject) -> tuple[str, JsonObject]:
        """The query and its variables; its text depends on which arguments there are, not on what they say."""
        given = [each for each in self.filters if each.argument in arguments]
        limit = arguments.get("limit", DEFAULT)
        variables: JsonObject = {each.argument: each.value(arguments[each.argument]) for each in given}
        variables["first"] = int(limit) if isinstance(limit, int | float) else DEFAULT
        if "cursor" in arguments:
            variables["after"] = arguments["cursor"]
        declared = "".join(f",${each.argument}:{each.type}" for each in given)
        passed = "".join("," + each.graphql.replace("$", f"${each.argument}") for each in given)
        wanted = [*_selected(self.columns), *(text for name, (text, _) in self.wider.items() if arguments.get(name))]
        return (
            f"query($first:Int,$after:String{declared}){{{self.field}(first:$first,after:$after{passed})"
            f"{{edges{{cursor node{{{' '.join(wanted)}}}}}pageInfo{{hasNextPage}}}}}}",
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


def _selected(columns: dict[str, JsonObject]) -> list[str]:
    return [_INSIDE.get(name, name) for name in columns]


def flat(node: JsonObject, schema: JsonObject) -> JsonObject:
    """A node as an item that fits the schema: by our names, without what is not there, connections as lists."""
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
        return one_line(str(value), _LONGEST) or None
    return None


def snake(name: str) -> str:
    """The name in our way of writing: `productRef` is product_ref."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()
