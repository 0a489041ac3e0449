"""The right person decides, on their own card, once; nobody decides about their own request."""

from __future__ import annotations

import grpc
import pytest
from kuguan.approvals.v1 import approvals_pb2, approvals_pb2_grpc
from kuguan.stock.v1 import stock_pb2, stock_pb2_grpc

from services.kit.ids import new_id
from tests.journey.system import System, eventually


def as_person(system: System, person: str) -> tuple[tuple[str, str], ...]:
    """What a program that acts for a person sends along."""
    return (("authorization", f"Bearer {system.token(person)}"),)


def task_of(system: System, order: str) -> approvals_pb2.Task:
    """The task of an order, as the director sees it, who may see all."""
    view = approvals_pb2.TaskView.TASK_VIEW_ALL
    asked = approvals_pb2.ListTasksRequest(order=order, page_size=2, view=view)

    def look() -> list[approvals_pb2.Task]:
        with system.channel("approvals") as channel:
            stub = approvals_pb2_grpc.ApprovalServiceStub(channel)
            return list(stub.ListTasks(asked, timeout=10, metadata=as_person(system, "wangzong")).tasks)

    (task,) = eventually(look, f"a task for {order}")
    return task


def decide(system: System, task: approvals_pb2.Task, person: str) -> None:
    """Approve through the front door of approvals, past every card."""
    request = approvals_pb2.DecideRequest(
        request_id=new_id(),
        name=task.name,
        version=task.version,
        decision=approvals_pb2.Decision.DECISION_APPROVE,
    )
    with system.channel("approvals") as channel:
        stub = approvals_pb2_grpc.ApprovalServiceStub(channel)
        stub.Decide(request, timeout=10, metadata=as_person(system, person))


def hand_over(system: System, order: str, person: str) -> None:
    """Hand goods over through the front door of stock, past every card."""
    request = stock_pb2.IssueReservedRequest(request_id=new_id(), document=order)
    with system.channel("stock") as channel:
        stub = stock_pb2_grpc.StockServiceStub(channel)
        stub.IssueReserved(request, timeout=10, metadata=as_person(system, person))


def test_a_managers_own_request_goes_to_their_superior(system: System) -> None:
    lixia, wangzong = system.people("lixia", "wangzong")
    order = lixia.orders("领5包A4纸")
    card = wangzong.gets(order, "approve")
    assert {"approve", "reject"}.isdisjoint(*[one.buttons for one in lixia.cards(order)])
    assert lixia.says(f"同意 {order}").says("不需要您审批")
    assert system.state(order) == "PENDING_APPROVAL"
    wangzong.taps(card, "reject")
    system.reaches(order, "REJECTED")


def test_who_has_nobody_above_is_decided_about_by_an_owner_of_the_rule(system: System) -> None:
    wangzong, chenmin, lixia = system.people("wangzong", "chenmin", "lixia")
    order = wangzong.orders("领5包A4纸")
    asked = {one.person for step in task_of(system, order).steps for one in step.assignments}
    assert asked, "somebody is asked"
    assert asked <= {"chenmin", "lixia"}, "owners of the rule, never the requester"
    decider = chenmin if "chenmin" in asked else lixia
    card = decider.gets(order, "reject")
    assert "规则负责人" in card["为什么找您"]
    decider.taps(card, "reject")
    system.reaches(order, "REJECTED")


def test_nobody_approves_their_own_request_past_the_chat_either(system: System) -> None:
    lixia, wangzong = system.people("lixia", "wangzong")
    order = lixia.orders("领6包A4纸")
    wangzong.gets(order, "approve")
    task = task_of(system, order)
    with pytest.raises(grpc.RpcError) as refused:
        decide(system, task, "lixia")
    assert refused.value.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION)
    assert system.state(order) == "PENDING_APPROVAL"
    wangzong.taps(wangzong.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")


def test_a_card_works_for_its_own_person_only(system: System) -> None:
    zhangsan, lixia, sunli, zhaoliu = system.people("zhangsan", "lixia", "sunli", "zhaoliu")
    order = zhangsan.orders("领5包A4纸")
    approval = lixia.gets(order, "approve")
    for stranger in (zhangsan, sunli):
        refused = stranger.taps(approval, "approve")
        assert refused.says("不是给您的")
        assert not refused.cards, "not even its content is shown"
    assert system.state(order) == "PENDING_APPROVAL"
    (mine,) = zhangsan.cards(order)
    assert lixia.taps(mine, "withdraw").says("不是给您的")
    assert lixia.says(f"撤销 {order}").says("您不能查看")
    lixia.taps(approval, "approve")
    picking = zhaoliu.gets(order, "hand_over")
    assert lixia.taps(picking, "hand_over").says("不是给您的")
    assert system.entries(order) == []
    zhangsan.withdraws(mine)
    system.reaches(order, "CANCELLED")


def test_only_a_keeper_hands_goods_over_whatever_they_call(system: System) -> None:
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("领5包A4纸")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    zhaoliu.gets(order, "hand_over")
    with pytest.raises(grpc.RpcError) as refused:
        hand_over(system, order, "lixia")
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert system.entries(order) == []
    zhangsan.withdraws(zhangsan.cards(order)[-1])
    system.reaches(order, "CANCELLED")
    for card in zhaoliu.waits(order, "closed"):
        assert dict(card.buttons) == {}


def test_a_keepers_own_goods_are_handed_over_by_another_keeper(system: System) -> None:
    zhaoliu, qianwu = system.people("zhaoliu", "qianwu")
    order = zhaoliu.orders("领5包A4纸")
    qianwu.taps(qianwu.gets(order, "approve"), "approve")
    qianwu.taps(qianwu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    assert [set(card.buttons) for card in zhaoliu.waits(order, "done")] == [set()]


def test_a_keeper_cannot_hand_their_own_goods_to_themselves_past_the_chat(system: System) -> None:
    zhaoliu, qianwu = system.people("zhaoliu", "qianwu")
    order = zhaoliu.orders("领2支黑笔")
    qianwu.gets(order, "hand_over")
    with pytest.raises(grpc.RpcError) as refused:
        hand_over(system, order, "zhaoliu")
    assert refused.value.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION)
    qianwu.taps(qianwu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")


def test_what_waits_for_me_is_listed_and_can_be_decided_there(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    order = zhangsan.orders("领5包A4纸")
    lixia.gets(order, "approve")
    listed = [card for card in lixia.says("我的待办审批").cards if card.number == order]
    assert listed
    lixia.taps(listed[-1], "reject")
    system.reaches(order, "REJECTED")
    for card in lixia.waits(order, "refused", "已拒绝"):
        assert dict(card.buttons) == {}


def test_who_decided_can_ask_what_became_of_it(system: System) -> None:
    zhangsan, lixia, zhaoliu, sunli = system.people("zhangsan", "lixia", "zhaoliu", "sunli")
    agreed, refused = zhangsan.orders("领6包A4纸"), zhangsan.orders("领6包A4纸")
    lixia.taps(lixia.gets(agreed, "approve"), "approve")
    lixia.says(f"驳回 {refused} 上次领的还没用完")
    zhaoliu.taps(zhaoliu.gets(agreed, "hand_over"), "hand_over")
    system.reaches(agreed, "FULFILLED")
    answer = lixia.says(f"{agreed} 进度").card
    assert (answer.number, len(answer.buttons)) == (agreed, 0)
    assert "已发料" in answer.text
    assert "已拒绝" in lixia.says(f"{refused[2:]} 到哪了").card.text
    assert sunli.says(f"{agreed} 进度").says("没有找到")
