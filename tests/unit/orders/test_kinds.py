"""Order kinds are data: the declarations and the contract say the same, and no code knows a kind by name."""

import ast
from pathlib import Path

from kuguan.orders.v1.orders_pb2 import CreateOrderRequest, Order

import services.orders
from services.orders.domain.kinds import KIND_BY_ENTRY, KIND_BY_NAME, KINDS, StockEffect
from services.orders.messages import order_message
from tests.unit.orders.samples import order

ROOM = Path(str(services.orders.__file__)).parent


def test_every_entry_of_the_contract_has_its_kind() -> None:
    entries = [field.name for field in CreateOrderRequest.DESCRIPTOR.oneofs_by_name["entry"].fields]
    assert sorted(entries) == sorted(KIND_BY_ENTRY)
    # Approvals takes the names of kinds from the contract.
    assert sorted(entries) == sorted(KIND_BY_NAME)


def test_every_entry_says_its_purpose() -> None:
    for field in CreateOrderRequest.DESCRIPTOR.oneofs_by_name["entry"].fields:
        assert field.message_type is not None
        assert "purpose" in field.message_type.fields_by_name, field.name


def test_names_prefixes_and_movements_are_never_shared() -> None:
    for values in (
        [kind.name for kind in KINDS],
        [kind.prefix for kind in KINDS],
        [kind.entry for kind in KINDS],
        [kind.movement for kind in KINDS],
        [kind.name_zh for kind in KINDS],
    ):
        assert len(set(values)) == len(KINDS)


def test_prefixes_are_two_capital_letters() -> None:
    assert all(kind.prefix.isascii() and kind.prefix.isupper() and len(kind.prefix) == 2 for kind in KINDS)


def test_stock_is_held_only_for_goods_that_leave() -> None:
    assert all(kind.stock_effect is StockEffect.ISSUE for kind in KINDS if kind.holds_stock)


def test_no_code_outside_the_declarations_knows_a_kind() -> None:
    words = set(KIND_BY_NAME) | {kind.prefix for kind in KINDS} | {kind.movement for kind in KINDS}
    found = [
        f"{path.name}:{node.lineno} {node.value}"
        for path in ROOM.rglob("*.py")
        if path.name != "kinds.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in words
    ]
    assert found == []


def test_no_request_carries_a_kind_that_could_be_changed() -> None:
    assert {field.name for field in CreateOrderRequest.DESCRIPTOR.fields} == {
        "request_id",
        "lines",
        *KIND_BY_ENTRY,
    }


def test_an_order_message_says_what_its_kind_declares() -> None:
    for kind in KINDS:
        message = order_message(order(kind=kind.name))
        assert message.name == f"{kind.prefix}1001"
        assert (message.kind, message.movement) == (kind.name, kind.movement)
        assert message.holds_stock is kind.holds_stock
        assert message.counterpart == {"department": "行政部", "purpose": "投标"}[kind.counterpart.value]
        assert isinstance(message, Order)
