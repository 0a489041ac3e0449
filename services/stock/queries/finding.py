"""Finding items by what people call them: a word index that follows the catalogue."""

from __future__ import annotations

from threading import Lock

from kuguan.stock.v1 import items_pb2
from sqlalchemy import Connection

from services.kit import wire
from services.kit.errors import InvalidField, TooBusy
from services.kit.reading import View
from services.kit.words import How, WordIndex
from services.stock.domain.items import Item
from services.stock.messages.items import item_message
from services.stock.storage import items

MAXIMUM_TEXT = 200
PATIENCE_SECONDS = 1.0
_AT_ONCE = 5_000
_HOW = {How.NAME: "name"}


class ItemFinder:
    """The word index of one running service.

    Before each look-up it reads what changed since the last one, so that it is right in every replica and
    after every import. Look-ups take turns: they need a millisecond or two, and writing must not overlap.
    """

    def __init__(self) -> None:
        self._index: WordIndex[str] = WordIndex()
        self._change = 0
        self._lock = Lock()

    def find(self, view: View, request: items_pb2.FindItemsRequest) -> items_pb2.FindItemsResponse:
        """The items a word may mean, best first."""
        if not request.text.strip() or len(request.text) > MAXIMUM_TEXT:
            raise InvalidField("text", f"1 to {MAXIMUM_TEXT} characters")
        size = wire.page_size(request.page_size, default=5, maximum=50)
        # After a start or a large import the catalogue is still being read: better told than waited for.
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):
            raise TooBusy("word_index", PATIENCE_SECONDS)
        try:
            self._follow(view.connection)
            matches = self._index.find(request.text, size)
        finally:
            self._lock.release()
        found = items.find_many(view.connection, [match.key for match in matches])
        return items_pb2.FindItemsResponse(
            matches=[
                items_pb2.ItemMatch(
                    item=item_message(found[match.key]),
                    score=match.score,
                    how=_HOW.get(match.how, match.how.value),
                )
                for match in matches
                if match.key in found
            ]
        )

    def refresh(self, connection: Connection) -> int:
        """Read what changed; returns how many items the index holds."""
        with self._lock:
            self._follow(connection)
            return len(self._index)

    def _follow(self, connection: Connection) -> None:
        while changes := items.changed_since(connection, self._change, _AT_ONCE):
            for change, item in changes:
                self._learn(item)
                self._change = change

    def _learn(self, item: Item) -> None:
        if item.archived:
            self._index.remove(item.code)
            return
        self._index.add(
            item.code,
            codes=[item.code],
            barcodes=[item.barcode],
            names=[item.name, item.name_en],
            aliases=item.aliases,
        )
