"""The body of a Swagger 2.0 operation: of its one `body` parameter, or of all that it wants as form data."""

from __future__ import annotations

from .json_values import JsonObject, JsonValue, as_text
from .swagger_schemas import Schemas

BODILY = ("body", "formData")
_MULTIPART = "multipart/form-data"
_FORM = "application/x-www-form-urlencoded"
_OF_THE_FIELD = {"name", "in", "required", "allowEmptyValue", "collectionFormat"}
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}


def request_body(
    parameters: list[JsonObject], consumes: list[JsonValue], schemas: Schemas
) -> tuple[JsonObject, list[JsonObject]]:
    """The request body that these parameters make, and those that have no place in it beside the first."""
    media_types = [as_text(one) for one in consumes if as_text(one)]
    body = next((one for one in parameters if one.get("in") == "body"), None)
    if body is not None:
        return _whole(body, media_types, schemas), [one for one in parameters if one is not body]
    return (_form(parameters, media_types, schemas), []) if parameters else ({}, [])


def _whole(parameter: JsonObject, media_types: list[str], schemas: Schemas) -> JsonObject:
    media: JsonObject = {"schema": schemas.convert(parameter.get("schema"))}
    if "x-example" in parameter:
        media["example"] = parameter["x-example"]
    body: JsonObject = {"content": dict.fromkeys(media_types or ["application/json"], media)}
    return body | {key: parameter[key] for key in ("description", "required") if key in parameter}


def _form(parameters: list[JsonObject], media_types: list[str], schemas: Schemas) -> JsonObject:
    properties: JsonObject = {}
    required: list[JsonValue] = []
    encoding: JsonObject = {}
    for one in parameters:
        name = as_text(one.get("name"))
        properties[name] = schemas.convert({key: value for key, value in one.items() if key not in _OF_THE_FIELD})
        if one.get("required") is True:
            required.append(name)
        if one.get("type") == "array":
            joining = as_text(one.get("collectionFormat"))
            encoding[name] = {"style": _STYLES.get(joining, "form"), "explode": joining == "multi"}
    schema: JsonObject = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    media: JsonObject = {"schema": schema}
    if encoding:
        media["encoding"] = encoding
    has_file = any(one.get("type") == "file" for one in parameters)
    usable = [one for one in media_types if one.split(";")[0].strip().lower() in (_MULTIPART, _FORM)]
    chosen = [_MULTIPART] if has_file else usable or [_FORM]
    return {"required": bool(required), "content": dict.fromkeys(chosen, media)}
