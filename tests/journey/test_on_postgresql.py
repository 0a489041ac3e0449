"""The same journey with every service on a PostgreSQL database of its own, also when services are killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.system import System
from tests.service.conftest import NewDatabase, postgresql

__all__ = ["postgresql"]

SERVICES = ("stock", "orders", "approvals", "bot")


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql: NewDatabase) -> Iterator[System]:
    """The demo company with four empty PostgreSQL databases, and a gate before stock."""
    folder: Path = tmp_path_factory.mktemp("postgresql") / "data"
    urls = {f"KUGUAN_{name.upper()}_DATABASE_URL": postgresql() for name in SERVICES}
    urls["KUGUAN_STOCK_GATE"] = "on"
    system = System(folder, settings=urls).start()
    try:
        yield system
        system.verify()
    finally:
        system.stop()
    assert not list(folder.glob("*.sqlite3")), "nothing went into files"


def test_goods_are_asked_for_approved_and_handed_over_once(on_postgresql: System) -> None:
    zhangsan, lixia, zhaoliu = on_postgresql.people("zhangsan", "lixia", "zhaoliu")
    before = on_postgresql.stock("BG-001")
    order = zhangsan.confirms(zhangsan.says("领5包A4纸 用于投标").offering("confirm"))
    on_postgresql.kill("orders")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    on_postgresql.kill("stock")
    card = zhaoliu.gets(order, "hand_over")
    on_postgresql.kill("bot")
    zhaoliu.taps(card, "hand_over")
    on_postgresql.reaches(order, "FULFILLED")
    assert zhangsan.hears(f"{order} 已发料完成")
    after = on_postgresql.stock("BG-001")
    assert after["on_hand"] == before["on_hand"] - 5
    assert after["available"] == before["available"] - 5
