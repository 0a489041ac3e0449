"""Goods for a measurement: a catalogue of any size with its ledger, written straight into the tables.

Everything is made from the running number of an item, so that the caller's process knows the same goods
without asking. The figures agree with each other: the checks of stock find nothing wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from kuguan.stock.v1 import events_pb2
from sqlalchemy import Connection, insert

from services.kit import outbox
from services.kit.bulk import inserting
from services.kit.database import Database
from services.kit.moments import microseconds
from services.kit.outbox import Event
from services.stock.storage.tables import BALANCES, ENTRIES, ITEMS, NUMBERS, WAREHOUSES

WAREHOUSE = "ZC"
HOT_ITEM = "HOT"
OPENING = "QC1"
PIECES = 1_000_000
_HOT_PIECES = 1_000_000_000
_ROWS_AT_ONCE = 20_000
_BRAND_WORDS = """
得力 晨光 齐心 广博 真彩 国誉 三菱 百乐 斑马 白雪 爱普生 惠普 佳能 兄弟 联想 华为 小米 飞利浦 欧普 公牛
正泰 德力西 施耐德 西门子 博世 世达 史丹利 宝工 长城 老A 威猛 蓝月亮 维达 清风 心相印 洁柔 立白 雕牌 农夫 怡宝
"""
_THING_WORDS = """
打印纸 中性笔 订书机 订书钉 文件夹 档案盒 便利贴 笔记本 计算器 胶带 剪刀 美工刀 白板笔 橡皮 铅笔 硒鼓 墨盒
鼠标 键盘 网线 插座 电池 灯泡 灯管 螺丝刀 扳手 钳子 锤子 卷尺 手套 口罩 安全帽 工作服 劳保鞋 扎带 螺栓
螺母 垫片 轴承 皮带 润滑油 清洗剂 洗手液 垃圾袋 抽纸 卷纸 毛巾 拖把 扫帚 水桶 矿泉水 咖啡豆 茶叶 纸杯
纸箱 气泡膜 标签纸 碳带 托盘 叉车轮
"""
_BRANDS = _BRAND_WORDS.split()
_THINGS = _THING_WORDS.split()
_SIZES = 60


def code(number: int) -> str:
    """The code of the item with this running number."""
    return f"G{number:06d}"


def name(number: int) -> str:
    """Its name: brand, thing and model, no two alike."""
    rest, thing = divmod(number, len(_THINGS))
    size, brand = divmod(rest, len(_BRANDS))
    assert size < _SIZES, "no more names than this"
    return f"{_BRANDS[brand]}{_THINGS[thing]}{size * 5 + 10}型"


def spoken_words(number: int, way: int) -> str:
    """What people call it: its name, its code, its name without the model, or with two signs exchanged."""
    whole = name(number)
    swapped = whole[1] + whole[0] + whole[2:]
    return (whole, code(number), whole[:-3], swapped)[way % 4]


def fill(database: Database, items: int, entries_of_each: int = 1) -> None:
    """Put items with their stock and their ledger into an empty database; not durable until it is closed."""
    now = datetime.now(UTC) - timedelta(hours=1)
    if database.is_sqlite:
        _hurry(database)
    with database.writing.begin() as connection:
        place = {"code": WAREHOUSE, "number": 1, "name": "主仓", "name_en": "Main", "purpose": "warehouse"}
        connection.execute(insert(WAREHOUSES), {**place, "time_zone": "Asia/Shanghai", "created_at": now})
        stamp = microseconds(now)
        pieces = {**{code(number): PIECES for number in range(items)}, HOT_ITEM: _HOT_PIECES}
        _write(connection, ITEMS, (_item(one, change, stamp) for change, one in enumerate(pieces, 1)))
        _write(connection, BALANCES, (_balance(one, count, stamp) for one, count in pieces.items()))
        _write(connection, ENTRIES, _entries(list(pieces.items()), entries_of_each, stamp))
        connection.execute(insert(NUMBERS), {"name": "item_change", "last": len(pieces)})
        connection.execute(insert(NUMBERS), {"name": "opening", "last": 1})
        count = len(pieces) * entries_of_each
        opened = events_pb2.StockOpened(
            document=OPENING, entry_count=count, first_sequence=1, last_sequence=count
        )
        outbox.append(connection, [Event(opened, OPENING, "")], now)
    _analyse(database)


def _hurry(database: Database) -> None:
    """The goods can be made again at any time: no need to wait for the disk."""
    with database.writing.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous=OFF")
        driver.execute("PRAGMA cache_size=-400000")
        driver.execute("PRAGMA wal_autocheckpoint=20000")


def _analyse(database: Database) -> None:
    """Let the database know its own sizes, as it would after a while at work."""
    with database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("ANALYZE")
        if database.is_sqlite:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write(connection: Connection, table: Any, rows: Iterator[tuple[Any, ...]]) -> None:
    put = inserting(table)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        put(connection, some)


def _item(one: str, change: int, stamp: int) -> tuple[Any, ...]:
    """A row of ITEMS."""
    told = "热门物料" if one == HOT_ITEM else name(int(one[1:]))
    return (
        one,
        told,
        "",
        "",
        "办公用品",
        "件",
        0,
        None,
        "none",
        0,
        1_000_000,
        None,
        None,
        False,
        1,
        change,
        None,
        stamp,
        stamp,
    )


def _balance(one: str, count: int, stamp: int) -> tuple[Any, ...]:
    """A row of BALANCES."""
    return one, WAREHOUSE, "", "", count, 0, 0, stamp, OPENING


def _entries(pieces: Sequence[tuple[str, int]], each: int, stamp: int) -> Iterator[tuple[Any, ...]]:
    """Rows of ENTRIES: many small movements of every item in turn, which sum to what there is."""
    sequence = 0
    for turn in range(each):
        for one, count in pieces:
            sequence += 1
            quantity = count - (each - 1) if turn == 0 else 1
            cause = ("opening", OPENING, sequence, "", stamp, stamp, "bench", "bench", OPENING)
            yield (sequence, one, WAREHOUSE, "", "", quantity, *cause, None, None)
