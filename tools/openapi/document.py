"""From the bytes of a description to a JSON object, be it JSON or YAML, and words for what is no description."""

from __future__ import annotations

import re

from ..formats.json_values import (
    MAX_DEPTH,
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_object,
    depth_exceeds,
    parse_json,
)
from ..formats.text import one_line

_GRAPHQL = re.compile(r"^(extend )?(type|interface|input|enum|schema)\b[^:\n]*\{\s*$", re.MULTILINE)
_BEGINNING = 4096
_TEXT = "plain text (such as an llms.txt) is there instead of an OpenAPI document"


class UnreadableDocumentError(ValueError):
    """What was served is no JSON and no YAML object; says what it is instead."""


def read_document(body: bytes) -> JsonObject:
    """The object that a JSON or YAML document holds; what it means is for others to say.

    Raises:
        UnreadableDocumentError: with a reason that a person can read.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(f"it is not UTF-8 (byte {error.start})") from None
    begins = text.lstrip()[:_BEGINNING]
    if begins.startswith("<"):
        raise UnreadableDocumentError(_markup(begins))
    try:
        value = parse_json(text)
    except InvalidJsonError as error:
        if begins.startswith(("{", "[")) or not begins:
            raise UnreadableDocumentError(f"it is {error}") from None
        value = _read_yaml(text, begins)
    if isinstance(value, dict):
        return value
    raise UnreadableDocumentError(
        "a list is there instead of an OpenAPI document" if isinstance(value, list) else _TEXT
    )


def _markup(begins: str) -> str:
    if re.search(r"<(wsdl:)?(definitions|description)\b", begins) and "wsdl" in begins:
        return "a WSDL document is there instead of an OpenAPI document"
    if begins.startswith("<?xml") and "<html" not in begins.lower():
        return "an XML document is there instead of an OpenAPI document"
    return "a web page (HTML) is there instead of an OpenAPI document"


def _read_yaml(text: str, begins: str) -> JsonValue:
    if _GRAPHQL.search(begins):
        raise UnreadableDocumentError("a GraphQL schema is there instead of an OpenAPI document")
    # Imported only here: most documents are JSON, and a start should not wait for it.
    from ..formats.yaml_values import InvalidYamlError, YamlSyntaxError, parse_yaml

    try:
        value = parse_yaml(text)
    except YamlSyntaxError as error:
        meant = re.search(r"^['\"]?(openapi|swagger)['\"]?\s*:", text, re.MULTILINE)
        raise UnreadableDocumentError(one_line(f"it is {error}", 300) if meant else _TEXT) from None
    except InvalidYamlError as error:
        raise UnreadableDocumentError(f"its YAML cannot be used: {error}") from None
    if depth_exceeds(value, MAX_DEPTH):
        raise UnreadableDocumentError(f"it is nested more than {MAX_DEPTH} levels deep")
    return value


def unsupported_reason(document: JsonObject) -> str:
    """What a JSON object is that is no OpenAPI document, where it says so; else nothing."""
    if isinstance(document.get("asyncapi"), str):
        return f"it is AsyncAPI {one_line(str(document['asyncapi']), 20)}: it describes messages and no HTTP operations"
    if "swagger" in document and str(document["swagger"]) not in ("2.0", "2"):
        said = one_line(str(document["swagger"]), 20)
        return f"it is Swagger {said}, which is not read; Swagger 2.0 and OpenAPI 3 are"
    for members, kind in _KINDS:
        if all(member in document for member in members):
            return f"{kind} is there instead of an OpenAPI document"
    if "__schema" in as_object(document.get("data")):
        return "a GraphQL schema is there instead of an OpenAPI document"
    if "modelcontextprotocol" in str(document.get("$schema", ""))[:300]:
        return "an MCP server's card is there instead of an OpenAPI document"
    return ""


_KINDS = (
    (("mcpServers",), "an MCP server's card"),
    (("serverInfo",), "an MCP server's card"),
    (("mcp_version",), "an MCP server's card"),
    (("jsonrpc",), "the answer of a JSON-RPC endpoint (such as an MCP server)"),
    (("__schema",), "a GraphQL schema"),
    (("linkset",), "an api-catalog"),
    (("arazzo",), "an Arazzo document"),
    (("issuer", "authorization_endpoint"), "OAuth metadata"),
    (("namespaces", "routes"), "WordPress's own index (/wp-json/)"),
    (("info", "item"), "a Postman collection"),
)
