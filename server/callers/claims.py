"""What an issuer says about an access token: as a JWT (RFC 9068), or in an introspection response (RFC 7662)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from .identity import Identity, InvalidTokenError, stable_id

if TYPE_CHECKING:
    from joserfc.jwt import ClaimsOption

# The allowed difference of clocks, in seconds.
_LEEWAY = 10
_LONGEST_SUBJECT = 255
_REASONS = {
    "iss": "another issuer issued it",
    "aud": "it is for another audience",
    "exp": "it has expired, or has no expiry (exp)",
    "nbf": "it is not valid yet",
    "iat": "it was issued in the future",
}


def identity_of(
    claims: Mapping[str, object], issuer: str, audiences: Sequence[str], now: float, *, essential: Sequence[str]
) -> Identity:
    """The caller that the claims describe.

    They must be of this issuer, for one of the audiences and valid `now`. Of `iss`, `aud` and `exp`, those that are
    essential must be there.

    Raises:
        InvalidTokenError: they are not.
    """
    from joserfc.errors import ClaimError
    from joserfc.jwt import JWTClaimsRegistry

    options: dict[str, ClaimsOption] = {name: {"essential": name in essential} for name in ("iss", "aud", "exp")}
    options["iss"]["value"] = issuer
    options["aud"]["values"] = list(audiences)
    # Null counts as absent: the registry would let it pass.
    given = {name: value for name, value in claims.items() if value is not None}
    try:
        JWTClaimsRegistry(int(now), _LEEWAY, **options).validate(given)
    except ClaimError as error:
        names = (error.claim or "").split(",")
        raise InvalidTokenError(_REASONS.get(names[0], "one of its claims is not valid")) from None
    if "cnf" in given:
        # RFC 9449 §7.2, RFC 8705 §3: without a proof, it may have been stolen.
        raise InvalidTokenError("it is bound to a key, and was presented without a proof of possession")
    expires_at = cast("float", given.get("exp", math.inf))
    subject = _subject(given)
    return Identity(subject, expires_at, stable_id(issuer, subject), _scopes(given), _names(given.get("groups")))


def _subject(claims: Mapping[str, object]) -> str:
    value = claims.get("sub")
    if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_SUBJECT and value.isprintable():
        return value
    raise InvalidTokenError("it has no valid subject (sub)")


def _scopes(claims: Mapping[str, object]) -> frozenset[str]:
    """The scopes in `scope`, or in `scp`, as some issuers call it."""
    value = claims.get("scope", claims.get("scp"))
    return frozenset(value.split()) if isinstance(value, str) else _names(value)


def _names(value: object) -> frozenset[str]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return frozenset(item for item in items if isinstance(item, str))
