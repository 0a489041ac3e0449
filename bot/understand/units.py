"""Units: the measure words of Chinese and English, and which of an item's own units a said one means."""

from bot.understand.phrases import Phrases
from services.kit.words.spelling import singular

_MEASURE_WORDS = """
    个 只 支 枝 包 箱 盒 本 卷 台 件 套 副 双 对 顶 张 把 瓶 桶 袋 罐 杯 板 米 根 提 筒 条 块 片 粒 颗
    组 捆 扎 串 壶 份 令 刀 盘 管 株 节 枚 坛 匹 幅 辆 架 座 扇 面 床 间 朵 棵 头 尾 滴 团 堆 摞 叠 沓
    排 束 匝 锭 听 斤 两 吨 克 升 千克 公斤 毫升 公升 毫米 厘米 公分 公尺 公里 平方米 平米 立方米 平方
    立方 英寸 英尺 市斤 毫克 大包 大箱 小包 小箱 整箱 整包 托 pcs pc kg g l ml m cm mm
"""
CHINESE = tuple(_MEASURE_WORDS.split())
"""Measure words. 打 (a dozen) is no unit but a number, see `DOZEN`."""

DOZEN = "打"

_ENGLISH: dict[str, tuple[str, ...]] = {
    "box": ("盒", "箱"),
    "carton": ("箱", "盒"),
    "case": ("箱",),
    "crate": ("箱",),
    "pack": ("包",),
    "packet": ("包",),
    "package": ("包",),
    "ream": ("包", "令"),
    "bottle": ("瓶",),
    "bag": ("袋", "包"),
    "sack": ("袋",),
    "can": ("罐", "听"),
    "tin": ("罐", "听"),
    "jar": ("罐", "瓶"),
    "cup": ("杯",),
    "tray": ("板", "盘"),
    "barrel": ("桶",),
    "bucket": ("桶",),
    "drum": ("桶",),
    "roll": ("卷",),
    "spool": ("卷",),
    "pair": ("双", "副", "对"),
    "set": ("套", "组"),
    "kit": ("套",),
    "sheet": ("张",),
    "tube": ("筒", "管", "支"),
    "bar": ("根", "条"),
    "rod": ("根",),
    "stick": ("根", "支"),
    "strip": ("条",),
    "slice": ("片",),
    "bundle": ("捆", "扎", "提"),
    "pad": ("本",),
    "copy": ("本", "份"),
    "piece": ("个", "件", "只", "支", "台", "张", "把", "顶"),
    "pc": ("个", "件", "只", "支", "台", "张", "把", "顶"),
    "unit": ("个", "件", "台", "套"),
    "item": ("个", "件"),
}

_SAID_OF = {**_ENGLISH, "个": tuple("件只支枝台张把顶根条块枚辆架扇")}
"""Units that a word stands for where the item has one of them. 个 is said of all single pieces: 5个口罩 of
what is counted in 只; a pair is none."""

_SAME = (
    ("千克", "公斤", "kg", "kilo", "kilogram", "kilogramme"),
    ("克", "g", "gram", "gramme"),
    ("吨", "ton", "tonne"),
    ("斤", "市斤"),
    ("米", "公尺", "m", "meter", "metre"),
    ("厘米", "公分", "cm", "centimeter", "centimetre"),
    ("毫米", "mm", "millimeter", "millimetre"),
    ("升", "公升", "l", "liter", "litre"),
    ("毫升", "ml", "milliliter", "millilitre"),
    ("平方米", "平米", "平方"),
    ("立方米", "立方"),
    ("支", "枝"),
    ("包", "小包"),
    ("箱", "整箱", "大箱"),
)

_PLURALS = {"boxes": "box", "copies": "copy", "pcs": "pc"}

METRIC = frozenset(name for row in _SAME[:9] for name in row if name.isascii() and len(name) < 3)
"""Unit signs that also stand in specifications, as in 0.5mm: a unit only where the item is measured so."""

SIZES = frozenset({"mm", "cm", "ml"})

WORDS = Phrases(
    CHINESE,
    _ENGLISH,
    (f"{word}s" for word in _ENGLISH),
    _PLURALS,
    (name for row in _SAME for name in row),
    (f"{name}s" for row in _SAME for name in row if name.isascii() and len(name) > 2),
)


def is_metric(said: str) -> bool:
    """Whether the word is a sign like mm, ml or kg."""
    return said in METRIC


def is_size(said: str) -> bool:
    """Whether the word is a sign by which goods are described: 500ml, 48mm. 5kg is an amount."""
    return said in SIZES


def of_item(said: str, own: tuple[str, ...]) -> str:
    """The item's own name of the unit that was said; the word as said where the item has none, or two.

    "boxes" becomes 箱 for an item that comes in 箱, and stays "box" for one that comes in 箱 and in 盒.
    """
    for unit in own:
        if unit.lower() == said:
            return unit
    word = _PLURALS.get(said) or singular(said)
    by_name = [unit for unit in own if singular(unit.lower()) == word]
    same = {name for row in _SAME if word in row for name in row} | set(_SAID_OF.get(word, ()))
    meant = by_name or [unit for unit in own if unit.lower() in same]
    return meant[0] if len(meant) == 1 else word
