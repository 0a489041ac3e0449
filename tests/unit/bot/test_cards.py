"""Cards say in numbers what happens, offer what the person may do, and end in a true stamp."""

from __future__ import annotations

import re
from typing import Any

import pytest
from kuguan.approvals.v1.approvals_pb2 import AssignmentState, TaskState
from kuguan.orders.v1.orders_pb2 import OrderState, StockEffect

from bot.cards import DRAWINGS, draw
from bot.cards.facts import Facts, plus
from bot.chat.platform import Card, CardState, Change
from bot.storage.cards import CardRow
from deploy.previews.company import facts, order, row, task
from deploy.previews.samples import Sample, samples

REQUEST: dict[str, Any] = {
    "entry": "requisition",
    "sign": "-",
    "purpose": "投标",
    "amount": "¥90.00",
    "lines": [
        {
            "item": "BG-001",
            "warehouse": "ZC",
            "quantity": "5",
            "unit": "包",
            "base": "5",
            "base_unit": "包",
            "on_hand": "320",
            "available": "320",
            "short": "0",
        }
    ],
}
STOCK = {
    "stock": {"BG-001@ZC": {"on_hand": "320", "available": "315", "held_for_it": "5"}},
    "task": "LY1001-1",
}
PICKS: dict[str, Any] = {
    "lines": [
        {
            "item": "BG-001",
            "warehouse": "ZC",
            "quantity": "5",
            "unit": "包",
            "on_hand": "320",
            "short": "",
            "picks": [{"lot": "L1", "serial": "", "quantity": "5", "expiry": "2026-12-01"}],
        }
    ]
}


def actions(card: Card) -> list[str]:
    """What the buttons offer."""
    return [button.action for button in card.buttons]


def values(card: Card) -> dict[str, str]:
    """The rows of a card."""
    return {line.label: line.value for line in card.lines}


def test_the_confirm_card_says_the_effect_in_numbers() -> None:
    card = draw(row("request", "zhangsan", REQUEST), facts("zhangsan"))
    assert values(card)["A4打印纸"] == "−5 包:现存 320 → 315"
    assert card.lines[0].change == Change("320", "315")
    assert values(card)["仓库"] == "主仓"
    assert actions(card) == ["confirm", "cancel"]


def test_a_short_line_cannot_be_confirmed_and_offers_what_is_there() -> None:
    short = {**REQUEST["lines"][0], "available": "3", "short": "2"}
    card = draw(row("request", "zhangsan", {**REQUEST, "lines": [short]}), facts("zhangsan"))
    assert actions(card) == ["choose_1", "cancel"]
    assert card.buttons[0].label == "改为 3 包"
    assert "缺 2 包" in values(card)["A4打印纸"]


def test_nothing_left_offers_only_to_cancel() -> None:
    gone = {**REQUEST["lines"][0], "available": "0", "short": "5"}
    card = draw(row("request", "zhangsan", {**REQUEST, "lines": [gone]}), facts("zhangsan"))
    assert actions(card) == ["cancel"]


def test_a_pack_is_shown_beside_its_base_units() -> None:
    packs = {**REQUEST["lines"][0], "quantity": "2", "unit": "箱", "base": "16"}
    card = draw(row("request", "zhangsan", {**REQUEST, "lines": [packs]}), facts("zhangsan"))
    assert values(card)["A4打印纸"] == "−16 包:现存 320 → 304(= 2 箱)"


def test_the_approval_card_shows_facts_effect_and_why_it_came() -> None:
    card = draw(row("approval", "lixia", STOCK), facts("lixia", order=order(), task=task()))
    assert card.state is CardState.OPEN
    assert actions(card) == ["approve", "reject"]
    held = "已为本单占用 5 包 · 可用(现在) 315 包"
    assert values(card)["A4打印纸"] == f"−5 包:现存 320 → 315 · {held}"
    assert values(card)["为什么找您"] == "您是申请人的主管(由主管审批)"
    assert values(card)["参考金额"] == "¥90.00"
    assert "同意 1001" in card.fallback
    assert [button.asks for button in card.buttons] == ["", "拒绝原因(可不填)"]


def test_the_last_goods_are_no_shortage_for_the_request_that_holds_them() -> None:
    last = {
        "stock": {"BG-001@ZC": {"on_hand": "5", "available": "0", "held_for_it": "5"}},
        "task": "LY1001-1",
    }
    card = draw(row("approval", "lixia", last), facts("lixia", order=order(), task=task()))
    assert "已为本单占用 5 包" in values(card)["A4打印纸"]


@pytest.mark.parametrize("kind", ["approval", "hand_over", "withdrawal"])
def test_an_older_copy_offers_nothing_but_shows_in_the_end_what_became_of_it(kind: str) -> None:
    state = OrderState.ORDER_STATE_PENDING_APPROVAL if kind == "approval" else OrderState.ORDER_STATE_APPROVED
    data = {"approval": STOCK, "hand_over": PICKS}.get(kind, {})
    older = row(kind, "lixia", data, "superseded")
    card = draw(older, facts("lixia", order=order(state), task=task()))
    assert (card.state, card.buttons) == (CardState.CLOSED, ())
    assert card.stamp == "请看下面较新的同一张卡片"
    ended = task(TaskState.TASK_STATE_GRANTED, part=AssignmentState.ASSIGNMENT_STATE_APPROVED)
    card = draw(older, facts("lixia", order=order(OrderState.ORDER_STATE_FULFILLED), task=ended))
    assert "已发料" in card.stamp


def test_a_list_that_was_cut_offers_more_once() -> None:
    page = {"title": "我的单据", "subtitle": "共 23 张", "lines": [["a", "b"]], "more": 1013}
    assert actions(draw(row("sheet", "zhangsan", page), facts("zhangsan"))) == ["more"]
    assert actions(draw(row("sheet", "zhangsan", page, "shown"), facts("zhangsan"))) == []
    rest = {"after": 1010, "count": 13}
    assert actions(draw(row("waiting", "lixia", rest), facts("lixia"))) == ["more"]
    assert actions(draw(row("waiting", "lixia", rest, "shown"), facts("lixia"))) == []


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (TaskState.TASK_STATE_GRANTED, CardState.DONE),
        (TaskState.TASK_STATE_REFUSED, CardState.REFUSED),
        (TaskState.TASK_STATE_WITHDRAWN, CardState.CLOSED),
    ],
)
def test_a_decided_approval_offers_nothing_and_says_how_it_ended(state: TaskState, shown: CardState) -> None:
    decided = task(state, part=AssignmentState.ASSIGNMENT_STATE_APPROVED)
    card = draw(row("approval", "lixia", STOCK), facts("lixia", order=order(), task=decided))
    assert card.state is shown
    assert card.stamp
    assert not card.buttons


def test_a_copy_of_somebody_who_was_not_needed_is_closed() -> None:
    closed = task(part=AssignmentState.ASSIGNMENT_STATE_CLOSED)
    card = draw(row("approval", "lixia", STOCK), facts("lixia", order=order(), task=closed))
    assert card.state is CardState.CLOSED
    assert not card.buttons


def test_a_delegate_reads_in_whose_place_they_decide() -> None:
    open_task = task()
    open_task.steps[0].assignments[0].delegates.append("zhaoliu")
    card = draw(row("approval", "zhaoliu", STOCK), facts("zhaoliu", order=order(), task=open_task))
    assert values(card)["为什么找您"] == "李霞 委托您代为审批"
    assert actions(card) == ["approve", "reject"]


def test_whoever_stands_in_no_more_gets_no_buttons() -> None:
    card = draw(row("approval", "zhaoliu", STOCK), facts("zhaoliu", order=order(), task=task()))
    assert (card.state, actions(card)) == (CardState.CLOSED, [])


def test_one_item_in_two_warehouses_has_the_effect_of_each() -> None:
    both, asked = order(), task()
    both.lines.add().CopyFrom(both.lines[0])
    both.lines[1].warehouse, both.lines[1].base_quantity.value = "BC", "70"
    asked.lines.add().CopyFrom(asked.lines[0])
    asked.lines[1].warehouse, asked.lines[1].quantity.value.value = "BC", "70"
    places = {place: {"on_hand": "100", "available": "100"} for place in ("BG-001@ZC", "BG-001@BC")}
    card = draw(row("approval", "lixia", {**STOCK, "stock": places}), facts("lixia", order=both, task=asked))
    effects = [line.value for line in card.lines if line.label == "A4打印纸"]
    assert [effect.partition(" · ")[0] for effect in effects] == [
        "−5 包:现存 100 → 95",
        "−70 包:现存 100 → 30",
    ]


def test_the_status_card_waits_for_somebody_by_name() -> None:
    card = draw(row("order", "zhangsan"), facts("zhangsan", order=order(), task=task()))
    assert values(card)["等待"] == "李霞"
    assert actions(card) == ["remind", "withdraw"]
    assert card.state is CardState.PROCESSING


@pytest.mark.parametrize("state", OrderState.values())
def test_every_order_state_has_words_and_a_card_state(state: OrderState) -> None:
    if state == OrderState.ORDER_STATE_UNSPECIFIED:
        return
    for language in ("zh", "en"):
        card = draw(row("order", "zhangsan"), facts("zhangsan", language, order=order(state), task=task()))
        ended = state not in (
            OrderState.ORDER_STATE_PENDING_APPROVAL,
            OrderState.ORDER_STATE_APPROVED,
            OrderState.ORDER_STATE_PARTLY_FULFILLED,
        )
        assert (card.state is not CardState.PROCESSING) is ended
        assert bool(card.stamp) is (state != OrderState.ORDER_STATE_PENDING_APPROVAL)
        assert not (ended and card.buttons)


def test_a_shortage_shows_beside_the_state() -> None:
    short = order(OrderState.ORDER_STATE_APPROVED)
    short.lines[0].short.value = "2"
    card = draw(row("order", "zhangsan"), facts("zhangsan", order=short, task=task()))
    assert values(card)["A4打印纸"] == "5 包 · 缺 2 包"


def test_the_hand_over_card_names_lots_with_their_last_day() -> None:
    approved = order(OrderState.ORDER_STATE_APPROVED)
    card = draw(row("hand_over", "zhaoliu", PICKS), facts("zhaoliu", order=approved))
    assert card.groups[0].title == "A4打印纸 · 主仓"
    assert [line.value for line in card.groups[0].lines] == [
        "−5 包:现存 320 → 315",
        "L1 · 5 包 · 有效期至 2026-12-01",
    ]
    assert actions(card) == ["hand_over"]


def test_a_return_is_taken_back_not_handed_over() -> None:
    returned = order(
        OrderState.ORDER_STATE_APPROVED, stock_effect=StockEffect.STOCK_EFFECT_RECEIVE, kind="return_to_stock"
    )
    data = {**PICKS, "receiving": True}
    card = draw(row("hand_over", "zhaoliu", data), facts("zhaoliu", order=returned))
    assert card.buttons[0].label == "收料"
    assert card.groups[0].lines[0].value == "+5 包:现存 320 → 325"


def test_the_keeper_who_tapped_sees_it_done_before_the_order_has_heard() -> None:
    approved = order(OrderState.ORDER_STATE_APPROVED)
    card = draw(row("hand_over", "zhaoliu", PICKS, "handed_over"), facts("zhaoliu", order=approved))
    assert (card.state, card.stamp, card.buttons) == (CardState.DONE, "已发料", ())


def every_card(language: str) -> list[tuple[CardRow, Facts]]:
    """One card of each kind."""
    first: dict[str, Sample] = {}
    for sample in samples(language):
        first.setdefault(sample.row.kind, sample)
    return [(sample.row, sample.facts) for sample in first.values()]


def test_every_kind_is_drawn_here() -> None:
    assert {card.kind for card, _ in every_card("zh")} == set(DRAWINGS)


@pytest.mark.parametrize("sample", samples("en"), ids=lambda sample: sample.name)
def test_english_cards_hold_no_chinese(sample: Sample) -> None:
    card = sample.card
    said = [card.title, card.subtitle, card.stamp, card.fallback, card.typed]
    said += [button.label for button in card.buttons]
    rows = [*card.lines, *(line for group in card.groups for line in group.lines)]
    said += [group.title for group in card.groups] + [group.note for group in card.groups]
    said += [part for line in rows for part in (line.label, line.value)]
    assert [text for text in said if re.search(r"[㐀-鿿]", text)] == []


def test_a_card_about_something_gone_says_so() -> None:
    for kind in ("approval", "order", "hand_over", "withdrawal"):
        card = draw(row(kind, "zhangsan"), facts("zhangsan"))
        assert card.state is CardState.CLOSED
        assert not card.buttons


@pytest.mark.parametrize(
    ("left", "right", "total"), [("320", "-5", "315"), ("1.5", "0.25", "1.75"), ("0", "-0.5", "-0.5")]
)
def test_sums_are_exact(left: str, right: str, total: str) -> None:
    assert plus(left, right) == total
