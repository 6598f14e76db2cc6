"""The initial organizations, users and API keys."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from . import api_keys
from .models import ApiKey, Membership, Organization, short_id

HARBOUR = short_id("organization Harbour & Pine")
FAR_AWAY = short_id("organization Far Away Foods")
USERS = {
    name: {"password": "sandbox", "role": role, "organization": "Harbour & Pine" if role else None}
    for name, role in (("alice", "OWNER"), ("bob", "VIEWER"), ("carol", None))
}
_KEYS = (
    ("Business", "csb", "MANAGER", True, 300),
    ("Disabled", "csb", "MANAGER", False, 300),
    ("Publishable", "cpk", "VIEWER", True, 100),
)
KEYS = {name.lower(): api_keys.make(prefix, name.lower()) for name, prefix, *_ in _KEYS}


def fill(created: datetime) -> None:
    """Write them to empty tables."""
    Organization.objects.create(id=HARBOUR, name="Harbour & Pine")
    Organization.objects.create(id=FAR_AWAY, name="Far Away Foods")
    for name, facts in USERS.items():
        user = User.objects.create(
            username=name,
            email=f"{name}@closient.example",
            first_name=name.title(),
            password=make_password(facts["password"]),
        )
        if facts["role"] is not None:
            membership = short_id(f"membership {name}")
            Membership.objects.create(id=membership, user=user, organization_id=HARBOUR, role=facts["role"])
    for name, prefix, role, active, per_minute in _KEYS:
        key = KEYS[name.lower()]
        ApiKey.objects.create(
            id=short_id(f"key {name}"),
            digest=api_keys.digest(key),
            prefix=prefix,
            last4=key[-4:],
            name=name,
            description=f"{name} key of the sandbox",
            role=role,
            is_active=active,
            rate_limit_per_minute=per_minute,
            created=created,
            organization_id=HARBOUR,
        )
