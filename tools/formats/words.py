"""Split texts and identifiers into words."""

from __future__ import annotations

import re
import unicodedata

_MAX_LENGTH = 2_000


def words_of(text: str) -> list[str]:
    """The words of an identifier or phrase in lower case: `getPetByID` gives get, pet, by, id."""
    text = text[:_MAX_LENGTH]  # the expressions below take quadratic time
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
        text = "".join(character for character in text if not unicodedata.combining(character))
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", spaced)]
