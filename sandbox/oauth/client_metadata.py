"""Validate the metadata of a client registration (RFC 7591)."""

import re
from typing import Any, cast
from urllib.parse import urlsplit

from .scopes import DEFAULT_SCOPE, SCOPES

JSON = dict[str, Any]

GRANT_TYPES = {
    "authorization_code": "authorization-code",
    "refresh_token": "",
    "client_credentials": "client-credentials",
    "urn:ietf:params:oauth:grant-type:device_code": "urn:ietf:params:oauth:grant-type:device_code",
}
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
_TEXTS = ("client_name", "software_id", "software_version", "application_type")
_URLS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
# URIs are stored in one line, separated by spaces; wildcards would match too much.
_NOT_IN_A_URI = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}*]|[^\x00-\x7f]")


class InvalidMetadataError(Exception):
    """The registration is refused, with an error code of RFC 7591 section 3.2.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def validated_metadata(metadata: JSON) -> JSON:
    """The metadata as the server registers it.

    Raises:
        InvalidMetadataError: the metadata cannot be registered.
    """
    method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in AUTH_METHODS:
        raise InvalidMetadataError(
            "invalid_client_metadata", f"token_endpoint_auth_method must be one of {', '.join(AUTH_METHODS)}."
        )
    grants = _grant_types(metadata, method)
    interactive = "authorization_code" in grants
    result: JSON = {
        "redirect_uris": _redirect_uris(metadata, required=interactive),
        "grant_types": grants,
        "response_types": _response_types(metadata, interactive),
        "token_endpoint_auth_method": method,
        "scope": _scope(metadata),
    }
    for name in _TEXTS:
        if (text := _text(metadata, name)) is not None:
            result[name] = text
    for name in _URLS:
        if (text := _text(metadata, name)) is not None:
            if urlsplit(text).scheme not in ("https", "http"):
                raise InvalidMetadataError("invalid_client_metadata", f"{name} must be a web URL.")
            result[name] = text
    return result


def _grant_types(metadata: JSON, method: str) -> list[str]:
    grants = _strings(metadata, "grant_types", ["authorization_code"])
    unknown = [grant for grant in grants if grant not in GRANT_TYPES]
    if unknown or not any(GRANT_TYPES[grant] for grant in grants):
        raise InvalidMetadataError("invalid_client_metadata", f"grant_types may hold {', '.join(GRANT_TYPES)}.")
    if "client_credentials" in grants and method == "none":
        raise InvalidMetadataError("invalid_client_metadata", "client_credentials needs a client with a secret.")
    if "refresh_token" not in grants and grants != ["client_credentials"]:
        # Every user sign-in issues a refresh token, so that grant is registered too.
        grants = [*grants, "refresh_token"]
    return list(dict.fromkeys(grants))


def _response_types(metadata: JSON, interactive: bool) -> list[str]:
    expected = ["code"] if interactive else []
    requested = _strings(metadata, "response_types", expected)
    if any(response_type != "code" for response_type in requested):
        raise InvalidMetadataError("invalid_client_metadata", "The only response type is code.")
    return expected


def _redirect_uris(metadata: JSON, *, required: bool) -> list[str]:
    uris = _strings(metadata, "redirect_uris", [], error="invalid_redirect_uri")
    if required and not uris:
        raise InvalidMetadataError("invalid_redirect_uri", "redirect_uris needs at least one URL.")
    for uri in uris:
        _check_redirect_uri(uri)
    return uris


def _check_redirect_uri(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        hostname, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidMetadataError("invalid_redirect_uri", f"A redirect URI can't be read: {error}.") from error
    if _NOT_IN_A_URI.search(uri) or len(uri) > 2048 or "@" in parts.netloc or "#" in uri or not hostname:
        raise InvalidMetadataError(
            "invalid_redirect_uri", "A redirect URI is a plain URL without credentials and fragment."
        )
    if parts.scheme == "http" and not _is_loopback_literal(uri):
        raise InvalidMetadataError(
            "invalid_redirect_uri", "Plain http is for 127.0.0.1 and [::1] only, not for host names; use https."
        )
    if parts.scheme not in ("http", "https"):
        raise InvalidMetadataError("invalid_redirect_uri", "A redirect URI must be https, or http on loopback.")


def _is_loopback_literal(uri: str) -> bool:
    """Whether the host is a loopback IP literal, which needs no name lookup (RFC 8252)."""
    return urlsplit(uri).hostname in ("127.0.0.1", "::1")


def _scope(metadata: JSON) -> str:
    """The known scopes of those requested (RFC 7591 section 2 lets the server choose)."""
    requested = _text(metadata, "scope")
    if requested is None:
        return DEFAULT_SCOPE
    known = [scope for scope in dict.fromkeys(requested.split()) if scope in SCOPES]
    if not known:
        raise InvalidMetadataError("invalid_client_metadata", "scope contains none of the scopes_supported.")
    return " ".join(known)


def _text(metadata: JSON, name: str) -> str | None:
    value = metadata.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > (4096 if name == "scope" else 255):
        raise InvalidMetadataError("invalid_client_metadata", f"{name} must be a short text.")
    return value


def _strings(metadata: JSON, name: str, default: list[str], *, error: str = "invalid_client_metadata") -> list[str]:
    value: object = metadata.get(name, default)
    if not isinstance(value, list):
        raise InvalidMetadataError(error, f"{name} must be an array.")
    items = cast("list[object]", value)
    strings = [item for item in items if isinstance(item, str)]
    if len(strings) != len(items) or len(strings) > 20:
        raise InvalidMetadataError(error, f"{name} must be an array of at most 20 strings.")
    return strings
