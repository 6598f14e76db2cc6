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
_LEEWAY = 300
_PAUSES = (0.0, 0.3, 1.0)


class IdTokenError(Exception):
    """The id_token is not valid; the text says why."""


class WrongClockError(IdTokenError):
    """The id_token is valid at another time only."""


class NoKeysError(IdTokenError):
    """The id_token cannot be verified now, because the server's keys cannot be fetched."""


def verify(id_token: str, server: Server, client_id: str, nonce: str | None, http: HttpClient) -> Mapping[str, object]:
    """The claims of an id_token that the server signed for this client.

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
    from joserfc import errors, jwt
    from joserfc.jwk import KeySet

    algorithms = [name for name in server.signing_algorithms if name in _SAFE]
    if not algorithms:
        raise IdTokenError("the server supports no secure signing algorithm")
    expected = {"aud": client_id, **({"nonce": nonce} if nonce else {})}
    options: dict[str, ClaimsOption] = {name: {"essential": True} for name in ("sub", "exp", "iat")}
    options |= {name: {"essential": True, "value": value} for name, value in expected.items()}
    options["iss"] = {"essential": True, "values": [server.issuer, *server.aliases]}
    now = issued = int(time.time())
    claims: dict[str, object] = {}
    try:
        claims = jwt.decode(id_token, KeySet.import_key_set(_keys(keys)), algorithms=algorithms).claims
        issued = _seconds(claims, "iat", now)
        # It came straight from the server, so a time of issue in the future is that of a clock ahead of ours.
        jwt.JWTClaimsRegistry(max(now, issued), _LEEWAY, **options).validate(claims)
    except errors.ClaimError as error:
        raise _claim_error(error.claim, now - issued, _seconds(claims, "nbf", now) - now, server) from None
    except errors.BadSignatureError:
        raise IdTokenError("its signature is wrong") from None
    except (errors.UnsupportedAlgorithmError, errors.InvalidKeyIdError, errors.MissingKeyError):
        raise IdTokenError("no key and algorithm of the server have signed it") from None
    except (errors.JoseError, ValueError, KeyError, TypeError):
        raise IdTokenError("it is not a signed JWT") from None
    audience: object = claims.get("aud")
    several = isinstance(audience, list) and len(cast(list[object], audience)) > 1
    if several and claims.get("azp") != client_id:
        raise IdTokenError("it is for several clients and not authorized for this one (azp)")
    return claims


def _seconds(claims: Mapping[str, object], name: str, otherwise: int) -> int:
    value = claims.get(name)
    return int(value) if isinstance(value, int | float) and abs(value) < 1e11 else otherwise


def _claim_error(claim: str, age: int, until_valid: int, server: Server) -> IdTokenError:
    """The error for a claim that is missing or wrong; a wrong time is that of a clock, as the token is new."""
    difference = {"exp": abs(age), "nbf": until_valid}.get(claim, 0)
    if difference <= _LEEWAY:
        return IdTokenError(f"its {claim} is missing or wrong")
    minutes = round(difference / 60)
    return WrongClockError(f"the clocks of this machine and of {server.issuer} differ by {minutes} minutes")


def _keys(response: Response) -> KeySetSerialization:
    keys = (response.body or {}).get("keys")
    if response.status != 200 or not isinstance(keys, list):
        raise IdTokenError(f"the server's keys cannot be fetched: {response.summary}")
    return {"keys": cast("list[DictKey]", keys)}
