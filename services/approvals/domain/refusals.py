"""Why something cannot be done to a task: each reason with the facts that every front can word."""

from __future__ import annotations

from dataclasses import dataclass

from services.kit.errors import Conflict, Denied, RuleBroken


@dataclass(eq=False)
class TaskChanged(Conflict):
    """The task is not as the caller saw it: look again, then decide."""

    task: str
    version: int
    state: str


@dataclass(eq=False)
class AlreadyDecided(Conflict):
    """The task is over; ``state`` says how, ``person`` and ``time`` by whom and when."""

    task: str
    state: str
    person: str
    time: str


@dataclass(eq=False)
class AlreadyVoted(Conflict):
    """The caller has already decided in this task; nobody is counted twice."""

    task: str
    person: str


@dataclass(eq=False)
class NotYourTask(Denied):
    """The caller has no right to decide about this task now."""

    task: str


@dataclass(eq=False)
class NotYourTurn(RuleBroken):
    """Somebody else has to decide before the caller."""

    task: str


@dataclass(eq=False)
class OwnRequest(Denied):
    """Nobody decides about their own request, in whosever place."""

    task: str


@dataclass(eq=False)
class StandsInForRequester(Denied):
    """Who stands in for the requester cannot at the same time decide the request in another's place."""

    task: str


@dataclass(eq=False)
class NeverDecides(Denied):
    """The person is an administrator or has no role that lets them decide."""

    person: str


@dataclass(eq=False)
class NotYourRequest(Denied):
    """Only who asked can do this."""

    task: str


@dataclass(eq=False)
class CannotTakePart(RuleBroken):
    """The person named cannot decide here: ``why`` is requester, not_entitled, voted, takes_part or full."""

    person: str
    why: str


@dataclass(eq=False)
class RemindedRecently(RuleBroken):
    """A reminder went out less than an hour ago."""

    task: str
    again_time: str


@dataclass(eq=False)
class NobodyToRemind(RuleBroken):
    """The task is stuck: nobody is entitled to decide until an administrator changes people or the rule."""

    task: str
