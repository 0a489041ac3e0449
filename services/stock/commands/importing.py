"""Imports of whole catalogues: gathered from their stream within bounds, then one change."""

from __future__ import annotations

from collections.abc import AsyncIterator

from kuguan.stock.v1 import events_pb2, items_pb2

from services.kit.changes import Transaction, writes
from services.kit.errors import InvalidField
from services.stock.domain import catalogues
from services.stock.domain.catalogues import Judged, KnownItems
from services.stock.messages import requests
from services.stock.messages.items import item_message
from services.stock.storage import items

MAXIMUM_ROWS = 100_000
MAXIMUM_BYTES = 64 * 1024 * 1024


async def collect_import(
    stream: AsyncIterator[items_pb2.ImportItemsRequest],
) -> items_pb2.ImportItemsBatch:
    """The header and all rows of an import; raises InvalidField for a wrong order or too much of it."""
    batch: items_pb2.ImportItemsBatch | None = None
    size = 0
    async for message in stream:
        part = message.WhichOneof("part")
        if batch is None:
            if part != "header":
                raise InvalidField("header", "the first message is the header")
            header = message.header
            batch = items_pb2.ImportItemsBatch(
                request_id=header.request_id, dry_run=header.dry_run, strict=header.strict
            )
            continue
        if part != "rows":
            raise InvalidField("rows", "every message after the header carries rows")
        size += message.ByteSize()
        batch.rows.extend(message.rows.rows)
        if len(batch.rows) > MAXIMUM_ROWS or size > MAXIMUM_BYTES:
            raise InvalidField("rows", f"at most {MAXIMUM_ROWS} rows and {MAXIMUM_BYTES} bytes in one import")
    if batch is None:
        raise InvalidField("header", "the first message is the header")
    return batch


@writes(audited=True)
def import_items(tx: Transaction, request: items_pb2.ImportItemsBatch) -> items_pb2.ImportItemsResponse:
    """Write every row that is not refused, or none of them if the import is strict and one is refused."""
    prepared = catalogues.prepare(requests.catalogue_row(row, tx.now) for row in request.rows)
    verdicts = catalogues.judge(prepared, _known(tx, prepared))
    refused = sum(1 for verdict in verdicts if verdict.refusal is not None)
    written = not request.dry_run and not (request.strict and refused)
    new = [verdict.item for verdict in verdicts if verdict.item is not None] if written else []
    with items.inserting_many(tx.connection, new):
        for item in new:
            tx.publish(events_pb2.ItemCreated(item=item_message(item)), item.code)
    counts = {"rows": str(len(verdicts)), "refused": str(refused), "created": str(len(new))}
    tx.audit("import_items", request.request_id, "done" if written else "nothing written", **counts)
    return requests.import_answer(verdicts, written=written)


def _known(tx: Transaction, prepared: list[Judged]) -> KnownItems:
    """The part of the catalogue that the rows could collide with."""
    wanted = [judged.item for judged in prepared if judged.item is not None]
    known = items.find_many(tx.connection, (item.code for item in wanted))
    barcodes = items.owners_of_barcodes(tx.connection, (item.barcode for item in wanted if item.barcode))
    return KnownItems(known, barcodes)
