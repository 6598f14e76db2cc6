"""What is remembered of a sign-in so that nothing is tried over and over. Functions of their inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

# Seconds for which a no holds, and for which sign-ins, registrations and rejected new tokens count.
_DECLINE_HOLDS = 60.0
SIGN_INS_COUNT, REGISTRATIONS_COUNT, REJECTIONS_COUNT = 600.0, 3600.0, 60.0
# Tabs that came to nothing, and sign-ins that did not hold: further permissions are granted by further sign-ins.
MOST_TABS, MOST_SIGN_INS, MOST_REJECTIONS = 3, 6, 3
_MOST_KEPT, _MOST_SCOPES = 10, 50


class History(BaseModel):
    """What happened before; moments are seconds since 1970.

    `declined_at` is when the user declined, `tabs` when sign-ins began, `sign_ins` when they succeeded,
    `registrations` when a client was registered, `rejections` when services rejected tokens that had just been issued.
    Until `register_after` the server wants no registration. `bad_credentials` is the fingerprint of credentials that
    the server rejected, `dead_token` that of an access token that cannot be renewed and that a service rejected.
    `withheld` are scopes that were requested and not granted, `missed` those that services found missing; both are
    requested again only when the user asks for it.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    declined_at: float = 0.0
    tabs: tuple[float, ...] = ()
    sign_ins: tuple[float, ...] = ()
    registrations: tuple[float, ...] = ()
    register_after: float = 0.0
    rejections: tuple[float, ...] = ()
    bad_credentials: str = ""
    dead_token: str = ""
    withheld: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def declined(self, now: float) -> History:
        """After the user declined."""
        return self.model_copy(update={"declined_at": now})

    def failed(self) -> History:
        """After a sign-in that failed for another reason than a no."""
        return self.model_copy(update={"declined_at": 0.0})

    def tab_opened(self, now: float) -> History:
        """After a browser tab was opened."""
        return self.model_copy(update={"tabs": (*_recent(self.tabs, now, SIGN_INS_COUNT), now)})

    def registered(self, now: float) -> History:
        """After a registration was tried."""
        recent = _recent(self.registrations, now, REGISTRATIONS_COUNT)
        return self.model_copy(update={"registrations": (*recent, now)})

    def with_registrations(self, other: History) -> History:
        """With the registrations that another history has."""
        return self.model_copy(update={"registrations": other.registrations, "register_after": other.register_after})

    def new_token_rejected(self, now: float) -> History:
        """After a service rejected a token that had just been issued."""
        return self.model_copy(update={"rejections": (*_recent(self.rejections, now, REJECTIONS_COUNT), now)})

    def scopes_missed(self, scopes: Iterable[str]) -> History:
        """After a service found scopes missing."""
        return self.model_copy(update={"missed": tuple(dict.fromkeys((*self.missed, *scopes)))[-_MOST_SCOPES:]})

    def signed_in(self, requested: Sequence[str], withheld: tuple[str, ...], counted_at: float | None) -> History:
        """After a sign-in that requested these scopes; `counted_at` is when, where it counts as a repetition."""
        return self.model_copy(
            update={
                "declined_at": 0.0,
                "tabs": (),
                "rejections": (),
                "dead_token": "",
                "withheld": withheld,
                "missed": tuple(scope for scope in self.missed if scope not in requested),
                "sign_ins": self.sign_ins if counted_at is None else (*self.sign_ins, counted_at)[-_MOST_KEPT:],
            }
        )

    def signed_out(self) -> History:
        """After a sign-out: a new start, but for what the server and the user asked us not to repeat."""
        kept = ("declined_at", "registrations", "register_after", "rejections")
        return History(**{name: getattr(self, name) for name in kept})

    def declined_lately(self, now: float) -> bool:
        """Whether the user declined a moment ago."""
        return 0 <= now - self.declined_at < _DECLINE_HOLDS

    def too_many_tabs(self, now: float) -> bool:
        """Whether tabs were opened again and again to no end."""
        return len(_recent(self.tabs, now, SIGN_INS_COUNT)) >= MOST_TABS

    def too_many_sign_ins(self, now: float) -> bool:
        """Whether sign-ins succeed again and again and do not hold."""
        return len(_recent(self.sign_ins, now, SIGN_INS_COUNT)) >= MOST_SIGN_INS

    def too_many_rejections(self, now: float) -> bool:
        """Whether services reject token after token."""
        return len(_recent(self.rejections, now, REJECTIONS_COUNT)) >= MOST_REJECTIONS

    def recent_registrations(self, now: float) -> int:
        """How many registrations were tried lately."""
        return len(_recent(self.registrations, now, REGISTRATIONS_COUNT))

    def is_dead(self, access_token: str) -> bool:
        """Whether a service rejected this token for good."""
        return self.dead_token == fingerprint(access_token)


def fingerprint(token: str) -> str:
    """What a token is known by again, and not found out."""
    return hashlib.sha256(token.encode()).hexdigest()


def _recent(moments: Sequence[float], now: float, seconds: float) -> tuple[float, ...]:
    """The moments that are no longer ago than so many seconds; a clock that fell back forgets the others."""
    return tuple(moment for moment in moments if 0 <= now - moment < seconds)
