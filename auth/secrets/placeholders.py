"""Recognizes what stands in an example, or in a host's configuration, where a secret belongs."""

from __future__ import annotations

import re

# Narrow, because a password may look like almost anything.
_PLACEHOLDER = re.compile(
    r"""
    .*\$\{[^}]*\}.* | .*\{(?:env|file):[^}]*\}.* | \{\{.*\}\}  # ${NAME}, {env:NAME}, {{NAME}}
    | (?-i:\$[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+ | %[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+%)  # $API_KEY, %API_KEY%
    | <[^<>]+>  # <your key>
    | (?:[a-z0-9]+[_-])?(?:\.\.\.|…)  # csb_...
    | (?:insert[ _-])?your[ _-].*(?:key|secret|token|password|id)(?:[ _-]here)?  # YOUR_API_KEY
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def is_placeholder(text: str) -> bool:
    """Whether a text is a placeholder that was not replaced, such as `${API_KEY}` or `<your key>`."""
    return _PLACEHOLDER.fullmatch(text) is not None
