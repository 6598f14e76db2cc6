"""Access tokens, as the toolkit stores them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from .toolkit import AccessToken


@dataclass(frozen=True)
class AccessTokenFacts:
    """The facts about an access token."""

    user_id: int | None
    username: str | None
    client_id: str
    scopes: frozenset[str]
    is_expired: bool


def read_access_token(token: str, path: str) -> AccessTokenFacts | None:
    """Look up a token; None if it was never issued, was revoked, or is for another resource."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = AccessToken.objects.select_related("user", "application").filter(token_checksum=digest).first()
    if found is None or not found.allows_audience(settings.SANDBOX_URL + path):
        return None
    return AccessTokenFacts(
        user_id=found.user.pk if found.user else None,
        username=found.user.username if found.user else None,
        client_id=found.application.client_id,
        scopes=frozenset(found.scope.split()),
        is_expired=found.is_expired(),
    )


def expire_all() -> int:
    """Expire every access token."""
    return int(AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1)))
