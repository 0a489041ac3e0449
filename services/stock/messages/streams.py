"""Streams of an import gathered into one request, within bounds."""

from __future__ import annotations

from collections.abc import AsyncIterator

from kuguan.stock.v1 import items_pb2

from services.kit.errors import InvalidField

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
