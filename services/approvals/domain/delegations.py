"""Stand-ins: for some time one person decides in the place of another.

A delegation is looked at when somebody decides, never remembered in a token. It works only for what the
delegator may decide at that moment, and only for the person named in it: it is not passed on, and it ends
with its time, when it is ended, when either person leaves, and with the delegator's own right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.approvals.domain.people import Directory
from services.kit.errors import InvalidField, RuleBroken

LONGEST = timedelta(days=90)
EARLIEST_START = timedelta(minutes=5)
LATEST_START = timedelta(days=365)
MAXIMUM_KINDS = 50
MAXIMUM_OPEN = 20


@dataclass(eq=False)
class TooManyDelegations(RuleBroken):
    """The person has as many delegations that are not over as one may have."""

    person: str
    maximum: int


@dataclass(eq=False)
class CannotStandIn(RuleBroken):
    """The person named cannot decide for others: they left, never decide, or are the caller."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """A time in which ``to_person`` decides in the place of ``from_person``."""

    name: str
    from_person: str
    to_person: str
    start: datetime
    end: datetime
    kinds: frozenset[str] = frozenset()
    ended_at: datetime | None = None

    def covers(self, kind: str, now: datetime) -> bool:
        """Whether it is live at this moment for orders of this kind."""
        return (
            self.ended_at is None and self.start <= now < self.end and (not self.kinds or kind in self.kinds)
        )

    def is_over(self, now: datetime) -> bool:
        """Whether it can never be live again."""
        return self.ended_at is not None or self.end <= now

    def finish(self, now: datetime) -> Delegation:
        """The delegation ended at this moment; one that is over stays as it is."""
        return self if self.is_over(now) else replace(self, ended_at=now)


def delegate(
    name: str,
    from_person: str,
    to_person: str,
    start: datetime | None,
    end: datetime,
    kinds: frozenset[str],
    directory: Directory,
    now: datetime,
) -> Delegation:
    """A new delegation; raises InvalidField for its times and CannotStandIn for its person."""
    if start is not None and not now - EARLIEST_START <= start <= now + LATEST_START:
        raise InvalidField("start_time", "must lie between now and a year from now")
    begins = now if start is None else max(start, now)
    if end <= begins:
        raise InvalidField("end_time", "must be after the start")
    if end - begins > LONGEST:
        raise InvalidField("end_time", "must be at most 90 days after the start")
    if len(kinds) > MAXIMUM_KINDS:
        raise InvalidField("kinds", f"at most {MAXIMUM_KINDS}")
    if to_person == from_person:
        raise CannotStandIn(to_person, "self")
    if not directory.may_decide(to_person):
        raise CannotStandIn(to_person, "not_entitled")
    return Delegation(name, from_person, to_person, begins, end, kinds)


def stand_ins(
    holder: str,
    kind: str,
    requester: str,
    delegations: Iterable[Delegation],
    directory: Directory,
    now: datetime,
) -> tuple[Delegation, ...]:
    """The delegations by which somebody may decide for the holder now, one for each stand-in.

    Never the requester, and never somebody who stands in for the requester at the same time: they would
    decide the requester's own order in two borrowed places (R23). A right of their own is not touched.
    """
    live = [delegation for delegation in delegations if delegation.covers(kind, now)]
    for_requester = {delegation.to_person for delegation in live if delegation.from_person == requester}
    found: dict[str, Delegation] = {}
    for delegation in live:
        if (
            delegation.from_person == holder
            and delegation.to_person != requester
            and delegation.to_person not in for_requester
            and directory.may_decide(delegation.to_person)
        ):
            found.setdefault(delegation.to_person, delegation)
    return tuple(found[person] for person in sorted(found))
