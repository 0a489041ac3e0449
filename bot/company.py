"""The company as the bot last heard of it: items, warehouses and people, from the services' events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction

from kuguan.approvals.v1.people_pb2 import Person
from kuguan.stock.v1.items_pb2 import Item
from kuguan.stock.v1.warehouses_pb2 import Warehouse
from sqlalchemy import Connection

from bot.storage import projections
from bot.understand import Vocabulary
from services.kit.reading import Reader

ITEM, WAREHOUSE, PERSON, ORDER, TASK = "item", "warehouse", "person", "order", "task"
COUNTER = "个"
_HOLDS_SEVERAL = ("盒", "板", "包", "箱", "袋")
"""One of these holds more than one of what people count: 10 个鸡蛋 are not ten trays."""
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Company:
    """Everything words can mean, in memory; brought up to date from the projection before each use."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self.items: dict[str, Item] = {}
        self.warehouses: dict[str, Warehouse] = {}
        self.people: dict[str, Person] = {}
        self._seen = _START

    async def refresh(self, reader: Reader) -> None:
        """Take in what was heard since the last time."""
        self.take(await reader.look(self.news))

    def news(self, connection: Connection) -> list[projections.Change]:
        """What was heard since the last time, for ``take``; other things can be read in the same look."""
        return projections.changed_since(connection, (ITEM, WAREHOUSE, PERSON), self._seen)

    def take(self, news: Iterable[projections.Change]) -> None:
        """Take in what was heard; what somebody else took in meanwhile, or newer, stays."""
        for kind, name, body, moment in news:
            if moment > self._seen:
                self._take(kind, name, body)
                self._seen = moment

    def _take(self, kind: str, name: str, body: bytes) -> None:
        if kind == ITEM:
            self._take_item(Item.FromString(body))
        elif kind == WAREHOUSE:
            warehouse = Warehouse.FromString(body)
            self.warehouses[name] = warehouse
            self.vocabulary.add_warehouse(name, names=(warehouse.name, warehouse.name_en))
        else:
            self.people[name] = Person.FromString(body)

    def _take_item(self, item: Item) -> None:
        known = self.items.get(item.code)
        if known is not None and known.etag == item.etag:
            return
        self.items[item.code] = item
        if item.archived:
            self.vocabulary.remove_item(item.code)
            return
        self.vocabulary.add_item(
            item.code,
            names=[name for name in (item.name, item.name_en) if name],
            aliases=item.aliases,
            barcodes=[item.barcode] if item.barcode else [],
            units=units_of(item),
        )

    def item_name(self, code: str, language: str) -> str:
        """The item's name in a language, else in the other one, else its code."""
        item = self.items.get(code)
        if item is None:
            return code
        return (item.name_en or item.name) if language == "en" else (item.name or item.name_en)

    def warehouse_name(self, code: str, language: str) -> str:
        """The warehouse's name in a language, else in the other one, else its code."""
        warehouse = self.warehouses.get(code)
        if warehouse is None:
            return code
        both = (
            (warehouse.name_en, warehouse.name) if language == "en" else (warehouse.name, warehouse.name_en)
        )
        return both[0] or both[1] or code

    def person_name(self, person: str, language: str) -> str:
        """The person's name in a language, else in the other one, else their id."""
        known = self.people.get(person)
        if known is None:
            return person
        both = (known.name_en, known.name) if language == "en" else (known.name, known.name_en)
        return both[0] or both[1] or person

    def people_called(self, words: str) -> list[str]:
        """The ids of those who work here and have this id or exactly this name, whatever its case."""
        return [
            person.id
            for person in self.people.values()
            if not person.left
            and words.casefold() in (person.id, person.name.casefold(), person.name_en.casefold())
        ]

    def warehouses_in_order(self) -> list[str]:
        """The warehouses' codes, oldest first: the first one is where goods are looked for first."""
        born = {code: one.create_time.ToNanoseconds() for code, one in self.warehouses.items()}
        return sorted(born, key=lambda code: (born[code], code))


def units_of(item: Item) -> list[str]:
    """The units an item can be asked for in: the base unit first, then its packs."""
    return [item.base_unit, *(pack.unit for pack in item.packs)]


def factor(item: Item, unit: str) -> Fraction | None:
    """How many base units one of a unit is; None where the item has no such unit.

    个 counts anything that comes in whole pieces only; the card then says the item's own unit.
    """
    if unit in ("", item.base_unit):
        return Fraction(1)
    is_counted = item.base_unit not in _HOLDS_SEVERAL
    if unit == COUNTER and item.quantity_scale == 0 and not item.packs and is_counted:
        return Fraction(1)
    packs: Iterable[Fraction] = (
        Fraction(pack.numerator, pack.denominator or 1) for pack in item.packs if pack.unit == unit
    )
    return next(iter(packs), None)
