"""Origins that a credential may be sent to."""

from __future__ import annotations

from ...tools.formats.urls import InvalidUrlError, is_loopback_url, origin_of
from .model import SettingsError


def safe_origin(subject: str, url: str) -> str:
    """The origin of a URL that a credential may be sent to: https, or plain http on this machine.

    Raises:
        SettingsError: invalid or insecure URL; the message starts with `subject`, if there is one.
    """
    try:
        origin = origin_of(url.strip())
    except InvalidUrlError as error:
        raise SettingsError(f"{subject}: {error}.".removeprefix(": ")) from None
    if not origin.startswith("https://") and not is_loopback_url(origin):
        raise SettingsError(
            f"{subject} {origin} is not https; plain http is for this machine only (127.0.0.1).".lstrip()
        )
    return origin
