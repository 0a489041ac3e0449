"""What has to be known about people before anybody decides about a task, read in the deciding transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.approvals.domain.delegations import Delegation
from services.approvals.domain.people import Directory
from services.approvals.domain.rules import Approver, Who
from services.approvals.domain.tasks import Task
from services.approvals.storage import delegations, people


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The people around some tasks, and the delegations by which others may decide in their place."""

    directory: Directory
    delegations: tuple[Delegation, ...]


def load(connection: Connection, tasks: Iterable[Task], now: datetime, *extra: str) -> Surroundings:
    """Everybody who asks, decides or owns in these tasks, with superiors, role holders and stand-ins."""
    concerned: set[str] = set(extra)
    deciding: set[str] = set()
    approvers: set[Approver] = set()
    for task in tasks:
        deciding |= {task.requester, *(part.person for part in task.assignments())}
        concerned |= set(task.owners)
        if task.is_open:
            approvers |= {approver for step in task.steps for approver in step.approvers}
    known = delegations.load_open(connection, deciding, now)
    concerned |= deciding | {one.to_person for one in known}
    concerned |= {approver.name for approver in approvers if approver.who is Who.PERSON}
    roles = {approver.name for approver in approvers if approver.who is Who.ROLE}
    # A part that came by a role is handed on within the role when its holder loses it.
    return Surroundings(people.load_directory(connection, concerned, roles), tuple(known))
