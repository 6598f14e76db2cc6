"""The history of sign-ins at one server, so that nothing is repeated endlessly. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

_DECLINED_SECONDS = 60.0
_MOST_KEPT, _MOST_SCOPES, _MOST_LINKS = 10, 50, 50


class Limit(NamedTuple):
    """At most `most` events of a kind in `seconds`; `events` is the member of History that counts them."""

    events: Literal["tabs", "sign_ins", "registrations", "rejections"]
    most: int
    seconds: float


# At most 3 unfinished sign-ins and 6 successful ones in ten minutes, so that an agent cannot open tab after tab.
# Sign-ins for additional scopes do not count as successful ones.
TABS, SIGN_INS = Limit("tabs", 3, 600.0), Limit("sign_ins", 6, 600.0)
REGISTRATIONS, REJECTIONS = Limit("registrations", 5, 3600.0), Limit("rejections", 3, 60.0)


class History(BaseModel):
    """Earlier events; times are seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    # When a sign-in was declined, and the server's reason if it gave one.
    declined_at: float = 0.0
    declined: str = ""
    # When sign-ins began that have not succeeded, and when sign-ins succeeded.
    tabs: tuple[float, ...] = ()
    sign_ins: tuple[float, ...] = ()
    # When clients were registered, and until when the server accepts no registration.
    registrations: tuple[float, ...] = ()
    register_after: float = 0.0
    # When services rejected tokens that had just been issued.
    rejections: tuple[float, ...] = ()
    # The fingerprint of credentials that the server rejected.
    bad_credentials: str = ""
    # Scopes that were requested and not granted, and those that services found missing. Both are requested again only
    # if the user begins the sign-in.
    withheld: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    # Why the registered client cannot be used.
    unusable: str = ""
    # The ids of the links with which the user began a sign-in.
    links: tuple[str, ...] = ()

    def reached(self, limit: Limit, now: float) -> bool:
        """Whether a limit is reached."""
        return len(self._recent(limit, now)) >= limit.most

    def after(self, limit: Limit, now: float) -> History:
        """The history after another event of this kind."""
        return self.model_copy(update={limit.events: (*self._recent(limit, now), now)})

    def _recent(self, limit: Limit, now: float) -> tuple[float, ...]:
        times: tuple[float, ...] = getattr(self, limit.events)
        return tuple(time for time in times if 0 <= now - time < limit.seconds)  # a clock set back forgets the others

    def after_failure(self, declined_at: float = 0.0, reason: str = "") -> History:
        """The history after a sign-in that failed or, with `declined_at`, that was declined."""
        return self.model_copy(update={"declined_at": declined_at, "declined": reason})

    def recently_declined(self, now: float) -> bool:
        """Whether a sign-in was just declined."""
        return 0 <= now - self.declined_at < _DECLINED_SECONDS

    def after_registration(self, now: float) -> History:
        """The history after an attempt to register a client."""
        return self.after(REGISTRATIONS, now).model_copy(update={"unusable": ""})

    def after_failed_registration(self, register_after: float, unusable: str) -> History:
        """The history after a registration that failed; `unusable` says why there is a client that cannot be used."""
        return self.model_copy(update={"register_after": register_after, "unusable": unusable})

    def with_missed(self, scopes: Iterable[str]) -> History:
        """The history after a service found scopes missing."""
        return self.model_copy(update={"missed": tuple(dict.fromkeys((*self.missed, *scopes)))[-_MOST_SCOPES:]})

    def with_link(self, id: str) -> History:
        """The history after a link was used."""
        return self.model_copy(update={"links": (*self.links, id)[-_MOST_LINKS:]})

    def after_sign_in(self, requested: Sequence[str], withheld: tuple[str, ...], counted_at: float | None) -> History:
        """The history after a sign-in that requested these scopes; `counted_at` is its time if it is a repetition."""
        return self.model_copy(
            update={
                "declined_at": 0.0,
                "tabs": (),
                "rejections": (),
                "withheld": withheld,
                "missed": tuple(scope for scope in self.missed if scope not in requested),
                "sign_ins": self.sign_ins if counted_at is None else (*self.sign_ins, counted_at)[-_MOST_KEPT:],
            }
        )

    def after_sign_out(self) -> History:
        """An empty history, except for what the server and the user asked us not to repeat."""
        kept = ("declined_at", "declined", "registrations", "register_after", "rejections", "links")
        return History(**{name: getattr(self, name) for name in kept})
