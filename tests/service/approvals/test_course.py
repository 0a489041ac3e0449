"""The course of a task through the front door: hand-overs, reminders, orders that end or change."""

from __future__ import annotations

from kuguan.approvals.v1 import approvals_pb2, people_pb2
from kuguan.orders.v1 import events_pb2 as order_events

from services.kit.testing import eventually
from tests.service.approvals.company import Company, order, people_approve, refusal, request_id

OPEN = approvals_pb2.TASK_STATE_OPEN
GRANTED = approvals_pb2.TASK_STATE_GRANTED
WITHDRAWN = approvals_pb2.TASK_STATE_WITHDRAWN
HOUR = 3_600_000_000


async def transfer(here: Company, task: approvals_pb2.Task, who: str, to: str) -> approvals_pb2.Task:
    """Hand a part over."""
    request = approvals_pb2.TransferRequest(
        request_id=request_id(), name=task.name, version=task.version, person=to, comment="出差"
    )
    answer: approvals_pb2.TransferResponse = await here.ask(here.approvals.Transfer, request, who)
    return answer.task


async def add(here: Company, task: approvals_pb2.Task, who: str, person: str) -> approvals_pb2.Task:
    """Add a person who has to agree."""
    request = approvals_pb2.AddApproverRequest(
        request_id=request_id(), name=task.name, version=task.version, person=person
    )
    answer: approvals_pb2.AddApproverResponse = await here.ask(here.approvals.AddApprover, request, who)
    return answer.task


async def remind(here: Company, name: str, who: str) -> approvals_pb2.Task:
    """Ask for a reminder."""
    request = approvals_pb2.RemindRequest(request_id=request_id(), name=name)
    answer: approvals_pb2.RemindResponse = await here.ask(here.approvals.Remind, request, who)
    return answer.task


async def withdraw(here: Company, name: str, who: str) -> approvals_pb2.Task:
    """Take a request back."""
    request = approvals_pb2.WithdrawRequest(request_id=request_id(), name=name)
    answer: approvals_pb2.WithdrawResponse = await here.ask(here.approvals.Withdraw, request, who)
    return answer.task


async def let_hours_pass(here: Company, hours: int) -> None:
    """Make everything that happened look older, then let the timer run."""
    passed = hours * HOUR
    await here.write(f"UPDATE assignments SET active_since = active_since - {passed}")
    await here.write(
        f"UPDATE tasks SET next_check = next_check - {passed}, reminded_at = reminded_at - {passed}"
    )
    await here.run_timer()


async def test_a_part_can_be_handed_over_but_not_to_the_requester_or_an_administrator(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    assert (await refusal(transfer(here, task, "lixia", "zhangsan"))).facts["why"] == "requester"
    assert (await refusal(transfer(here, task, "lixia", "admin"))).facts["why"] == "not_entitled"
    assert (await refusal(transfer(here, task, "zhaoliu", "chenmin"))).reason == "NO_SUCH"
    task = await transfer(here, task, "lixia", "zhaoliu")
    assert [(part.person, part.state, part.why) for part in task.steps[0].assignments] == [
        ("lixia", approvals_pb2.ASSIGNMENT_STATE_TRANSFERRED, "person"),
        ("zhaoliu", approvals_pb2.ASSIGNMENT_STATE_ACTIVE, "transferred"),
    ]
    assert (await refusal(here.decide(task, "lixia"))).reason == "NOT_YOUR_TASK"
    assert (await here.decide(task, "zhaoliu")).state == GRANTED
    assert here.broken() == []


async def test_an_added_person_has_to_agree_even_where_one_voice_is_enough(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia", "chenmin"))
    task = await add(here, await here.place(order(1)), "lixia", "zhaoliu")
    task = await here.decide(task, "lixia")
    assert task.state == OPEN
    assert await here.to_decide("chenmin") == []
    assert await here.to_decide("zhaoliu") == ["LY1-1"]
    assert (await here.decide(task, "zhaoliu")).state == GRANTED
    assert here.broken() == []


async def test_the_requester_takes_a_request_back_until_it_is_decided(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    assert (await refusal(withdraw(here, task.name, "lixia"))).reason == "NOT_YOUR_REQUEST"
    assert (await refusal(withdraw(here, task.name, "zhaoliu"))).reason == "NO_SUCH"
    assert (await withdraw(here, task.name, "zhangsan")).state == WITHDRAWN
    late = await refusal(here.decide(task, "lixia"))
    assert (late.reason, late.facts["state"]) == ("ALREADY_DECIDED", "withdrawn")
    assert await here.events(task.name) == ["ApprovalRequested", "ApprovalWithdrawn"]


async def test_the_end_of_an_order_ends_its_open_task(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    placed = order(1)
    await here.place(placed)
    await here.hear(order_events.OrderCancelled(order=placed), placed.name)

    async def is_withdrawn() -> bool:
        return (await here.task("LY1-1")).state == WITHDRAWN

    await eventually(is_withdrawn)
    decided = order(2)
    await here.decide(await here.place(decided), "lixia")
    await here.hear(order_events.OrderCancelled(order=decided), decided.name)
    await here.place(order(3))
    assert (await here.task("LY2-1")).state == GRANTED


async def test_a_changed_order_voids_the_votes_about_the_version_before(here: Company) -> None:
    await here.rule(people_approve("ALL", "lixia", "chenmin"))
    first = await here.decide(await here.place(order(1)), "lixia")
    second = await here.place(order(1, version=2))
    assert (await here.task("LY1-1")).state == WITHDRAWN
    assert (await refusal(here.decide(first, "chenmin"))).reason == "ALREADY_DECIDED"
    second = await here.decide(second, "chenmin")
    assert second.state == OPEN
    assert (await here.decide(second, "lixia")).state == GRANTED
    assert here.broken() == []


async def test_a_reminder_is_asked_for_at_most_once_an_hour(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    assert (await refusal(remind(here, task.name, "lixia"))).reason == "NOT_YOUR_REQUEST"
    assert (await remind(here, task.name, "zhangsan")).version == task.version
    assert (await refusal(remind(here, task.name, "zhangsan"))).reason == "REMINDED_RECENTLY"
    await let_hours_pass(here, 1)
    await remind(here, task.name, "zhangsan")
    assert await here.events(task.name) == ["ApprovalRequested", "ApprovalReminded", "ApprovalReminded"]


async def test_an_overdue_step_is_reminded_once_and_then_goes_to_the_superior_as_well(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia", remind_after_hours=4, escalate_after_hours=24))
    await here.place(order(1))
    await let_hours_pass(here, 3)
    assert await here.events("LY1-1") == ["ApprovalRequested"]
    await let_hours_pass(here, 1)
    await let_hours_pass(here, 1)
    assert await here.events("LY1-1") == ["ApprovalRequested", "ApprovalReminded"]
    await let_hours_pass(here, 19)
    task = await here.task("LY1-1")
    assert [(part.person, part.why) for part in task.steps[0].assignments] == [
        ("lixia", "person"),
        ("wangzong", "escalated"),
    ]
    assert (await here.events("LY1-1"))[2:] == ["ApprovalRequested"]
    await let_hours_pass(here, 100)
    await let_hours_pass(here, 100)
    assert (await here.events("LY1-1"))[3:] == ["ApprovalReminded"]
    assert (await here.decide(await here.task("LY1-1"), "wangzong")).state == GRANTED
    assert here.broken() == []


async def test_lists_show_only_what_concerns_the_caller(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    for number in range(1, 6):
        await here.place(order(number))
    await here.place(order(6, "fangfang"))
    mine = approvals_pb2.ListTasksRequest(view=approvals_pb2.TASK_VIEW_REQUESTED, page_size=2)
    seen: list[str] = []
    while True:
        answer = await here.ask(here.approvals.ListTasks, mine, "zhangsan")
        seen += [task.name for task in answer.tasks]
        if not answer.next_page_token:
            break
        mine.page_token = answer.next_page_token
    assert seen == ["LY5-1", "LY4-1", "LY3-1", "LY2-1", "LY1-1"]
    everything = approvals_pb2.ListTasksRequest(view=approvals_pb2.TASK_VIEW_ALL)
    assert (
        await refusal(here.ask(here.approvals.ListTasks, everything, "zhangsan"))
    ).reason == "PERMISSION_MISSING"
    everything.order = "6"
    answer = await here.ask(here.approvals.ListTasks, everything, "chenmin")
    assert [task.name for task in answer.tasks] == ["LY6-1"]
    await here.decide(await here.task("LY2-1"), "lixia")
    concerning = approvals_pb2.ListTasksRequest(view=approvals_pb2.TASK_VIEW_CONCERNING, order="2")
    for person, names in (("lixia", ["LY2-1"]), ("zhangsan", ["LY2-1"]), ("fangfang", [])):
        answer = await here.ask(here.approvals.ListTasks, concerning, person)
        assert [task.name for task in answer.tasks] == names
    hidden = approvals_pb2.GetTaskRequest(name="LY6-1")
    assert (await refusal(here.ask(here.approvals.GetTask, hidden, "zhangsan"))).reason == "NO_SUCH"
    foreign = approvals_pb2.ListTasksRequest(page_token=mine.page_token)
    assert (await refusal(here.ask(here.approvals.ListTasks, foreign, "lixia"))).reason == "INVALID_FIELD"


async def test_verify_is_red_on_decisions_that_nobody_was_allowed_to_make(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.decide(await here.place(order(1)), "lixia")
    assert here.broken() == []
    await here.write("UPDATE assignments SET person = 'zhaoliu' WHERE person = 'lixia'")
    await here.write(
        "INSERT INTO task_records"
        " (task, task_version, action, step, person, by_person, client, note, recorded_at)"
        " VALUES ('LY1-1', 2, 'refused', 0, '', '', '', '', 0)"
    )
    await here.write("UPDATE tasks SET requester = 'lixia', ended_by = 'zhaoliu'")
    assert {line.partition(":")[0] for line in here.broken()} == {"I10", "I11"}
    request = people_pb2.ListPeopleRequest()
    assert len((await here.ask(here.people.ListPeople, request, "lixia")).people) == 8
