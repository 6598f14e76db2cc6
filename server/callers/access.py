"""What a caller may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ...tools.tiers.tier import Tier, highest_tier
from ..settings.http_model import AccessRule
from .identity import Identity

# The highest tier by system; None for everything that is offered.
Access: TypeAlias = Mapping[str, Tier] | None


def access_of(identity: Identity, rules: Sequence[AccessRule]) -> Access:
    """What the rules give a caller: of several that apply, the highest tier for each system; of none, nothing."""
    if not rules:
        return None
    held = {"scope": identity.scopes, "group": identity.groups, "subject": frozenset({identity.subject})}
    given: dict[str, Tier] = {}
    for rule in rules:
        if rule.value in held[rule.claim]:
            for system in rule.systems:
                given[system] = highest_tier((given.get(system, rule.allow), rule.allow))
    return given
