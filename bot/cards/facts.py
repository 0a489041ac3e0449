"""What a card is drawn from besides its row: names, the newest snapshots, and the person's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kuguan.approvals.v1.approvals_pb2 import AssignmentState, Task
from kuguan.orders.v1.orders_pb2 import Order, OrderState, StockEffect

from bot.chat.platform import Change, Line
from bot.company import Company
from bot.texts import Words
from services.kit.quantity import decimal_text, parse_fraction, to_scale

PENDING = (OrderState.ORDER_STATE_PENDING_APPROVAL,)
AT_WORK = (OrderState.ORDER_STATE_APPROVED, OrderState.ORDER_STATE_PARTLY_FULFILLED)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a drawing may look at."""

    words: Words
    company: Company
    person: str
    order: Order | None = None
    task: Task | None = None

    def item(self, code: str) -> str:
        """The item's name in the person's language."""
        return self.company.item_name(code, self.words.language)

    def warehouse(self, code: str) -> str:
        """The warehouse's name in the person's language."""
        return self.company.warehouse_name(code, self.words.language)

    def who(self, person: str) -> str:
        """A person's name in the person's language; "you" for themselves."""
        if person == self.person:
            return self.words("you")
        return self.company.person_name(person, self.words.language)

    def kind(self, kind: str) -> str:
        """The words for an order kind."""
        key = f"kind.{kind}"
        return self.words(key) if self.words.has(key) else kind

    def state(self, state: str) -> str:
        """The words for an order's state, by its name in the contract with or without prefix."""
        key = f"state.ORDER_STATE_{state.removeprefix('ORDER_STATE_')}"
        return self.words(key) if self.words.has(key) else state

    def titled(self, order: Order) -> str:
        """An order as people call it, such as 领用 LY1027."""
        return f"{self.kind(order.kind)} {order.name}"


def effect_line(facts: Facts, item: str, delta: str, unit: str, on_hand: str, note: str = "") -> Line:
    """What happens to an item in numbers: "A4打印纸 −5 包:现存 320 → 315"."""
    after = plus(on_hand, delta)
    sign = "−" if delta.startswith("-") else "+"
    value = facts.words(
        "effect",
        change=sign + facts.words.amount(delta.lstrip("-"), unit),
        before=on_hand,
        after=after,
        note=note,
    )
    return Line(facts.item(item), value, Change(on_hand, after))


def plus(left: str, right: str) -> str:
    """The exact sum of two plain decimal texts."""
    total = to_scale(parse_fraction(left) + parse_fraction(right), 6, "")
    return decimal_text(total.scaled, 6)


def is_positive(text: str) -> bool:
    """Whether plain decimal text is above zero; empty text is not."""
    return bool(text) and parse_fraction(text) > 0


def sign_of(order: Order) -> str:
    """The sign with which an order's quantities enter the ledger."""
    return "" if order.stock_effect == StockEffect.STOCK_EFFECT_RECEIVE else "-"


def arrives(order: Order) -> bool:
    """Whether an order brings goods in."""
    return order.stock_effect == StockEffect.STOCK_EFFECT_RECEIVE


def deciders(facts: Facts) -> Sequence[str]:
    """Names of those who may decide now."""
    task = facts.task
    if task is None or task.current_step >= len(task.steps):
        return []
    step = task.steps[task.current_step]
    active = AssignmentState.ASSIGNMENT_STATE_ACTIVE
    return [facts.who(one.person) for one in step.assignments if one.state == active]
