"""Conversion of Swagger 2.0 documents to OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import FORM, essence
from ..schema.file_schemas import is_binary
from ..schema.references import InvalidReferenceError, follow

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
# The style for a `collectionFormat` (`parameter_styles.py`); OpenAPI 3 has none for `tsv`.
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
_PARAMETER_KEYWORDS = {"name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "x-example"}
_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_MAPS = {"properties", "patternProperties", "definitions"}
_DATA = {"default", "enum", "example", "x-example"}
_IN_BODY = ("body", "formData")
_MULTIPART = "multipart/form-data"
_FIELD_KEYWORDS = {"name", "in", "required", "allowEmptyValue", "collectionFormat"}


def is_swagger(document: JsonObject) -> bool:
    """Whether this is a Swagger 2.0 document; in YAML, the version may be a number."""
    version = document.get("swagger")
    return not isinstance(version, bool) and str(version) in ("2.0", "2")


def to_openapi(document: JsonObject, url: str) -> JsonObject:
    """Convert a Swagger 2.0 document that was served at `url` to OpenAPI 3.0.

    Invalid parts stay invalid in the same place, and are reported when the operations are read.
    """
    return _Conversion(document, url).document()


class _Conversion:
    def __init__(self, document: JsonObject, url: str) -> None:
        self._document = document
        self._url = url
        self._schemas = _Schemas()

    def document(self) -> JsonObject:
        swagger = self._document
        kept: JsonObject = {k: swagger[k] for k in ("info", "tags", "security", "externalDocs") if k in swagger}
        paths = swagger.get("paths")
        converted: JsonObject = {"openapi": "3.0.4", **kept}
        if servers := self._servers(as_list(swagger.get("schemes"))):
            converted["servers"] = servers
        if isinstance(paths, dict):
            converted["paths"] = {path: self._path_item(item) for path, item in paths.items()}
        elif "paths" in swagger:
            converted["paths"] = paths
        produces = as_list(swagger.get("produces"))
        converted["components"] = {
            "schemas": self._convert_all("definitions", self._schemas.convert),
            "responses": self._convert_all("responses", lambda node: self._response(node, produces)),
            "parameters": self._convert_all("parameters", lambda node: self._parameter(as_object(node))),
            "securitySchemes": self._convert_all("securityDefinitions", lambda node: _security_scheme(as_object(node))),
        }
        return converted

    def _convert_all(self, member: str, convert: Callable[[JsonValue], JsonValue]) -> JsonObject:
        return {name: convert(node) for name, node in as_object(self._document.get(member)).items()}

    def _servers(self, schemes: list[JsonValue]) -> list[JsonValue]:
        """The server URLs, https first; missing parts are those of the document's URL."""
        host, path = as_text(self._document.get("host")), as_text(self._document.get("basePath"))
        path = f"/{path.strip('/')}".rstrip("/")
        if not host:
            return [{"url": path}] if path else []
        if "://" in host:
            return [{"url": f"{host.rstrip('/')}{path}"}]
        default = "http" if urlsplit(self._url).scheme == "http" else "https"
        supported: list[str] = [scheme for scheme in ("https", "http") if scheme in schemes] or [default]
        return [{"url": f"{scheme}://{host.rstrip('/')}{path}"} for scheme in supported]

    def _path_item(self, node: JsonValue) -> JsonValue:
        if not isinstance(node, dict):
            return node
        try:
            item = {**follow(self._document, node), **node}
        except InvalidReferenceError:
            return node
        shared = self._parameters(item)
        converted: JsonObject = {}
        for key, value in item.items():
            if key.lower() in _METHODS and isinstance(value, dict):
                converted[key] = self._operation(value, shared)
            elif key not in ("parameters", "$ref"):
                converted[key] = value
        others = [node for node in map(as_object, shared) if node.get("in") not in _IN_BODY]
        if others:
            converted["parameters"] = list(map(self._parameter, others))
        elif not isinstance(item.get("parameters"), list | None):
            converted["parameters"] = item["parameters"]
        return converted

    def _operation(self, node: JsonObject, shared: list[JsonValue]) -> JsonObject:
        replaced = ("parameters", "consumes", "produces", "schemes", "responses")
        converted: JsonObject = {key: value for key, value in node.items() if key not in replaced}
        own = self._parameters(node)
        keys = set(map(_key, own))
        inherited = [parameter for parameter in shared if _key(parameter) not in keys]
        in_body = [as_object(parameter) for parameter in [*inherited, *own] if _key(parameter)[0] in _IN_BODY]
        body, unused = _request_body(in_body, self._media_types(node, "consumes"), self._schemas)
        if body:
            converted["requestBody"] = body
        others = [parameter for parameter in own if _key(parameter)[0] not in _IN_BODY]
        parameters = [self._parameter(node) if isinstance(node, dict) else node for node in others]
        if parameters or unused:
            converted["parameters"] = [*parameters, *unused]
        elif not isinstance(node.get("parameters"), list | None):
            converted["parameters"] = node["parameters"]
        if "schemes" in node and (servers := self._servers(as_list(node["schemes"]))):
            converted["servers"] = servers
        produces = self._media_types(node, "produces")
        responses = as_object(node.get("responses")).items()
        converted["responses"] = {code: self._response(response, produces) for code, response in responses}
        return converted

    def _media_types(self, node: JsonObject, member: str) -> list[JsonValue]:
        return as_list(node[member] if member in node else self._document.get(member))

    def _parameters(self, node: JsonObject) -> list[JsonValue]:
        """The parameters with their references resolved, as the targets may belong to the body."""
        parameters: list[JsonValue] = []
        for parameter in as_list(node.get("parameters")):
            try:
                parameters.append(follow(self._document, parameter) if isinstance(parameter, dict) else parameter)
            except InvalidReferenceError:
                parameters.append(parameter)
        return parameters

    def _parameter(self, node: JsonObject) -> JsonObject:
        if isinstance(node.get("$ref"), str):
            return as_object(self._schemas.convert(node))
        if node.get("in") in _IN_BODY:
            return node
        kept = ("name", "in", "description", "required", "allowEmptyValue")
        converted: JsonObject = {key: node[key] for key in kept if key in node}
        if "x-example" in node:
            converted["example"] = node["x-example"]
        own_schema = {key: value for key, value in node.items() if key not in _PARAMETER_KEYWORDS}
        schema = node["schema"] if isinstance(node.get("schema"), dict) else own_schema
        converted["schema"] = self._schemas.convert(schema)
        if node.get("type") == "array":
            converted |= _array_style(as_text(node.get("collectionFormat")), as_text(node.get("in")))
        return converted

    def _response(self, node: JsonValue, produces: list[JsonValue]) -> JsonValue:
        if not isinstance(node, dict) or isinstance(node.get("$ref"), str):
            return self._schemas.convert(node)
        converted: JsonObject = {key: value for key, value in node.items() if key not in ("schema", "examples")}
        if "schema" in node:
            schema = self._schemas.convert(node["schema"])
            media_types = [as_text(name) for name in produces if as_text(name)] or ["application/json"]
            converted["content"] = {media_type: {"schema": schema} for media_type in media_types}
        return converted


def _key(parameter: JsonValue) -> tuple[str, str]:
    """Location and name; an operation has at most one body, whatever its name."""
    node = as_object(parameter)
    location = as_text(node.get("in"))
    return location, "" if location == "body" else as_text(node.get("name"))


def _array_style(collection_format: str, location: str) -> JsonObject:
    if collection_format == "multi" and location == "query":
        return {"style": "form", "explode": True}
    default = "form" if location == "query" else "simple"
    return {"style": _STYLES.get(collection_format, default), "explode": False}


def _security_scheme(node: JsonObject) -> JsonObject:
    kind = as_text(node.get("type"))
    if kind == "basic":
        return {**{key: value for key, value in node.items() if key != "type"}, "type": "http", "scheme": "basic"}
    if kind != "oauth2":
        return node
    flow: JsonObject = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
    name = _FLOWS.get(as_text(node.get("flow")), "authorizationCode")
    description: JsonObject = {"description": node["description"]} if "description" in node else {}
    return {"type": "oauth2", **description, "flows": {name: {**flow, "scopes": as_object(node.get("scopes"))}}}


class _Schemas:
    """Converts schemas, repeated ones (YAML aliases) only once."""

    def __init__(self) -> None:
        # Keeps a reference to the node, so that its id is not reused.
        self._converted: dict[int, tuple[JsonObject, JsonObject]] = {}

    def convert(self, node: JsonValue) -> JsonValue:
        """Convert a schema or a list of them; return other values unchanged."""
        if isinstance(node, list):
            return list(map(self.convert, node))
        if not isinstance(node, dict):
            return node
        if id(node) not in self._converted:
            result: JsonObject = {}
            self._converted[id(node)] = (node, result)
            for key, value in node.items():
                if key in _MAPS and isinstance(value, dict):
                    result[key] = {name: self.convert(schema) for name, schema in value.items()}
                else:
                    result[key] = value if key in _DATA else self.convert(value)
            _convert_keywords(result)
        return self._converted[id(node)][1]


def _convert_keywords(schema: JsonObject) -> None:
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


def _request_body(
    parameters: list[JsonObject], consumes: list[JsonValue], schemas: _Schemas
) -> tuple[JsonObject, list[JsonObject]]:
    """The request body for these parameters, and those that conflict with the first body parameter."""
    media_types = [as_text(name) for name in consumes if as_text(name)]
    body = next((parameter for parameter in parameters if parameter.get("in") == "body"), None)
    if body is not None:
        return _body(body, media_types, schemas), [parameter for parameter in parameters if parameter is not body]
    return (_form(parameters, media_types, schemas), []) if parameters else ({}, [])


def _body(parameter: JsonObject, media_types: list[str], schemas: _Schemas) -> JsonObject:
    media: JsonObject = {"schema": schemas.convert(parameter.get("schema"))}
    if "x-example" in parameter:
        media["example"] = parameter["x-example"]
    body: JsonObject = {"content": dict.fromkeys(media_types or ["application/json"], media)}
    return body | {key: parameter[key] for key in ("description", "required") if key in parameter}


def _form(parameters: list[JsonObject], media_types: list[str], schemas: _Schemas) -> JsonObject:
    properties: JsonObject = {}
    required: list[JsonValue] = []
    encoding: JsonObject = {}
    for field in parameters:
        name = as_text(field.get("name"))
        properties[name] = schemas.convert({key: value for key, value in field.items() if key not in _FIELD_KEYWORDS})
        if field.get("required") is True:
            required.append(name)
        if field.get("type") == "array":
            collection_format = as_text(field.get("collectionFormat"))
            encoding[name] = {"style": _STYLES.get(collection_format, "form"), "explode": collection_format == "multi"}
    schema: JsonObject = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    media: JsonObject = {"schema": schema}
    if encoding:
        media["encoding"] = encoding
    has_file = any(map(is_binary, parameters))
    forms = [media_type for media_type in media_types if essence(media_type) in (_MULTIPART, FORM)]
    used = [_MULTIPART] if has_file else forms or [FORM]
    return {"required": bool(required), "content": dict.fromkeys(used, media)}
