"""Verification of id_tokens (OpenID Connect Core §3.1.3.7)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from ..records import Server
from .http import HttpClient, NoResponseError, Request, Response

if TYPE_CHECKING:
    from joserfc.jwk import DictKey, KeySetSerialization
    from joserfc.jwt import ClaimsOption

_SAFE = ("RS256", "ES256", "PS256", "EdDSA")
_LEEWAY = 60
_PAUSES = (0.0, 0.3, 1.0)


class IdTokenError(Exception):
    """The id_token is not valid; the text says why."""


class NoKeysError(IdTokenError):
    """The id_token cannot be verified now, because the server's keys cannot be fetched."""


def verify(id_token: str, server: Server, client_id: str, nonce: str | None, http: HttpClient) -> Mapping[str, object]:
    """Return the claims of an id_token that the server signed for this client.

    Raises:
        IdTokenError: signature, algorithm, issuer, audience, time or nonce is wrong, or there are no keys.
        NoKeysError: the keys cannot be fetched now.
    """
    if server.jwks_uri is None:
        raise IdTokenError("the server publishes no keys to verify it with")
    return checked_claims(id_token, _fetch_keys(server.jwks_uri, http), server, client_id, nonce)


def _fetch_keys(url: str, http: HttpClient) -> Response:
    reason = ""
    for pause in _PAUSES:
        time.sleep(pause)
        try:
            response = http.send(Request(url, method="GET"))
        except NoResponseError as error:
            reason = str(error)
        else:
            if not response.is_busy:
                return response
            reason = response.summary
    raise NoKeysError(f"the server's keys cannot be fetched: {reason}")


def checked_claims(
    id_token: str, keys: Response, server: Server, client_id: str, nonce: str | None
) -> Mapping[str, object]:
    """As `verify`, with the response that contains the keys."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    algorithms = [name for name in server.signing_algorithms if name in _SAFE]
    if not algorithms:
        raise IdTokenError("the server supports no secure signing algorithm")
    expected = {"aud": client_id, **({"nonce": nonce} if nonce else {})}
    options: dict[str, ClaimsOption] = {name: {"essential": True} for name in ("sub", "exp", "iat")}
    options |= {name: {"essential": True, "value": value} for name, value in expected.items()}
    options["iss"] = {"essential": True, "values": [server.issuer, *server.aliases]}
    registry = jwt.JWTClaimsRegistry(None, _LEEWAY, **options)
    try:
        claims = jwt.decode(id_token, KeySet.import_key_set(_keys(keys)), algorithms=algorithms).claims
        registry.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise IdTokenError(f"{type(error).__name__}: {error}"[:200]) from None
    audience: object = claims.get("aud")
    several = isinstance(audience, list) and len(cast(list[object], audience)) > 1
    if several and claims.get("azp") != client_id:
        raise IdTokenError("it is for several clients and not authorized for this one (azp)")
    return claims


def _keys(response: Response) -> KeySetSerialization:
    keys = (response.body or {}).get("keys")
    if response.status != 200 or not isinstance(keys, list):
        raise IdTokenError(f"the server's keys cannot be fetched: {response.summary}")
    return {"keys": cast("list[DictKey]", keys)}
