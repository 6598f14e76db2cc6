"""From a Swagger 2.0 document to an OpenAPI 3.0 one that means the same, so that only one of them is read."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..schema.references import InvalidReferenceError, follow

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
# The style that joins as a `collectionFormat` does (`parameter_styles.py`): OpenAPI 3 has no word for `tsv`.
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
_OF_THE_PARAMETER = {"name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "x-example"}
_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_NAMED = {"properties", "patternProperties", "definitions"}
_DATA = {"default", "enum", "example", "x-example"}
BODILY = ("body", "formData")
_MULTIPART = "multipart/form-data"
_FORM = "application/x-www-form-urlencoded"
_OF_THE_FIELD = {"name", "in", "required", "allowEmptyValue", "collectionFormat"}


def is_swagger(document: JsonObject) -> bool:
    """Whether a document says that it is Swagger 2.0; YAML may hold the version as a number."""
    version = document.get("swagger")
    return not isinstance(version, bool) and str(version) in ("2.0", "2")


def to_openapi(document: JsonObject, url: str) -> JsonObject:
    """The OpenAPI 3.0 document that means what this Swagger 2.0 document from `url` means.

    What is wrong in it stays wrong in the same place, for the reader of operations to tell.
    """
    return _Conversion(document, url).document()


class _Conversion:
    def __init__(self, document: JsonObject, url: str) -> None:
        self._document = document
        self._url = url
        self._schemas = Schemas()

    def document(self) -> JsonObject:
        given = self._document
        kept: JsonObject = {key: given[key] for key in ("info", "tags", "security", "externalDocs") if key in given}
        paths = given.get("paths")
        converted: JsonObject = {"openapi": "3.0.4", **kept}
        if servers := self._servers(as_list(given.get("schemes"))):
            converted["servers"] = servers
        if isinstance(paths, dict):
            converted["paths"] = {path: self._path_item(item) for path, item in paths.items()}
        elif "paths" in given:
            converted["paths"] = paths
        converted["components"] = {
            "schemas": self._each(given.get("definitions")),
            "responses": {
                name: self._response(one, as_list(given.get("produces")))
                for name, one in as_object(given.get("responses")).items()
            },
            "parameters": {
                name: self._parameter(as_object(one)) for name, one in as_object(given.get("parameters")).items()
            },
            "securitySchemes": {
                name: _security_scheme(as_object(one))
                for name, one in as_object(given.get("securityDefinitions")).items()
            },
        }
        return converted

    def _servers(self, schemes: list[JsonValue]) -> list[JsonValue]:
        """Host, base path and schemes as URLs, https first; what is missing is as the document's own URL."""
        host, path = as_text(self._document.get("host")), as_text(self._document.get("basePath"))
        path = f"/{path.strip('/')}".rstrip("/")
        if not host:
            return [{"url": path}] if path else []
        if "://" in host:
            return [{"url": f"{host.rstrip('/')}{path}"}]
        own = urlsplit(self._url).scheme
        missing = [own if own in ("http", "https") else "https"]
        usable: list[str] = [scheme for scheme in ("https", "http") if scheme in schemes] or missing
        return [{"url": f"{scheme}://{host.rstrip('/')}{path}"} for scheme in usable]

    def _each(self, schemas: JsonValue) -> JsonObject:
        return {name: self._schemas.convert(schema) for name, schema in as_object(schemas).items()}

    def _path_item(self, node: JsonValue) -> JsonValue:
        try:
            item = {**follow(self._document, node), **as_object(node)} if isinstance(node, dict) else {}
        except InvalidReferenceError:
            return node
        if not isinstance(node, dict):
            return node
        shared = self._parameters(item)
        converted: JsonObject = {}
        for key, value in item.items():
            if key.lower() in _METHODS and isinstance(value, dict):
                converted[key] = self._operation(value, shared)
            elif key not in ("parameters", "$ref"):
                converted[key] = value
        above = [one for one in shared if as_object(one).get("in") not in BODILY]
        if above:
            converted["parameters"] = [self._parameter(as_object(one)) for one in above]
        elif not isinstance(item.get("parameters"), list | None):
            converted["parameters"] = item["parameters"]
        return converted

    def _operation(self, node: JsonObject, shared: list[JsonValue]) -> JsonObject:
        left_out = ("parameters", "consumes", "produces", "schemes", "responses")
        converted: JsonObject = {key: value for key, value in node.items() if key not in left_out}
        own = self._parameters(node)
        named = [(as_object(one).get("in"), as_object(one).get("name")) for one in own]
        has_body = any(as_object(one).get("in") == "body" for one in own)
        bodily: list[JsonObject] = []
        for one in shared:
            found = as_object(one)
            overruled = (found.get("in"), found.get("name")) in named or (found.get("in") == "body" and has_body)
            if found.get("in") in BODILY and not overruled:
                bodily.append(found)
        bodily += [as_object(one) for one in own if as_object(one).get("in") in BODILY]
        body, unused = request_body(bodily, self._media_types(node, "consumes"), self._schemas)
        if body:
            converted["requestBody"] = body
        others = [one for one in own if as_object(one).get("in") not in BODILY]
        parameters: list[JsonValue] = [self._parameter(one) if isinstance(one, dict) else one for one in others]
        if parameters or unused:
            converted["parameters"] = [*parameters, *unused]
        elif not isinstance(node.get("parameters"), list | None):
            converted["parameters"] = node["parameters"]
        if "schemes" in node and (servers := self._servers(as_list(node["schemes"]))):
            converted["servers"] = servers
        produced = self._media_types(node, "produces")
        responses = as_object(node.get("responses"))
        converted["responses"] = {code: self._response(one, produced) for code, one in responses.items()}
        return converted

    def _media_types(self, node: JsonObject, member: str) -> list[JsonValue]:
        return as_list(node[member] if member in node else self._document.get(member))

    def _parameters(self, node: JsonObject) -> list[JsonValue]:
        """The parameters, each `$ref` replaced by what it leads to, since that may be a part of the body."""
        found: list[JsonValue] = []
        for one in as_list(node.get("parameters")):
            try:
                found.append(follow(self._document, one) if isinstance(one, dict) else one)
            except InvalidReferenceError:
                found.append(one)
        return found

    def _parameter(self, node: JsonObject) -> JsonObject:
        if isinstance(node.get("$ref"), str):
            return as_object(self._schemas.convert(node))
        if node.get("in") in BODILY:
            return node
        converted: JsonObject = {key: node[key] for key in ("name", "in", "description", "required") if key in node}
        if "allowEmptyValue" in node:
            converted["allowEmptyValue"] = node["allowEmptyValue"]
        if "x-example" in node:
            converted["example"] = node["x-example"]
        said = {key: value for key, value in node.items() if key not in _OF_THE_PARAMETER}
        schema = node["schema"] if isinstance(node.get("schema"), dict) else said
        converted["schema"] = self._schemas.convert(schema)
        if node.get("type") == "array":
            converted |= _joining(as_text(node.get("collectionFormat")), as_text(node.get("in")))
        return converted

    def _response(self, node: JsonValue, produced: list[JsonValue]) -> JsonValue:
        if not isinstance(node, dict) or isinstance(node.get("$ref"), str):
            return self._schemas.convert(node)
        converted: JsonObject = {key: value for key, value in node.items() if key not in ("schema", "examples")}
        if "schema" in node:
            schema = self._schemas.convert(node["schema"])
            media_types = [as_text(one) for one in produced if as_text(one)] or ["application/json"]
            converted["content"] = {media_type: {"schema": schema} for media_type in media_types}
        return converted


def _joining(collection_format: str, place: str) -> JsonObject:
    if collection_format == "multi" and place == "query":
        return {"style": "form", "explode": True}
    usual = "form" if place == "query" else "simple"
    return {"style": _STYLES.get(collection_format, usual), "explode": False}


def _security_scheme(node: JsonObject) -> JsonObject:
    kind = as_text(node.get("type"))
    if kind == "basic":
        return {**{key: value for key, value in node.items() if key != "type"}, "type": "http", "scheme": "basic"}
    if kind != "oauth2":
        return node
    flow: JsonObject = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
    name = _FLOWS.get(as_text(node.get("flow")), "authorizationCode")
    told: JsonObject = {"description": node["description"]} if "description" in node else {}
    return {"type": "oauth2", **told, "flows": {name: {**flow, "scopes": as_object(node.get("scopes"))}}}


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
