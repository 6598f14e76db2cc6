"""Tokens, as the toolkit stores them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from .models import RedeemedCode
from .toolkit import AccessToken, RefreshToken


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
    found = AccessToken.objects.select_related("user", "application").filter(token_checksum=_digest(token)).first()
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


def remember_redeemed(code: str, token: dict[str, str]) -> None:
    """Remember which tokens a code gave."""
    access_token, refresh_token = (_digest(token.get(name, "")) for name in ("access_token", "refresh_token"))
    RedeemedCode.objects.create(code=_digest(code), access_token=access_token, refresh_token=refresh_token)


def revoke_redeemed(code: str) -> None:
    """Revoke the tokens that a code gave, and those that came from their renewal."""
    redeemed = RedeemedCode.objects.filter(code=_digest(code)).first()
    if redeemed is None:
        return
    AccessToken.objects.filter(token_checksum=redeemed.access_token).delete()
    first = RefreshToken.objects.filter(token_checksum=redeemed.refresh_token).first()
    if first is not None:
        RefreshToken.revoke_family(first.token_family)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
