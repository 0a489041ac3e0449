"""Chinese measure words as English says them; people may say them back, the bot understands both."""

from __future__ import annotations

from collections.abc import Mapping

_PIECES = ("pc", "pcs")
_ENGLISH: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("个", "件", "只", "支", "张", "把", "顶", "台"), _PIECES),
    "包": ("pack", "packs"),
    "箱": ("carton", "cartons"),
    "盒": ("box", "boxes"),
    "瓶": ("bottle", "bottles"),
    "袋": ("bag", "bags"),
    "桶": ("drum", "drums"),
    "卷": ("roll", "rolls"),
    "罐": ("can", "cans"),
    "杯": ("cup", "cups"),
    "板": ("tray", "trays"),
    "本": ("pad", "pads"),
    "双": ("pair", "pairs"),
    "副": ("pair", "pairs"),
    "套": ("set", "sets"),
    "根": ("bar", "bars"),
    "筒": ("tube", "tubes"),
    "提": ("bundle", "bundles"),
    "千克": ("kg", "kg"),
    "公斤": ("kg", "kg"),
    "克": ("g", "g"),
    "吨": ("tonne", "tonnes"),
    "米": ("m", "m"),
    "升": ("l", "l"),
}


def in_english(value: str, unit: str) -> str:
    """The unit of a quantity in English; one that English has no word for stays as the catalogue has it."""
    one, many = _ENGLISH.get(unit, (unit, unit))
    return one if value.lstrip("+-−") == "1" else many
