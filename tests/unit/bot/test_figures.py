"""What was carried out is shown as the ledger tells it."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1.orders_pb2 import OrderState
from kuguan.stock.v1.stock_pb2 import Entry

from bot.cards import draw
from bot.preparing import carried_out
from deploy.previews.company import facts, order, row

DRAWN = {
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


def entry(sequence: int, quantity: str, after: str, lot: str = "", second: int = 1) -> Entry:
    """A ledger entry of paper in the main warehouse."""
    return Entry(
        sequence=sequence,
        item="BG-001",
        warehouse="ZC",
        lot=lot,
        quantity=Decimal(value=quantity),
        unit="包",
        on_hand_after=Decimal(value=after),
        record_time=Timestamp(seconds=second),
    )


def test_the_final_card_shows_what_was_there_in_that_moment_not_when_it_was_drawn() -> None:
    drawn = row("hand_over", "zhaoliu", DRAWN, "handed_over")
    done = carried_out(drawn, [entry(7, "-3", "297", "L1"), entry(8, "-2", "295", "L2")])
    card = draw(done, facts("zhaoliu", order=order(OrderState.ORDER_STATE_FULFILLED)))
    assert [line.value for line in card.groups[0].lines] == [
        "−5 包:现存 300 → 295",
        "L1 · 3 包 · 有效期至 2026-12-01",
        "L2 · 2 包",
    ]


def test_two_hand_overs_of_one_order_are_two_lines() -> None:
    done = carried_out(
        row("hand_over", "zhaoliu", DRAWN), [entry(7, "-3", "297"), entry(9, "-2", "100", second=9)]
    )
    told = [(line["on_hand"], line["quantity"]) for line in done.data["lines"]]
    assert told == [("300", "3"), ("102", "2")]


def test_goods_that_came_back_rise() -> None:
    done = carried_out(row("hand_over", "zhaoliu", DRAWN), [entry(7, "2", "302")])
    assert (done.data["lines"][0]["on_hand"], done.data["lines"][0]["quantity"]) == ("300", "2")


def test_where_nothing_moved_the_card_stays_as_it_was() -> None:
    drawn = row("hand_over", "zhaoliu", DRAWN)
    assert carried_out(drawn, []) == drawn
