"""Parser of OpenAPI documents in JSON or YAML, with reasons why other content cannot be used."""

from __future__ import annotations

import re

from ..formats.json_values import (
    MAX_DEPTH,
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_object,
    is_too_deep,
    parse_json,
)
from ..formats.text import one_line

_GRAPHQL = re.compile(r"^(extend )?(type|interface|input|enum|schema)\b[^:\n]*\{\s*$", re.MULTILINE)
_START_LENGTH = 4096
_EXPECTED = "expected an OpenAPI document, got"
_TEXT = f"{_EXPECTED} plain text (such as an llms.txt)"
# A `$ref` that is not a local JSON pointer or leads to the definitions of a schema, or a keyword that gives a part
# another name.
_NEEDS_BUNDLING = re.compile(
    rb"""\$(?:ref["']?+\s*+:\s*+["']?+(?!\#/(?!\$defs/)|["'])|(?:id|anchor|self|dynamic\w++|recursive\w++)["']?+\s*+:)"""
)
# Swagger 2.0 has definitions at the root.
_HAS_DEFINITIONS = re.compile(rb"""\$ref["']?+\s*+:\s*+["']?+\#/definitions/""")
_IS_SWAGGER = re.compile(rb"""["']?swagger["']?\s*+:\s*+["']?2""")


class UnreadableDocumentError(ValueError):
    """The content is not a JSON or YAML object; the message says what it is."""


def read_document(body: bytes) -> JsonObject:
    """Parse a JSON or YAML object.

    Raises:
        UnreadableDocumentError: with a readable reason.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(f"it is not UTF-8 (byte {error.start})") from None
    start = text.lstrip()[:_START_LENGTH]
    if start.startswith("<"):
        raise UnreadableDocumentError(f"{_EXPECTED} {_markup_kind(start)}")
    try:
        value = parse_json(text)
    except InvalidJsonError as error:
        if start.startswith(("{", "[")) or not start:
            raise UnreadableDocumentError(f"it is {error}") from None
        value = _read_yaml(text, start)
    if isinstance(value, dict):
        return value
    raise UnreadableDocumentError(f"{_EXPECTED} a list" if isinstance(value, list) else _TEXT)


def _markup_kind(start: str) -> str:
    if re.search(r"<(wsdl:)?(definitions|description)\b", start) and "wsdl" in start:
        return "a WSDL document"
    if start.startswith("<?xml") and "<html" not in start.lower():
        return "an XML document"
    return "a web page (HTML)"


def _read_yaml(text: str, start: str) -> JsonValue:
    if _GRAPHQL.search(start):
        raise UnreadableDocumentError(f"{_EXPECTED} a GraphQL schema")
    # Imported only here: most documents are JSON, and this import delays the start.
    from ..formats.yaml_values import InvalidYamlError, YamlSyntaxError, parse_yaml

    try:
        value = parse_yaml(text)
    except YamlSyntaxError as error:
        is_openapi = re.search(r"^['\"]?(openapi|swagger)['\"]?\s*:", text, re.MULTILINE)
        raise UnreadableDocumentError(one_line(f"it is {error}", 300) if is_openapi else _TEXT) from None
    except InvalidYamlError as error:
        raise UnreadableDocumentError(f"its YAML cannot be used: {error}") from None
    if is_too_deep(value):
        raise UnreadableDocumentError(f"it is nested more than {MAX_DEPTH} levels deep")
    return value


def unsupported_reason(document: JsonObject) -> str:
    """The known kind of an object that is not an OpenAPI document, or ''."""
    if isinstance(document.get("asyncapi"), str):
        return f"it is AsyncAPI {one_line(str(document['asyncapi']), 20)}, which has no HTTP operations"
    if "swagger" in document and str(document["swagger"]) not in ("2.0", "2"):
        version = one_line(str(document["swagger"]), 20)
        return f"unsupported version Swagger {version}; Swagger 2.0 and OpenAPI 3 are supported"
    kinds = [kind for members, kind in _KINDS if all(member in document for member in members)]
    if "__schema" in as_object(document.get("data")):
        kinds.append("a GraphQL schema")
    if "modelcontextprotocol" in str(document.get("$schema", ""))[:300]:
        kinds.append("an MCP server's card")
    return f"{_EXPECTED} {kinds[0]}" if kinds else ""


_KINDS = (
    (("mcpServers",), "an MCP server's card"),
    (("serverInfo",), "an MCP server's card"),
    (("mcp_version",), "an MCP server's card"),
    (("jsonrpc",), "the response of a JSON-RPC endpoint (such as an MCP server)"),
    (("__schema",), "a GraphQL schema"),
    (("linkset",), "an api-catalog"),
    (("arazzo",), "an Arazzo document"),
    (("issuer", "authorization_endpoint"), "OAuth metadata"),
    (("namespaces", "routes"), "WordPress's own index (/wp-json/)"),
    (("info", "item"), "a Postman collection"),
)


def refers_elsewhere(body: bytes) -> bool:
    """Tell cheaply whether a document may need a `Bundler`."""
    if _NEEDS_BUNDLING.search(body):
        return True
    return _HAS_DEFINITIONS.search(body) is not None and not _IS_SWAGGER.search(body)
