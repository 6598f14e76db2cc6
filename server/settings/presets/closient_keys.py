"""The format of Closient's API keys."""

from __future__ import annotations

import re
import zlib

from ....auth.profile import KeyHints

_KEY = re.compile(r"(csb|csu|cpk)_([A-Za-z0-9]+)_([0-9a-f]{8})")


def key_fault(key: str) -> str:
    """What is visibly wrong with a Closient API key (`csb_<body>_<crc32 of the body>`); '' if nothing is."""
    if not key.startswith(("csb_", "csu_", "cpk_")) or key.count("_") != 2:
        return "A Closient key has the form csb_<body>_<checksum>, with two underscores; this one does not."
    match = _KEY.fullmatch(key)
    if match is None:
        return "A Closient key ends in a checksum of eight hexadecimal digits; this one does not."
    if f"{zlib.crc32(match[2].encode()):08x}" != match[3]:
        return "Its checksum does not match its body: it was mistyped or truncated."
    return ""


KEY_HINTS = KeyHints(key_fault, "Create a new one in Closient under Settings, API Keys.")
