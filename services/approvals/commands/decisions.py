"""What people do to tasks: decide, take back, hand over, add somebody, remind. Every attempt is audited."""

from __future__ import annotations

from kuguan.approvals.v1.approvals_pb2 import (
    AddApproverRequest,
    AddApproverResponse,
    DecideRequest,
    DecideResponse,
    RemindRequest,
    RemindResponse,
    TransferRequest,
    TransferResponse,
    WithdrawRequest,
    WithdrawResponse,
)

from services.approvals.commands.keeping import keep
from services.approvals.commands.rights import acting_person
from services.approvals.domain import decisions
from services.approvals.domain.decisions import Ballot
from services.approvals.domain.tasks import MAXIMUM_COMMENT, Task
from services.approvals.domain.wording import looked_up
from services.approvals.messages import tasks as messages
from services.approvals.storage import surroundings, tasks, worklists
from services.kit.changes import Transaction, writes
from services.kit.errors import NoSuch
from services.kit.texts import plain_text


@writes(audited=True)
def decide(tx: Transaction, request: DecideRequest) -> DecideResponse:
    """Approve or refuse the version that was seen; rights and delegations are read in this transaction."""
    caller, task = acting_person(tx).id, _task(tx, request.name)
    ballot = Ballot(
        messages.wanted_decision(request), request.version, _comment(request.comment), tx.caller.client
    )
    around = surroundings.load(tx.connection, [task], tx.now, caller)
    right = decisions.right_to_vote(
        task, caller, around.delegations, around.directory, request.version, tx.now
    )
    outcome = decisions.vote(task, right, caller, ballot, around.directory, tx.now)
    tasks.add_vote(tx.connection, task, right, caller, ballot, tx.request_id, tx.now)
    facts = {"decision": ballot.decision.value, "holder": right.holder, "delegation": right.delegation}
    tx.audit("decide", task.name, **facts, version=str(request.version), state=outcome.task.state)
    return DecideResponse(task=keep(tx, task, outcome))


@writes(audited=True)
def withdraw(tx: Transaction, request: WithdrawRequest) -> WithdrawResponse:
    """Take the caller's own request back."""
    caller, task = acting_person(tx).id, _visible_task(tx, request.name)
    outcome = decisions.withdraw(task, caller, tx.now)
    tx.audit("withdraw", task.name)
    return WithdrawResponse(task=keep(tx, task, outcome))


@writes(audited=True)
def transfer(tx: Transaction, request: TransferRequest) -> TransferResponse:
    """Hand the caller's part to another person 转办."""
    caller, task = acting_person(tx).id, _visible_task(tx, request.name)
    comment = _comment(request.comment)
    person = looked_up(request.person, "person")
    around = surroundings.load(tx.connection, [task], tx.now, caller, person)
    outcome = decisions.transfer(task, caller, person, comment, request.version, around.directory, tx.now)
    tx.audit("transfer", task.name, person=person, comment=comment)
    return TransferResponse(task=keep(tx, task, outcome))


@writes(audited=True)
def add_approver(tx: Transaction, request: AddApproverRequest) -> AddApproverResponse:
    """Add a person who has to agree as well 加签."""
    caller, task = acting_person(tx).id, _visible_task(tx, request.name)
    comment = _comment(request.comment)
    person = looked_up(request.person, "person")
    around = surroundings.load(tx.connection, [task], tx.now, caller, person)
    outcome = decisions.add_approver(task, caller, person, comment, request.version, around.directory, tx.now)
    tx.audit("add_approver", task.name, person=person, comment=comment)
    return AddApproverResponse(task=keep(tx, task, outcome))


@writes(audited=True)
def remind(tx: Transaction, request: RemindRequest) -> RemindResponse:
    """Remind those who have not decided 催办, at most once an hour."""
    caller, task = acting_person(tx).id, _visible_task(tx, request.name)
    outcome = decisions.remind(task, caller, tx.now)
    tx.audit("remind", task.name)
    return RemindResponse(task=keep(tx, task, outcome))


def _comment(text: str) -> str:
    return plain_text(text, "comment", MAXIMUM_COMMENT, lines=True)


def _task(tx: Transaction, name: str) -> Task:
    task = tasks.find_task(tx.connection, looked_up(name, "task"))
    if task is None:
        raise NoSuch("task", name)
    return task


def _visible_task(tx: Transaction, name: str) -> Task:
    """The task if the caller may know of it; who may not is told that there is none."""
    visible = worklists.visible_to(tx.caller.person, [])
    if not worklists.is_there(tx.connection, looked_up(name, "task"), visible):
        raise NoSuch("task", name)
    return _task(tx, name)
