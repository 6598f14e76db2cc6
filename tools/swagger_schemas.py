"""Swagger 2.0's schemas as OpenAPI 3.0's: references into `components`, and a few words that changed."""

from __future__ import annotations

from .json_values import JsonObject, JsonValue

_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_NAMED = {"properties", "patternProperties", "definitions"}
_DATA = {"default", "enum", "example", "x-example"}


class Schemas:
    """Converts schemas; one that stands in several places of the document (a YAML alias) is converted once."""

    def __init__(self) -> None:
        # With the node itself, so that its id stays its own.
        self._converted: dict[int, tuple[JsonObject, JsonObject]] = {}

    def convert(self, node: JsonValue) -> JsonValue:
        """The schema as OpenAPI 3.0 has it; what is no object is left as it is."""
        if isinstance(node, list):
            return [self.convert(one) for one in node]
        if not isinstance(node, dict):
            return node
        if id(node) not in self._converted:
            result: JsonObject = {}
            self._converted[id(node)] = (node, result)
            for key, value in node.items():
                if key in _NAMED and isinstance(value, dict):
                    result[key] = {name: self.convert(one) for name, one in value.items()}
                else:
                    result[key] = value if key in _DATA else self.convert(value)
            _reword(result)
        return self._converted[id(node)][1]


def _reword(schema: JsonObject) -> None:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        for before, after in _MOVED.items():
            if reference.startswith(before):
                schema["$ref"] = after + reference[len(before) :]
    if isinstance(schema.get("discriminator"), str):
        schema["discriminator"] = {"propertyName": schema["discriminator"]}
    if isinstance(nullable := schema.pop("x-nullable", None), bool):
        schema["nullable"] = nullable
    if "x-example" in schema:
        schema.setdefault("example", schema.pop("x-example"))
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
