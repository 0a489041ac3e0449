"""What a company needs before goods can move: its warehouses, and the rules of approval."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from google.protobuf.json_format import ParseDict, ParseError
from kuguan.approvals.v1.rules_pb2 import (
    RULE_STATE_PROPOSED,
    ConfirmRuleRequest,
    ListRulesRequest,
    ProposeRuleRequest,
    Rule,
)
from kuguan.approvals.v1.rules_pb2_grpc import RuleServiceStub
from kuguan.stock.v1.warehouses_pb2 import CreateWarehouseRequest, ListWarehousesRequest, Warehouse
from kuguan.stock.v1.warehouses_pb2_grpc import WarehouseServiceStub

from deploy.amounts import plain_text
from deploy.connection import WRITE_SECONDS, Connection
from deploy.errors import CommandFailed
from deploy.layouts import WAREHOUSES
from deploy.report import Report, RowReport
from deploy.sheets import Row, read_sheet
from services.kit.ids import new_id

PAGE = 1000
_CODE = re.compile(r"[A-Z0-9_-]{1,20}")


def import_warehouses(connection: Connection, path: Path, *, dry_run: bool, request_ids: str = "") -> Report:
    """Create the warehouses of a table: none is created while one row is refused.

    `request_ids` begins the request ids, for a caller that may start again after a crash.
    """
    sheet = read_sheet(path, WAREHOUSES)
    known = {warehouse.code: warehouse for warehouse in known_warehouses(connection)}
    report = Report.of(path, "warehouses", sheet, [], dry_run=dry_run)
    wanted: list[Warehouse] = []
    for row in sheet.rows:
        warehouse, told = _warehouse(row)
        report.rows.append(told)
        same = known.get(warehouse.code)
        if any(warehouse.code == other.code for other in wanted):
            told.refuse("DUPLICATE_CODE", code=warehouse.code)
        elif same is not None and (same.name, same.name_en) == (warehouse.name, warehouse.name_en):
            told.outcome = "unchanged"
        elif same is not None:
            told.refuse("DUPLICATE", code=warehouse.code, name=same.name)
        else:
            wanted.append(warehouse)
    if dry_run or report.totals["refused"]:
        return report
    stub = connection.stub(WarehouseServiceStub, "stock")
    for warehouse in wanted:
        request_id = f"{request_ids}-{warehouse.code}" if request_ids else new_id()
        asked = CreateWarehouseRequest(request_id=request_id, warehouse=warehouse)
        connection.call(stub.CreateWarehouse, asked, WRITE_SECONDS)
    report.written = True
    return report


def set_up_rules(console: Connection, setup: Connection, path: Path, request_ids: str) -> int:
    """Put the rules of a file into force; answers with how many there are.

    A rule always needs two: one client proposes it, the other confirms it. `request_ids` begins the
    request ids, so that a second try after a crash goes on where the first ended.
    """
    rules = read_rules(path)
    for rule in rules:
        propose = ProposeRuleRequest(request_id=f"{request_ids}-propose-{rule.name}", rule=rule)
        proposed = console.call(
            console.stub(RuleServiceStub, "approvals").ProposeRule, propose, WRITE_SECONDS
        ).rule
        if proposed.state == RULE_STATE_PROPOSED:
            confirm = ConfirmRuleRequest(
                request_id=f"{request_ids}-confirm-{rule.name}", name=proposed.name, version=proposed.version
            )
            setup.call(setup.stub(RuleServiceStub, "approvals").ConfirmRule, confirm, WRITE_SECONDS)
    return len(rules)


def first_rules(console: Connection, setup: Connection, path: Path) -> int:
    """Put the first rules of a company into force, or go on where a crash interrupted that.

    Raises CommandFailed where other rules are in force: from then on two administrators change them.
    """
    wanted = [_content(rule) for rule in read_rules(path)]
    stub = console.stub(RuleServiceStub, "approvals")
    there = console.call(stub.ListRules, ListRulesRequest(page_size=PAGE)).rules
    if any(_content(rule) not in wanted for rule in there):
        raise CommandFailed(
            "已有生效的审批规则;之后的修改须由两位管理员共同完成。",
            "There are rules in force; from now on two administrators change them together.",
        )

    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    return set_up_rules(console, setup, path, f"rules-{digest}")


def _content(rule: Rule) -> bytes:
    """What a rule says, without what the service notes about it."""
    said = Rule()
    said.CopyFrom(rule)
    for name in ("state", "version", "proposer", "confirmer", "create_time"):
        said.ClearField(name)
    return said.SerializeToString(deterministic=True)


def read_rules(path: Path) -> list[Rule]:
    """Rules from a JSON file: a list, or an object with a list `rules`, in the contract's field names."""
    try:
        told = json.loads(path.read_bytes())
        rows = told["rules"] if isinstance(told, dict) else told
        return [ParseDict(row, Rule()) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, ParseError) as error:
        raise CommandFailed(f"{path} 不是规则文件。", f"{path} is no file of rules: {error}") from error


def known_warehouses(connection: Connection) -> list[Warehouse]:
    """Every warehouse that is there."""
    stub = connection.stub(WarehouseServiceStub, "stock")
    found: list[Warehouse] = []
    token = ""
    while True:
        page = connection.call(stub.ListWarehouses, ListWarehousesRequest(page_size=PAGE, page_token=token))
        found += page.warehouses
        token = page.next_page_token
        if not token:
            return found


def _warehouse(row: Row) -> tuple[Warehouse, RowReport]:
    told = RowReport.of(row, "code")
    code = plain_text(row.cells["code"]).upper()
    if code != row.cells["code"]:
        told.mend("CODE_NORMALISED", before=row.cells["code"][:60], after=code[:60])
    if not _CODE.fullmatch(code):
        told.refuse("BAD_CODE", code=row.cells["code"][:60])
    if not row.cells["name"]:
        told.refuse("NAME_MISSING")
    warehouse = Warehouse(
        code=code,
        name=row.cells["name"],
        name_en=row.cells.get("name_en", ""),
        purpose=row.cells.get("kind", ""),
    )
    return warehouse, told
