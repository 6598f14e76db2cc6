"""The keys with which an issuer signs tokens (RFC 7517), and the verification of a signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from .identity import InvalidTokenError

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    Key = RSAKey | ECKey | OKPKey

_MOST_KEYS = 100
_SHORTEST_RSA = 2048
_BITS_OF_A_CHARACTER = 6  # of base64url
# Asymmetric only (RFC 8725 §3.1): otherwise, anyone who knows the public key could sign.
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA", "Ed25519"),
}
# RFC 8725 §3.11: a token of another kind by the same issuer is not an access token.
_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
_MAX_PAYLOAD = 16_384


class UnknownKeyError(InvalidTokenError):
    """No known key fits the token; the issuer may have a new one."""


def read_keys(document: Mapping[str, object]) -> list[Key]:
    """The keys of a JWK Set that may verify signatures; others are left out."""
    entries = document.get("keys")
    found = cast("list[object]", entries)[:_MOST_KEYS] if isinstance(entries, list) else []
    return [key for entry in found if isinstance(entry, dict) and (key := _read_key(cast("dict[str, object]", entry)))]


def _read_key(entry: Mapping[str, object]) -> Key | None:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    types: Mapping[object, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    operations = entry.get("key_ops", ["verify"])
    verifies = isinstance(operations, list) and "verify" in operations
    if entry.get("kty") not in types or entry.get("use", "sig") != "sig" or not verifies:
        return None
    if "n" in entry and len(str(entry["n"])) * _BITS_OF_A_CHARACTER < _SHORTEST_RSA:
        return None
    try:
        return types[entry["kty"]].import_key(cast("dict[str, str | list[str]]", entry))
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def signed_claims(token: str, keys: Iterable[Key]) -> Mapping[str, object]:
    """The claims of a JWT that was signed with one of the keys; what it says about its own keys is ignored.

    Raises:
        UnknownKeyError: none of the keys fits.
        InvalidTokenError: it is not a signed JWT, or its signature is wrong.
    """
    from joserfc.errors import JoseError
    from joserfc.jws import extract_compact

    try:
        header = extract_compact(token.encode()).protected
    except (JoseError, ValueError):
        raise InvalidTokenError("it is not a signed JWT") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not any(algorithm in names for names in _ALGORITHMS.values()):
        raise InvalidTokenError("its algorithm is not allowed")
    # RFC 7515 §4.1.11: it depends on an extension, and we know none.
    if "crit" in header or str(header.get("typ", "")).lower() not in _TYPES or not isinstance(key_id, str | None):
        raise InvalidTokenError("its header is not that of an access token")
    fitting = [key for key in keys if _fits(key, str(algorithm), key_id)]
    if not fitting:
        raise UnknownKeyError("the issuer publishes no key that fits it")
    for key in fitting:
        if (claims := _decoded(token, key, str(algorithm))) is not None:
            return claims
    raise InvalidTokenError("its signature is wrong")


def _fits(key: Key, algorithm: str, key_id: str | None) -> bool:
    return (
        algorithm in _ALGORITHMS[key.key_type]
        and key.get("alg") in (None, algorithm)
        and key_id in (None, key.get("kid"))
    )


def _decoded(token: str, key: Key, algorithm: str) -> Mapping[str, object] | None:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jws import JWSRegistry

    # Members of the header that are not registered say nothing to us.
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_payload_length = _MAX_PAYLOAD
    try:
        return jwt.decode(token, key, registry=registry).claims
    except (JoseError, ValueError, RecursionError):
        return None
