"""Metadata: a flat map of strings that owners attach to a resource."""

from .problems import invalid_field

_MAX_KEYS, _MAX_KEY_LENGTH, _MAX_VALUE_LENGTH = 50, 40, 500


def merged(current: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Merge a change into metadata: an empty string deletes a key, an empty change clears all.

    Raises:
        ProblemError: there are too many keys, or a key or value is too long.
    """
    if not change:
        return {}
    for key, value in change.items():
        if len(key) > _MAX_KEY_LENGTH:
            raise invalid_field("metadata", f"A key has at most {_MAX_KEY_LENGTH} characters.")
        if len(value) > _MAX_VALUE_LENGTH:
            raise invalid_field("metadata", f"A value has at most {_MAX_VALUE_LENGTH} characters.")
    result = {key: value for key, value in {**current, **change}.items() if value}
    if len(result) > _MAX_KEYS:
        raise invalid_field("metadata", f"There are at most {_MAX_KEYS} keys.")
    return result
