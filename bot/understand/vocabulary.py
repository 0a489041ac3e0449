"""The vocabulary: the names that a company's items, units and warehouses have, as the bot last heard them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.understand.phrases import Phrases
from services.kit.words import WordIndex

ORDER_PREFIXES = frozenset({"LY", "TL", "YP", "CG", "CT", "XS", "XT", "DB", "SC", "WW", "BF", "TZ"})

_PLACE_ENDINGS = ("仓库", "仓", "库", " warehouse", " store")


@dataclass(slots=True)
class Vocabulary:
    """Item and warehouse names in word indexes, the units of each item, and the prefixes of order numbers.

    It is filled from the bot's projection and may change between two sentences, not during one.
    """

    items: WordIndex[str] = field(default_factory=WordIndex)
    warehouses: WordIndex[str] = field(default_factory=WordIndex)
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unit_phrases: Phrases = field(default_factory=Phrases)
    order_prefixes: frozenset[str] = ORDER_PREFIXES

    def add_item(
        self,
        code: str,
        *,
        names: Iterable[str],
        aliases: Iterable[str] = (),
        barcodes: Iterable[str] = (),
        units: Iterable[str] = (),
    ) -> None:
        """Take an item in, or replace what is known of it. `units`: the base unit first, then the packs."""
        self.items.add(code, codes=(code,), barcodes=barcodes, names=names, aliases=aliases)
        self.units[code] = tuple(unit for unit in units if unit)
        for unit in self.units[code]:
            self.unit_phrases.add(unit.lower())

    def remove_item(self, code: str) -> None:
        """Forget an item; an unknown code is no error."""
        self.items.remove(code)
        self.units.pop(code, None)

    def add_warehouse(self, code: str, *, names: Iterable[str]) -> None:
        """Take a warehouse in under its code and names; 门店仓 is also 门店, 主仓 also 主仓库."""
        full = [name for name in names if name]
        short = [
            name[: -len(ending)]
            for name in full
            for ending in _PLACE_ENDINGS
            if name.lower().endswith(ending) and len(name) - len(ending) >= 2
        ]
        others = [name for name in short if not name.isascii()]
        others += [f"{name}库" for name in full if name.endswith("仓")]
        self.warehouses.add(code, codes=(code,), names=full, aliases=others)
