"""Sentences: how long the bot thinks about one, when the company has as many items as a large one."""

from __future__ import annotations

import gc
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.understand import Vocabulary, understand
from tests.load.bench import goods
from tests.load.bench.table import Table, at_most, told

_GOAL_MILLISECONDS = 5.0
_TRIES = 3
_TABLES = Path(__file__).parents[2] / "data"
_REQUESTS = (
    "{0}还有多少",
    "查 {0}",
    "领5个{0} 用于 会议",
    "领2箱{0}、3个{1}和十二个{2}",
    "退2个{0},因为买错了",
    "样品 {0} 1个 用于 展会",
    "{0} 流水",
    "我要{0}",
)
_WAREHOUSES = (("ZC", "主仓", "Main warehouse"), ("LK", "冷库", "Cold store"))


@dataclass(frozen=True)
class Size:
    """How many items have names, and how many sentences about them are tried."""

    items: int
    requests: int


def measure(size: Size) -> Table:
    """Understand every sentence of the tables of the tests, and requests for goods in a few ways of saying.

    Each is tried a few times and the median of its processor time counts: what else the machine does
    meanwhile is no sentence's fault.
    """
    began = time.perf_counter()
    vocabulary = _vocabulary(size.items)
    built = time.perf_counter() - began
    table = Table(f"sentences · {size.items:,} items")
    told_sentences = _sentences_of_the_tests()
    requests = _requests(size)
    gc.freeze()
    try:
        table.add(told("names taken into the vocabulary", built, "s"))
        for title, sentences in (
            ("sentences of the tests", told_sentences),
            ("requests for these goods", requests),
        ):
            times = sorted((_milliseconds(said, vocabulary), said) for said in sentences)
            share = times[min(len(times) - 1, len(times) * 99 // 100)][0]
            slowest, said = times[-1]
            table.add(
                told(f"{len(times):,} {title}, p50", times[len(times) // 2][0], "ms"),
                at_most(f"{title}, p99", share, _GOAL_MILLISECONDS, "ms"),
                at_most(f"{title}, slowest", slowest, _GOAL_MILLISECONDS, "ms", said.replace("\n", " ")[:60]),
            )
    finally:
        gc.unfreeze()
    return table


def _vocabulary(items: int) -> Vocabulary:
    words = Vocabulary()
    for number in range(items):
        words.add_item(goods.code(number), names=(goods.name(number),), units=("个", "箱"))
    for code, *names in _WAREHOUSES:
        words.add_warehouse(code, names=names)
    return words


def _sentences_of_the_tests() -> list[str]:
    rows = [
        row for table in sorted(_TABLES.glob("utterances-*.jsonl")) for row in table.open(encoding="utf-8")
    ]
    return [json.loads(row)["text"] for row in rows if row.strip()]


def _requests(size: Size) -> list[str]:
    step = max(1, size.items // size.requests)
    said: list[str] = []
    for way, first in enumerate(range(0, size.items - 2, step)):
        words = [goods.spoken_words(first + more, way // len(_REQUESTS)) for more in range(3)]
        said.append(_REQUESTS[way % len(_REQUESTS)].format(*words))
    return said


def _milliseconds(said: str, vocabulary: Vocabulary) -> float:
    tries: list[float] = []
    for _ in range(_TRIES):
        began = time.thread_time()
        understand(said, vocabulary)
        tries.append((time.thread_time() - began) * 1_000)
    return median(tries)
