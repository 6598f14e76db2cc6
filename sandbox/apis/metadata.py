"""Metadata: the flat map of strings that a resource carries for its owner."""

from .problems import invalid_field

_MOST_KEYS, _LONGEST_KEY, _LONGEST_VALUE = 50, 40, 500


def merged(present: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """What is there after a change: an empty string deletes a key, nothing at all clears everything.

    Raises:
        Problem: too many keys, or one that is too long or has too long a value.
    """
    if not given:
        return {}
    for key, value in given.items():
        if len(key) > _LONGEST_KEY:
            raise invalid_field("metadata", f"A key has at most {_LONGEST_KEY} characters.")
        if len(value) > _LONGEST_VALUE:
            raise invalid_field("metadata", f"A value has at most {_LONGEST_VALUE} characters.")
    result = {key: value for key, value in {**present, **given}.items() if value}
    if len(result) > _MOST_KEYS:
        raise invalid_field("metadata", f"There are at most {_MOST_KEYS} keys.")
    return result
