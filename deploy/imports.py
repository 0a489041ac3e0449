"""Imports through the front door of the services: every row gets a verdict, and nothing is half-imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kuguan.approvals.v1.people_pb2 import (
    BindIdentityRequest,
    Identity,
    ImportPeopleRequest,
    ImportPeopleRow,
    ListPeopleRequest,
    Person,
)
from kuguan.approvals.v1.people_pb2_grpc import PeopleServiceStub
from kuguan.stock.v1.items_pb2 import (
    ImportItemsHeader,
    ImportItemsRequest,
    ImportItemsRows,
    ListItemsRequest,
    Tracking,
)
from kuguan.stock.v1.items_pb2_grpc import ItemServiceStub
from kuguan.stock.v1.stock_pb2 import OpeningLine, OpenStockRequest
from kuguan.stock.v1.stock_pb2_grpc import StockServiceStub
from kuguan.stock.v1.warehouses_pb2 import Warehouse
from kuguan.type.v1.imports_pb2 import (
    VERDICT_MENDED,
    VERDICT_REFUSED,
    VERDICT_UNCHANGED,
    RowVerdict,
)

from deploy.catalogue import SALES, catalogue_sheet
from deploy.company import known_warehouses
from deploy.connection import WRITE_SECONDS, Connection
from deploy.errors import CommandFailed
from deploy.layouts import ITEMS, OPENING_STOCK, PEOPLE
from deploy.report import Report, RowReport
from deploy.rows import Prepared, item_messages, opening_messages, people_messages
from deploy.sheets import Sheet, read_header, read_sheet
from services.kit.ids import new_id

ROWS_PER_MESSAGE = 500
MAXIMUM_OPENING_LINES = 10_000
MAXIMUM_PEOPLE = 5_000
PAGE = 1000
ALL_ITEMS_SECONDS = 120.0
# How the bot knows people whom this installation itself signs in: on the chat page and in the console.
LOCAL_PLATFORM, LOCAL_TENANT = "web", "local"

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def silent(_doing: str, _done: int, _total: int) -> None:
    """The progress of work that nobody watches."""


def import_items(
    connection: Connection,
    path: Path,
    *,
    dry_run: bool,
    strict: bool = False,
    request_id: str = "",
    progress: Progress = silent,
) -> Report:
    """Import an items table, or the catalogue that a table of sales lines stands for."""
    progress("read", 0, 1)
    sheet = _items_sheet(path)
    prepared = item_messages(sheet)
    report = Report.of(path, "items", sheet, prepared.reports, dry_run=dry_run)
    if strict and _refused(prepared.reports):
        return report
    header = ImportItemsHeader(request_id=request_id or new_id(), dry_run=dry_run, strict=strict)
    rows = prepared.messages

    def parts() -> Iterator[ImportItemsRequest]:
        yield ImportItemsRequest(header=header)
        for start in range(0, len(rows), ROWS_PER_MESSAGE):
            batch = rows[start : start + ROWS_PER_MESSAGE]
            yield ImportItemsRequest(rows=ImportItemsRows(rows=batch))
            progress("send", start + len(batch), len(rows))

    stub = connection.stub(ItemServiceStub, "stock")
    answer = connection.call(stub.ImportItems, parts, ALL_ITEMS_SECONDS)
    _merge(report.rows, answer.verdicts)
    report.written = answer.written
    return report


def import_opening_stock(
    connection: Connection,
    path: Path,
    *,
    dry_run: bool,
    now: datetime | None = None,
    request_id: str = "",
    progress: Progress = silent,
) -> Report:
    """Import an opening stock table: all of its rows or none."""
    progress("read", 0, 1)
    sheet = read_sheet(path, OPENING_STOCK)
    today = today_in_each(known_warehouses(connection), now or datetime.now(UTC))
    prepared = opening_messages(sheet, known_tracking(connection), today)
    report = Report.of(path, "opening-stock", sheet, prepared.reports, dry_run=dry_run)
    lines: Sequence[OpeningLine] = prepared.messages
    _bounded(len(lines), MAXIMUM_OPENING_LINES, path)
    if not lines:
        return report
    # One refused line refuses all, so the services are asked for their verdicts on the rest without writing.
    asked = OpenStockRequest(
        request_id=request_id or new_id(), lines=lines, dry_run=dry_run or _refused(prepared.reports)
    )
    progress("send", 0, len(lines))
    answer = connection.call(connection.stub(StockServiceStub, "stock").OpenStock, asked, WRITE_SECONDS)
    progress("send", len(lines), len(lines))
    _merge(report.rows, answer.verdicts)
    report.written, report.document = answer.written, answer.document
    return report


def import_people(
    connection: Connection, path: Path, *, dry_run: bool, request_id: str = "", progress: Progress = silent
) -> Report:
    """Import a people table, all of its rows or none, and give each person the local identity."""
    progress("read", 0, 1)
    sheet = read_sheet(path, PEOPLE)
    prepared: Prepared[ImportPeopleRow] = people_messages(sheet, known_people(connection))
    report = Report.of(path, "people", sheet, prepared.reports, dry_run=dry_run)
    _bounded(len(prepared.messages), MAXIMUM_PEOPLE, path)
    if not prepared.messages:
        return report
    asked = ImportPeopleRequest(
        request_id=request_id or new_id(),
        rows=prepared.messages,
        dry_run=dry_run or _refused(prepared.reports),
    )
    stub = connection.stub(PeopleServiceStub, "approvals")
    answer = connection.call(stub.ImportPeople, asked, WRITE_SECONDS)
    _merge(report.rows, answer.verdicts)
    report.written = answer.written
    if answer.written:
        people = [row.person.id for row in prepared.messages]
        for done, person in enumerate(people, 1):
            bind_local(connection, person)
            progress("identities", done, len(people))
    return report


def bind_local(connection: Connection, person: str) -> None:
    """Let the chat page and the console know a person; repeating it is harmless."""
    identity = Identity(platform=LOCAL_PLATFORM, tenant=LOCAL_TENANT, user_id=person, person=person)
    asked = BindIdentityRequest(request_id=f"local-identity-{person}", identity=identity)
    stub = connection.stub(PeopleServiceStub, "approvals")
    connection.call(stub.BindIdentity, asked, WRITE_SECONDS)


def known_tracking(connection: Connection) -> dict[str, Tracking]:
    """Of every item how its pieces are told apart."""
    stub = connection.stub(ItemServiceStub, "stock")
    known: dict[str, Tracking] = {}
    token = ""
    while True:
        page = connection.call(stub.ListItems, ListItemsRequest(page_size=PAGE, page_token=token))
        known |= {item.code: item.tracking for item in page.items}
        token = page.next_page_token
        if not token:
            return known


def today_in_each(warehouses: Iterable[Warehouse], now: datetime) -> dict[str, date]:
    """The day it is in each warehouse, by its code: days are counted where the goods are."""
    return {one.code: now.astimezone(ZoneInfo(one.time_zone)).date() for one in warehouses}


def known_people(connection: Connection) -> dict[str, Person]:
    """Everybody who is there, by id."""
    stub = connection.stub(PeopleServiceStub, "approvals")
    known: dict[str, Person] = {}
    token = ""
    while True:
        page = connection.call(stub.ListPeople, ListPeopleRequest(page_size=PAGE, page_token=token))
        known |= {person.id: person for person in page.people}
        token = page.next_page_token
        if not token:
            return known


def _items_sheet(path: Path) -> Sheet:
    """The items table of a file; sales lines are gathered into a catalogue first."""
    header = {SALES.column(name) for name in read_header(path)}
    if header.issuperset(SALES.required):
        return catalogue_sheet(read_sheet(path, SALES))
    return read_sheet(path, ITEMS)


def _refused(reports: Sequence[RowReport]) -> bool:
    return any(report.refused for report in reports)


def _bounded(rows: int, maximum: int, path: Path) -> None:
    if rows > maximum:
        raise CommandFailed(
            f"{path} 有 {rows} 行;一次最多 {maximum} 行,因为要么全部写入要么全不写入。",
            f"{path} has {rows} rows; at most {maximum} at once, because all are written or none.",
        )


def _merge(reports: Sequence[RowReport], verdicts: Sequence[RowVerdict]) -> None:
    """Add the service's verdicts to our own: refused outweighs mended, mended outweighs taken."""
    by_row = {report.row: report for report in reports}
    for verdict in verdicts:
        report = by_row[verdict.row]
        facts = dict(verdict.facts)
        if verdict.verdict == VERDICT_REFUSED:
            report.refuse(verdict.reason, **facts)
        elif verdict.verdict == VERDICT_MENDED:
            report.mend(verdict.reason, **facts)
        elif verdict.verdict == VERDICT_UNCHANGED and not report.refused:
            report.outcome = "unchanged"
