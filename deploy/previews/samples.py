"""One card of every kind in every state that matters, as the bot draws it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1.approvals_pb2 import Assignment, AssignmentState, StepMode, Task, TaskState, TaskStep
from kuguan.orders.v1.orders_pb2 import Order, OrderState, StockEffect
from kuguan.type.v1.quantity_pb2 import Quantity

from bot.cards import draw
from bot.cards.facts import Facts
from bot.chat.platform import Card
from bot.storage.cards import CardRow
from deploy.previews import sheets
from deploy.previews.company import facts, order, order_line, row, task, task_line
from services.kit import wire

LANGUAGES = ("zh", "en")

_STATES = {
    "pending": OrderState.ORDER_STATE_PENDING_APPROVAL,
    "approved": OrderState.ORDER_STATE_APPROVED,
    "partly": OrderState.ORDER_STATE_PARTLY_FULFILLED,
    "fulfilled": OrderState.ORDER_STATE_FULFILLED,
    "rejected": OrderState.ORDER_STATE_REJECTED,
    "cancelled": OrderState.ORDER_STATE_CANCELLED,
    "expired": OrderState.ORDER_STATE_EXPIRED,
}
_AGREED = AssignmentState.ASSIGNMENT_STATE_APPROVED
_REFUSED = AssignmentState.ASSIGNMENT_STATE_REFUSED
_CLOSED = AssignmentState.ASSIGNMENT_STATE_CLOSED


@dataclass(frozen=True, slots=True)
class Sample:
    """A card under a name such as "approval-open", with what it is drawn from."""

    name: str
    row: CardRow
    facts: Facts

    @property
    def card(self) -> Card:
        """The card as every channel gets it."""
        return draw(self.row, self.facts)


def samples(language: str) -> Sequence[Sample]:
    """All samples in a language, in the order of a request's life."""
    said = _SAID[language]
    rooms = (_requests, _choices, _approvals, _hand_overs, _orders, _accounts)
    found = [Sample(name, *one) for room in rooms for name, one in room(said, language).items()]
    asked = facts("zhangsan", language)
    found += [Sample(name, shown, asked) for name, shown in sheets.every_sheet(asked.words).items()]
    return found


_Room = Mapping[str, tuple[CardRow, Facts]]
_SAID: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "department": "行政部",
        "purpose": "投标",
        "changed": "「5月8日前送到前台」我不能自动安排,会写在单据上给审批人和库管看。",
        "word": "纸",
        "long": "华东区经销商大会布展与签到(备注:5月8日前送到会展中心 3 号馆 B12 展位,联系人王芳,需要发票)",
        "because": "超出本月预算",
        "why_not": "没有送来",
        "why_back": "买错了",
        "account": "三儿",
    },
    "en": {
        "department": "Office",
        "purpose": "tender",
        "changed": 'I cannot arrange "to the front desk by 8 May" myself; it is written on the request.',
        "word": "paper",
        "long": "Stand and reception at the dealers' meeting (note: deliver to hall 3, stand B12,"
        " before 8 May; ask for Wang Fang; an invoice is needed)",
        "because": "over this month's budget",
        "why_not": "never brought",
        "why_back": "bought by mistake",
        "account": "Sunny",
    },
}


# ---------------------------------------------------------------- what a request will do


def wanted(item: str, base: str, base_unit: str, on_hand: str, **changes: str) -> dict[str, str]:
    """A line of a request, as the confirm card keeps it."""
    return {
        "item": item,
        "warehouse": "ZC",
        "quantity": base,
        "unit": base_unit,
        "base": base,
        "base_unit": base_unit,
        "on_hand": on_hand,
        "available": on_hand,
        "short": "0",
        **changes,
    }


def asked_for(*lines: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """What the confirm card of a requisition remembers."""
    return {"entry": "requisition", "sign": "-", "amount": "¥90.00", "lines": list(lines), **changes}


def _requests(said: Mapping[str, str], language: str) -> _Room:
    asked = facts("zhangsan", language)
    purpose = said["purpose"]
    paper = wanted("BG-001", "5", "包", "320")
    cartons = wanted("BG-001", "16", "包", "320", quantity="2", unit="箱")
    pens = wanted("BG-014", "3", "盒", "42")
    mice = wanted("IT-002", "10", "个", "6", short="4", available="6")
    gone = wanted("IT-002", "10", "个", "0", short="10", available="0")
    brought = asked_for(paper, entry="return_to_stock", sign="", amount="")
    data = {
        "request-open": asked_for(paper, purpose=purpose),
        "request-two-lines": asked_for(
            cartons, pens, purpose=said["long"], amount="¥366.00", notes=[said["changed"]]
        ),
        "request-changed": asked_for(paper, purpose=purpose, changed=True),
        "request-return": brought,
        "request-return-unrecorded": asked_for(
            {**paper, "unrecorded": "yes"}, entry="return_to_stock", sign="", purpose=said["why_back"]
        ),
        "request-return-too-much": asked_for(
            mice, entry="return_to_stock", sign="", purpose=said["why_back"]
        ),
        "request-short": asked_for(mice, purpose=purpose, amount="¥790.00"),
        "request-nothing-left": asked_for(gone, purpose=purpose, amount="¥790.00"),
    }
    found = {name: (row("request", "zhangsan", one), asked) for name, one in data.items()}
    ended = row("request", "zhangsan", asked_for(paper, purpose=purpose), "cancelled")
    corrected = row("request", "zhangsan", asked_for(paper, purpose=purpose), "corrected")
    return {**found, "request-cancelled": (ended, asked), "request-corrected": (corrected, asked)}


def _choices(said: Mapping[str, str], language: str) -> _Room:
    asked = facts("zhangsan", language)
    two = {"word": said["word"], "candidates": ["BG-001", "BG-014"]}
    five = {**two, "candidates": list(asked.company.items), "vague": True}
    return {
        "choice-open": (row("choice", "zhangsan", two), asked),
        "choice-of-five": (row("choice", "zhangsan", five), asked),
        "choice-cancelled": (row("choice", "zhangsan", two, "cancelled"), asked),
    }


# ---------------------------------------------------------------- who decides


def stock_of(item: str, on_hand: str, available: str, held: str) -> dict[str, Any]:
    """The figures that an approval card keeps of one item."""
    return {f"{item}@ZC": {"on_hand": on_hand, "available": available, "held_for_it": held}}


def _approvals(said: Mapping[str, str], language: str) -> _Room:
    figures = {"stock": stock_of("BG-001", "320", "315", "5"), "task": "LY1001-1"}
    about: dict[str, Any] = {"department": said["department"], "purpose": said["purpose"]}
    placed = order(**about)

    def card(task_now: Task, state: str = "open", order_now: Order = placed, person: str = "lixia") -> Any:
        seen = facts(person, language, order=order_now, task=task_now)
        return row("approval", person, figures, state), seen

    delegated = task(**about)
    delegated.steps[0].assignments[0].delegates.append("zhaoliu")
    two_steps = task(part=_AGREED, **about)
    two_steps.steps.append(_second_step())
    done = order(OrderState.ORDER_STATE_FULFILLED, **about)
    return {
        "approval-open": card(task(**about)),
        "approval-delegate": card(delegated, person="zhaoliu"),
        "approval-long": _long_approval(said, language),
        "approval-you-agreed": card(two_steps),
        "approval-granted": card(task(TaskState.TASK_STATE_GRANTED, part=_AGREED, **about), order_now=done),
        "approval-refused": card(task(TaskState.TASK_STATE_REFUSED, part=_REFUSED, **about)),
        "approval-withdrawn": card(task(TaskState.TASK_STATE_WITHDRAWN, part=_CLOSED, **about)),
        "approval-not-needed": card(task(part=_CLOSED, **about)),
        "approval-newer-copy": card(task(**about), "superseded"),
    }


def _second_step() -> TaskStep:
    waits = AssignmentState.ASSIGNMENT_STATE_ACTIVE
    return TaskStep(
        title="finance",
        mode=StepMode.STEP_MODE_ANY,
        assignments=[Assignment(person="zhaoliu", why="role:finance", state=waits)],
    )


def _long_approval(said: Mapping[str, str], language: str) -> tuple[CardRow, Facts]:
    """Five lines, one of them with a long name, and a long purpose."""
    wants = (
        ("BG-001", "160", "包", "320", 2_880),
        ("BG-014", "24", "盒", "42", 432),
        ("IT-002", "6", "个", "6", 474),
        ("SP-007", "480", "杯", "1200", 1_680),
        ("WL-031", "2", "套", "9", 1_960),
    )
    lines = [
        order_line(number, item, quantity, unit, yuan * 1_000_000)
        for number, (item, quantity, unit, _, yuan) in enumerate(wants, 1)
    ]
    about: dict[str, Any] = {
        "department": said["department"],
        "purpose": said["long"],
        "amount": wire.money(7_426_000_000),
    }
    stock: dict[str, Any] = {}
    for item, quantity, _, on_hand, _ in wants:
        stock |= stock_of(item, on_hand, str(int(on_hand) - int(quantity)), quantity)
    asked = task(
        lines=[task_line(item, quantity, unit, yuan * 1_000_000) for item, quantity, unit, _, yuan in wants],
        rule_title="2000 元以上的领用,由主管和财务审批",
        rule_title_en="Requisitions above 2,000 yuan: manager and finance decide",
        **about,
    )
    asked.steps[0].assignments[0].why = "role:manager"
    seen = facts("lixia", language, order=order(lines=lines, **about), task=asked)
    return row("approval", "lixia", {"stock": stock, "task": "LY1001-1"}), seen


# ---------------------------------------------------------------- what the keeper does


def pick(lot: str, quantity: str, expiry: str = "", serial: str = "") -> dict[str, str]:
    """What to take from where."""
    return {"lot": lot, "serial": serial, "quantity": quantity, "expiry": expiry}


def handed(item: str, quantity: str, unit: str, on_hand: str, *picks: Any, **changes: str) -> dict[str, Any]:
    """A line of a hand-over with its picks."""
    line = {"item": item, "warehouse": "ZC", "quantity": quantity, "unit": unit, "on_hand": on_hand}
    return {**line, "short": "", "picks": list(picks), **changes}


def _hand_overs(said: Mapping[str, str], language: str) -> _Room:
    about: dict[str, Any] = {"department": said["department"], "purpose": said["purpose"]}
    approved = order(OrderState.ORDER_STATE_APPROVED, **about)
    returned = order(
        OrderState.ORDER_STATE_APPROVED,
        name="TL1002",
        number=1002,
        kind="return_to_stock",
        stock_effect=StockEffect.STOCK_EFFECT_RECEIVE,
        **about,
    )
    closed = Order.FromString(returned.SerializeToString())
    closed.state = OrderState.ORDER_STATE_CANCELLED
    closed.outcome_person, closed.outcome_reason = "zhaoliu", said["why_not"]
    returned.lines[0].unrecorded.value = "2"
    paper = handed("BG-001", "5", "包", "320")
    lots = handed(
        "SP-007",
        "480",
        "杯",
        "1200",
        pick("L2603", "360", "2026-12-01"),
        pick("L2604", "120", "2026-12-09"),
        warehouse="LK",
    )
    mice = handed(
        "IT-002", "2", "个", "6", *(pick("", "1", serial=f"SN-{number}") for number in (40771, 40772))
    )
    short = handed("BG-014", "2", "盒", "2", short="1")

    def card(known: Order, *lines: Mapping[str, Any], state: str = "open") -> tuple[CardRow, Facts]:
        data = {"lines": list(lines)}
        return row("hand_over", "zhaoliu", data, state), facts("zhaoliu", language, order=known)

    return {
        "hand-over-open": card(approved, paper),
        "hand-over-lots-and-serials": card(approved, lots, mice),
        "hand-over-short": card(approved, paper, short),
        "hand-over-done": card(approved, paper, state="handed_over"),
        "hand-over-return": card(returned, paper),
        "hand-over-return-closed": card(closed, paper, state="closed"),
    }


# ---------------------------------------------------------------- how far it is


def _orders(said: Mapping[str, str], language: str) -> _Room:
    about: dict[str, Any] = {"department": said["department"], "purpose": said["purpose"]}
    found = {}
    for name, state in _STATES.items():
        known = order(state, **about)
        decided = task(**about)
        if name != "pending":
            part = _REFUSED if name == "rejected" else _AGREED
            decided = task(TaskState.TASK_STATE_GRANTED, part=part, **about)
        if name == "partly":
            known.lines[0].fulfilled.value, known.lines[0].short.value = "3", "2"
        if name == "rejected":
            known.outcome_person, known.outcome_reason = "lixia", said["because"]
        if name == "expired":
            known.outcome_reason = "NOT_FULFILLED_IN_TIME"
        seen = facts("zhangsan", language, order=known, task=decided)
        found[f"order-{name}"] = (row("order", "zhangsan"), seen)
    cartons = order(OrderState.ORDER_STATE_APPROVED, **about)
    cartons.lines[0].quantity.CopyFrom(Quantity(value=Decimal(value="2"), unit="箱"))
    cartons.lines[0].base_quantity.value, cartons.lines[0].short.value = "16", "4"
    asked = facts("zhangsan", language, order=order(OrderState.ORDER_STATE_APPROVED, **about))
    return {
        **found,
        "order-short": (row("order", "zhangsan"), facts("zhangsan", language, order=cartons)),
        "order-unknown": (row("order", "zhangsan"), facts("zhangsan", language)),
        "withdrawal-open": (row("withdrawal", "zhangsan"), asked),
        "withdrawal-kept": (row("withdrawal", "zhangsan", state="cancelled"), asked),
    }


# ---------------------------------------------------------------- accounts


def _accounts(said: Mapping[str, str], language: str) -> _Room:
    asked = facts("zhangsan", language)
    feishu = {"platform": "feishu", "tenant": "t", "user_id": "ou_7d8a6e6df7621556ce0d21922b676706"}
    wecom = {"platform": "wecom", "tenant": "ww1", "user_id": "ZhangSan", "name": said["account"]}
    one, several = {**feishu, "name": "", "person": "zhangsan"}, {"accounts": [feishu, wecom]}
    gone = {**several, "unbound": wecom}
    lent = {"to": "lixia", "until": "2026-05-08"}
    one_lent = {**lent, "name": "d1", "from": "zhangsan"}
    both = {"lent": [one_lent], "borrowed": [{**lent, "name": "d2", "from": "lixia", "to": "zhangsan"}]}
    ended = {"lent": [{**one_lent, "ended": True}], "borrowed": []}
    return {
        "binding-open": (row("binding", "zhangsan", one), asked),
        "binding-done": (row("binding", "zhangsan", one, "done"), asked),
        "unbinding-open": (row("unbinding", "zhangsan", several), asked),
        "delegation-open": (row("delegation", "zhangsan", lent), asked),
        "delegation-done": (row("delegation", "zhangsan", lent, "done"), asked),
        "delegations-open": (row("delegations", "zhangsan", both), asked),
        "delegations-done": (row("delegations", "zhangsan", ended, "done"), asked),
        "unbinding-done": (row("unbinding", "zhangsan", gone, "done"), asked),
    }
