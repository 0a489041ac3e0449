"""Sixty-four at once for the last five: exactly five get them, whichever way they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import grpc
import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal
from kuguan.approvals.v1 import access_pb2, access_pb2_grpc
from kuguan.stock.v1 import stock_pb2, stock_pb2_grpc
from kuguan.type.v1.quantity_pb2 import Quantity

from services.kit.ids import new_id
from services.kit.rpc import from_call_error
from tests.journey.person import Card
from tests.journey.system import System, eventually
from tests.journey.test_taps import at_once

CROWD = 64
LEFT = 5


@dataclass(frozen=True)
class Shop:
    """Another program of the company that promises goods to its own documents."""

    stub: stock_pb2_grpc.StockServiceStub
    token: str

    def reserve(self, document: str, item: str, quantity: str = "1", request_id: str = "") -> str:
        """Reserve in the main warehouse; answers with the refusal's reason, or nothing."""
        line = stock_pb2.ReserveLine(
            line=1, item=item, warehouse="ZC", quantity=Quantity(value=WireDecimal(value=quantity))
        )
        request = stock_pb2.ReserveRequest(
            request_id=request_id or new_id(), document=document, lines=[line], hold_seconds=3600
        )
        metadata = (("authorization", f"Bearer {self.token}"),)
        try:
            self.stub.Reserve(request, timeout=30, metadata=metadata)
        except grpc.RpcError as error:
            told = from_call_error(error)  # type: ignore[arg-type]
            return told.reason
        return ""


@pytest.fixture(scope="module")
def crowd(system: System, tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """Sixty-four more people of the company, and two items of which there are five each."""
    folder = tmp_path_factory.mktemp("crowd")
    people = [f"visitor{number:02}" for number in range(1, CROWD + 1)]
    rows = [f"{one},访客{number:02},展览部,employee,lixia" for number, one in enumerate(people, 1)]
    tables = {
        "people": ["id,name,department,roles,manager", *rows],
        "items": [
            "code,name,unit,category,cost",
            "ZL-001,荧光板擦,个,展览用品,3",
            "ZL-002,铜质镇纸,个,展览用品,4",
        ],
        "opening-stock": ["item,warehouse,quantity", f"ZL-001,ZC,{LEFT}", f"ZL-002,ZC,{LEFT}"],
    }
    for kind, lines in tables.items():
        path = folder / f"{kind}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        _import(system, kind, path)
    known = system.person("zhangsan")
    for sentence, code in (("荧光板擦 库存", "ZL-001"), ("铜质镇纸 库存", "ZL-002")):
        eventually(
            lambda: known.meaning(sentence)["expect"].get("items") == [code],  # noqa: B023
            f"{code} is known to the bot",
        )
    return people


def _import(system: System, kind: str, path: Path) -> None:
    assert '"refused": 0' in system.command("import", kind, str(path), "--json").stdout


@pytest.fixture(scope="module")
def shop(system: System) -> Iterator[Shop]:
    """The program, made known as an administrator does it, with a token of its own."""
    system.command("clients", "add", "shop", "stock.read", "stock.reserve", "--data", str(system.data))
    system.wait_restarted("approvals", system.kill("approvals"))
    secret = (system.data / "secrets" / "shop.secret").read_text(encoding="ascii").strip()
    credential = access_pb2.ClientCredential(client="shop", secret=secret)
    with system.channel("approvals") as channel:
        stub = access_pb2_grpc.AccessServiceStub(channel)
        asked = access_pb2.ExchangeClientRequest(credential=credential)
        token = stub.ExchangeClient(asked, timeout=30, wait_for_ready=True).token.value
    with system.channel("stock") as channel:
        yield Shop(stock_pb2_grpc.StockServiceStub(channel), token)


def test_of_64_programs_at_once_exactly_five_get_the_last_five(
    system: System, crowd: Sequence[str], shop: Shop
) -> None:
    assert system.stock("ZL-001")["available"] == LEFT
    asking: list[Callable[[], str]] = [
        lambda number=number: shop.reserve(f"SHOP-{number}", "ZL-001")  # type: ignore[misc]
        for number in range(CROWD)
    ]
    outcomes = at_once(asking)
    assert outcomes.count("") == LEFT
    assert set(outcomes) == {"", "INSUFFICIENT_STOCK"}
    assert system.stock("ZL-001") == {
        "on_hand": Decimal(LEFT),
        "held": Decimal(0),
        "reserved": Decimal(LEFT),
        "available": Decimal(0),
    }


def test_the_same_request_is_one_promise_however_often_and_at_once_it_comes(
    system: System, crowd: Sequence[str], shop: Shop
) -> None:
    before = system.stock("BG-008")
    outcomes = at_once([lambda: shop.reserve("SHOP-SAME", "BG-008", "2", "shop-same-request-0001")] * 16)
    assert outcomes == [""] * 16
    assert shop.reserve("SHOP-SAME", "BG-008", "2", "shop-same-request-0001") == ""
    after = system.stock("BG-008")
    assert (after["reserved"], after["available"]) == (before["reserved"] + 2, before["available"] - 2)
    assert shop.reserve("SHOP-SAME", "BG-008", "3", "shop-same-request-0001") == "REQUEST_ID_REUSED"
    assert shop.reserve("SHOP-SAME", "BG-008", "2") != "", "a document gets one promise"
    assert system.stock("BG-008") == after


def test_of_64_people_who_confirm_at_once_five_get_the_last_five(
    system: System, crowd: Sequence[str]
) -> None:
    people = system.people(*crowd)
    cards: list[Card] = at_once(
        [lambda one=one: one.says("领1个铜质镇纸").offering("confirm") for one in people]  # type: ignore[misc]
    )
    at_once(
        [
            lambda one=one, card=card: one.taps(card, "confirm")  # type: ignore[misc]
            for one, card in zip(people, cards, strict=True)
        ]
    )
    wanted = {
        "on_hand": Decimal(LEFT),
        "held": Decimal(0),
        "reserved": Decimal(LEFT),
        "available": Decimal(0),
    }
    eventually(lambda: system.stock("ZL-002") == wanted, "five are promised")
    placed = [order for name in crowd for order in system.orders_of(name)]
    assert len(placed) >= LEFT
    for order in placed:
        eventually(lambda: system.state(order) == "APPROVED", f"{order} is approved")  # noqa: B023
    served = eventually(lambda: _served(system, placed), "five orders have what they asked for")
    assert system.stock("ZL-002") == wanted
    zhaoliu = system.person("zhaoliu")
    for order in served:
        zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
        system.reaches(order, "FULFILLED")
    assert system.stock("ZL-002") == {name: Decimal(0) for name in wanted}
    assert sum(len(system.entries(order)) for order in placed) == LEFT


def _served(system: System, orders: Sequence[str]) -> list[str]:
    """The orders for which goods are promised, once every order knows what it got or misses."""
    told = [system.order(order) for order in orders]
    if any(not line.short.value and not line.reserved.value for order in told for line in order.lines):
        return []
    served = [order.name for order in told if Decimal(order.lines[0].reserved.value or "0") == 1]
    assert len(served) <= LEFT
    return served if len(served) == LEFT else []
