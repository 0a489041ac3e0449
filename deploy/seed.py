"""The demo company: its warehouses, items, people, rules and opening stock, put in once.

Every step carries a fixed request id, so that a start after a crash continues where the last one ended. The
day of the first try is remembered: lots expire so many days after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kuguan.stock.v1.warehouses_pb2 import ListWarehousesRequest
from kuguan.stock.v1.warehouses_pb2_grpc import WarehouseServiceStub

from deploy.company import import_warehouses, set_up_rules
from deploy.connection import Connection
from deploy.errors import CommandFailed
from deploy.files import write_atomically
from deploy.imports import import_items, import_opening_stock, import_people
from deploy.report import Report
from deploy.secrets import read_secret

DEMO = Path(__file__).parent / "demo"


def seed(data: Path, address_of: Callable[[str], str]) -> bool:
    """Put the demo company into the system that runs on the data directory; False when it is there already.

    Raises CommandFailed where the system already holds other data.
    """
    mark = data / "demo.json"
    state = _state(mark)
    if state is not None and state["done"]:
        return False
    secrets = data / "secrets"
    with (
        Connection("console", read_secret(secrets / "console.secret"), address_of) as console,
        Connection("setup", read_secret(secrets / "setup.secret"), address_of) as setup,
    ):
        if state is None:
            _require_empty(console)
            state = {"began": datetime.now(UTC).isoformat(), "done": False}
            _remember(mark, state)
        began = datetime.fromisoformat(str(state["began"]))
        _require_taken(
            import_warehouses(console, DEMO / "warehouses.csv", dry_run=False, request_ids="demo-warehouse")
        )
        _require_taken(import_items(console, DEMO / "items.csv", dry_run=False, request_id="demo-items-1"))
        _require_taken(import_people(console, DEMO / "people.csv", dry_run=False, request_id="demo-people-1"))
        set_up_rules(console, setup, DEMO / "rules.json", "demo-rule")
        _require_taken(
            import_opening_stock(
                console, DEMO / "opening-stock.csv", dry_run=False, now=began, request_id="demo-opening-1"
            )
        )
    _remember(mark, {**state, "done": True})
    return True


def _state(mark: Path) -> dict[str, object] | None:
    try:
        state = json.loads(mark.read_bytes())
        return {"began": str(state["began"]), "done": bool(state["done"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise CommandFailed(f"{mark} 无法读取。", f"{mark} cannot be read.") from None


def _remember(mark: Path, state: dict[str, object]) -> None:
    write_atomically(mark, (json.dumps(state) + "\n").encode())


def _require_empty(connection: Connection) -> None:
    stub = connection.stub(WarehouseServiceStub, "stock")
    if connection.call(stub.ListWarehouses, ListWarehousesRequest(page_size=1)).warehouses:
        raise CommandFailed(
            "系统里已有数据,演示公司只能放进空的数据目录。换一个:kuguan up --demo --data demo-data",
            "There is data already; the demo company goes into an empty data directory only. "
            "Use another one: kuguan up --demo --data demo-data",
        )


def _require_taken(report: Report) -> None:
    refused = [row for row in report.rows if row.refused]
    if refused or not report.written:
        row = refused[0] if refused else None
        about = f"{row.row} {row.label} {row.findings[-1].reason}" if row is not None and row.findings else ""
        raise CommandFailed(
            f"演示数据 {report.file} 未被接受:{about}", f"The demo data {report.file} was not taken: {about}"
        )
