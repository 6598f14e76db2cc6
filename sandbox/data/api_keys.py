"""API keys: `<prefix>_<32 letters and digits>_<CRC-32 of those, in hex>`."""

import hashlib
import re
import secrets
import zlib

_FORM = re.compile(r"(csb|csu|cpk)_([A-Za-z0-9]{32})_([0-9a-f]{8})")


def make(prefix: str, seed: str) -> str:
    """The key for this seed; the sandbox's keys are the same at every start."""
    body = hashlib.sha256(f"closient sandbox {seed}".encode()).hexdigest()[:32]
    return f"{prefix}_{body}_{_checksum(body)}"


def make_random(prefix: str) -> str:
    """A key that was not there before."""
    return make(prefix, secrets.token_hex())


def is_well_formed(key: str) -> bool:
    """Whether the three parts and the checksum are valid; needs no database."""
    match = _FORM.fullmatch(key)
    return match is not None and _checksum(match[2]) == match[3]


def digest(key: str) -> str:
    """The digest that is stored instead of the key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
