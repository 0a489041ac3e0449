"""Samples of sheets: figures that were asked for, worded as the bot's commands word them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.storage.cards import CardRow
from bot.texts import Words
from deploy.previews.company import at, company, row

_SHORTCUTS = ("stock", "issue", "return", "approvals", "orders")
_ENTRIES = (
    ("requisition_issue", "-5", "315", "LY1001", 6),
    ("return_to_stock", "2", "320", "TL998", 5),
    ("sample_issue", "-40", "318", "YP997", 3),
    ("opening", "358", "358", "QC1", 1),
)
_ORDERS = ("APPROVED", "PENDING_APPROVAL", "FULFILLED", "REJECTED", "CANCELLED")


def every_sheet(words: Words) -> Mapping[str, CardRow]:
    """Each sheet under its name."""
    data = {
        "sheet-help": _table(words("help.title"), _help(words)),
        "sheet-stock-by-place": _stock_by_place(words),
        "sheet-stock-of-several": _table(words("stock.items_title"), _stock(words)),
        "sheet-low-stock": {
            **_table(words("low.title"), _low(words)),
            "subtitle": words("low.more", count=20),
        },
        "sheet-ledger": _table(words("history.title", item=_name(words, "BG-001")), _ledger(words)),
        "sheet-my-orders": _my_orders(words),
    }
    found = {name: row("sheet", "zhangsan", one) for name, one in data.items()}
    rest = {"after": 1010, "count": 13}
    return {
        **found,
        "waiting-open": row("waiting", "zhangsan", rest),
        "waiting-shown": row("waiting", "zhangsan", rest, "shown"),
    }


def _table(title: str, lines: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {"title": title, "lines": lines}


def _name(words: Words, item: str) -> str:
    return company().item_name(item, words.language)


def _help(words: Words) -> list[list[str]]:
    return [[words(f"help.{name}"), words(f"help.{name}_example")] for name in _SHORTCUTS]


def _figures(words: Words, unit: str, available: str, on_hand: str, reserved: str) -> str:
    said = words.amount(available, unit)
    return words("stock.place", available=said, on_hand=on_hand, reserved=reserved)


def _stock_by_place(words: Words) -> dict[str, Any]:
    lot, total = words("label.lot"), words("label.total")
    lots = [
        [f"{lot} L2603", words("stock.lot", quantity=words.amount("720", "杯"), day="2026-12-01")],
        [f"{lot} L2511", words("stock.lot_expired", quantity=words.amount("24", "杯"), day="2026-11-20")],
    ]
    held = words(
        "stock.place_held", available=words.amount("720", "杯"), on_hand="744", reserved="0", held="24"
    )
    main, cold = (company().warehouse_name(code, words.language) for code in ("ZC", "LK"))
    return {
        "title": words("stock.title", item=_name(words, "SP-007")),
        "subtitle": "SP-007",
        "groups": [{"title": cold, "lines": [[total, held], *lots]}],
        "lines": [
            [main, _figures(words, "杯", "48", "48", "0")],
            [total, _figures(words, "杯", "768", "792", "0")],
        ],
    }


def _stock(words: Words) -> list[list[str]]:
    figures = (("BG-001", "包", "315", "320", "5"), ("BG-014", "盒", "42", "42", "0"))
    return [[_name(words, item), _figures(words, *rest)] for item, *rest in figures]


def _low(words: Words) -> list[list[str]]:
    figures = (("IT-002", "个", "6", "10"), ("BG-014", "盒", "12", "20"), ("WL-031", "套", "0", "2"))
    lines = []
    for item, unit, available, point in figures:
        said = {"available": words.amount(available, unit), "point": words.amount(point, unit)}
        lines.append([_name(words, item), words("low.line", **said)])
    return lines


def _ledger(words: Words) -> list[list[str]]:
    counterpart = {"zh": "行政部", "en": "Office"}[words.language]
    lines = []
    for movement, quantity, after, document, hour in _ENTRIES:
        signed = quantity.replace("-", "−") if quantity.startswith("-") else f"+{quantity}"
        said = words(
            "history.line",
            quantity=words.amount(signed, "包"),
            after=words.amount(after, "包"),
            document=document,
            counterpart=counterpart if document != "QC1" else "",
        )
        lines.append([f"{words.day_clock(at(hour, 5))} {words(f'movement.{movement}')}", said.strip()])
    return lines


def _my_orders(words: Words) -> dict[str, Any]:
    kind, paper = words("kind.requisition"), _name(words, "BG-001")
    lines = []
    for number, state in zip(range(1023, 1013, -1), _ORDERS * 2, strict=True):
        items = f"{paper} {words.amount(str(number % 7 + 1), '包')}"
        said = words("order.list_line", state=words(f"state.ORDER_STATE_{state}"), items=items)
        lines.append([f"{kind} LY{number}", said])
    subtitle = words("order.list_some", first=1, last=10, count=23)
    return {"title": words("order.list_title"), "subtitle": subtitle, "lines": lines, "more": 1014}
