"""Changes of the catalogue."""

from __future__ import annotations

from kuguan.stock.v1 import events_pb2, items_pb2

from services.kit.changes import Transaction, writes
from services.kit.errors import Duplicate, VersionChanged
from services.stock.domain.items import Item, changed, checked
from services.stock.domain.texts import item_code
from services.stock.messages.items import etag, item_from, item_message, merged
from services.stock.storage import items

_ANNOUNCED_AT_ONCE = 1000


@writes(audited=True)
def create_item(tx: Transaction, request: items_pb2.CreateItemRequest) -> items_pb2.CreateItemResponse:
    """Create an item and announce it."""
    item = checked(item_from(request.item, tx.now))
    if items.find_many(tx.connection, [item.code]):
        raise Duplicate("item", item.code)
    _check_barcode(tx, item)
    items.insert_one(tx.connection, item, request.request_id)
    message = item_message(item)
    tx.publish(events_pb2.ItemCreated(item=message), item.code)
    tx.audit("create_item", item.code)
    return items_pb2.CreateItemResponse(item=message)


@writes(audited=True)
def update_item(tx: Transaction, request: items_pb2.UpdateItemRequest) -> items_pb2.UpdateItemResponse:
    """Change the fields that the mask names and announce the item as it is then."""
    known = items.get(tx.connection, item_code(request.item.code, "item.code"))
    if request.item.etag and request.item.etag != etag(known):
        raise VersionChanged("item", known.code)
    wanted = checked(merged(known, request))
    item = changed(known, wanted, tx.now, moved=items.has_moved(tx.connection, known.code))
    if item.barcode != known.barcode:
        _check_barcode(tx, item)
    items.update_one(tx.connection, item, seen_version=known.version)
    message = item_message(item)
    tx.publish(events_pb2.ItemUpdated(item=message), item.code)
    tx.audit("update_item", item.code, fields=",".join(request.update_mask.paths)[:200])
    return items_pb2.UpdateItemResponse(item=message)


def announce_items(tx: Transaction) -> int:
    """Tell all items again as they are now, so that projections can be rebuilt."""
    count, after = 0, ""
    while page := items.page(tx.connection, after, "", include_archived=True, limit=_ANNOUNCED_AT_ONCE):
        for item in page:
            tx.publish(events_pb2.ItemAnnounced(item=item_message(item)), item.code)
        count, after = count + len(page), page[-1].code
    return count


def _check_barcode(tx: Transaction, item: Item) -> None:
    if item.barcode and items.owners_of_barcodes(tx.connection, [item.barcode]):
        raise Duplicate("barcode", item.barcode)
