"""Reads of tasks: those to decide, those asked for, or all for who may see all."""

from __future__ import annotations

from collections.abc import Sequence

from kuguan.approvals.v1 import approvals_pb2
from kuguan.approvals.v1.approvals_pb2 import (
    GetTaskRequest,
    GetTaskResponse,
    ListTasksRequest,
    ListTasksResponse,
)

from services.approvals.domain.decisions import stand_ins_of
from services.approvals.domain.delegations import Delegation
from services.approvals.domain.tasks import Task
from services.approvals.domain.wording import looked_up
from services.approvals.messages import tasks as messages
from services.approvals.queries.paging import number
from services.approvals.storage import delegations, people, surroundings, tasks, worklists
from services.approvals.storage.worklists import Condition
from services.kit import wire
from services.kit.errors import InvalidField, NoSuch, PermissionMissing
from services.kit.reading import View

READ_ALL = "approvals.read_all"
MAXIMUM_PAGE = 200


def get_task(view: View, request: GetTaskRequest) -> GetTaskResponse:
    """One task; one that does not concern the caller is not there for them."""
    everything = view.caller.may(READ_ALL)
    condition = worklists.EVERY_TASK if everything else worklists.visible_to(view.caller.person, _lent(view))
    name = looked_up(request.name, "task")
    if not worklists.is_there(view.connection, name, condition):
        raise NoSuch("task", name)
    found = tasks.load_tasks(view.connection, [name])
    return GetTaskResponse(task=_messages(view, found)[0])


def list_tasks(view: View, request: ListTasksRequest) -> ListTasksResponse:
    """A page of tasks, newest first."""
    size = wire.page_size(request.page_size, maximum=MAXIMUM_PAGE)
    if request.order:
        looked_up(request.order, "order")
    states = messages.wanted_states(request)
    condition = _condition(view, request)
    # Which tasks may be decided is a matter of open ones only.
    if request.view in (approvals_pb2.TASK_VIEW_UNSPECIFIED, approvals_pb2.TASK_VIEW_TO_DECIDE):
        states = frozenset()
    listed = ",".join(sorted(state.value for state in states))
    query = f"tasks\0{view.caller.name}\0{request.view}\0{request.order}\0{listed}"
    before = number(wire.decode_page_token(request.page_token, query))
    found = worklists.list_names(view.connection, condition, request.order, states, before, size + 1)
    page, more = found[:size], len(found) > size
    loaded = tasks.load_tasks(view.connection, [name for _, name in page])
    return ListTasksResponse(
        tasks=_messages(view, loaded),
        next_page_token=wire.encode_page_token(query, [page[-1][0]]) if more else "",
    )


def _condition(view: View, request: ListTasksRequest) -> Condition:
    if request.view == approvals_pb2.TASK_VIEW_ALL:
        if not view.caller.may(READ_ALL):
            raise PermissionMissing(READ_ALL)
        return worklists.EVERY_TASK
    if request.view == approvals_pb2.TASK_VIEW_REQUESTED:
        return worklists.requested_by(view.caller.person)
    if request.view == approvals_pb2.TASK_VIEW_CONCERNING:
        return worklists.visible_to(view.caller.person, _lent(view))
    if request.view not in (approvals_pb2.TASK_VIEW_UNSPECIFIED, approvals_pb2.TASK_VIEW_TO_DECIDE):
        raise InvalidField("view", "not a view")
    person = people.find_person(view.connection, view.caller.person)
    if person is None or not person.may_decide:
        return worklists.NO_TASK
    return worklists.to_decide(person.id, _lent(view))


def _lent(view: View) -> Sequence[Delegation]:
    """The delegations to the caller that are live now and come from people who may decide."""
    live = delegations.load_live_to(view.connection, view.caller.person, view.now)
    lenders = people.load_people(view.connection, {one.from_person for one in live})
    return [one for one in live if lenders[one.from_person].may_decide]


def _messages(view: View, found: Sequence[Task]) -> list[approvals_pb2.Task]:
    around = surroundings.load(view.connection, found, view.now)
    return [
        messages.task_message(task, stand_ins_of(task, around.delegations, around.directory, view.now))
        for task in found
    ]
