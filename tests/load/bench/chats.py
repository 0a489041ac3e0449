"""Work chats: how soon what they deliver is kept, how soon every copy of a card is true, what they hold.

The products are the tests' fakes in this process, so their work is part of every figure.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deploy.location import Running
from tests.fakes.chat import FakeChat
from tests.fakes.dingtalk import DingTalkFake
from tests.fakes.feishu import FakeFeishu
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_bot import FakeWecomBot
from tests.journey.chats import Chats, accounts_table
from tests.journey.system import System
from tests.load.bench import children
from tests.load.bench.table import Row, Table, at_most, told

_RATE = 200
_ACKNOWLEDGED_GOAL = 50.0
_COPIES_GOAL = 300.0
_MEMORY_GOAL = 15.0
_LOOK_SECONDS = 0.003
# AI bots get no acknowledgement, and their cards cannot be replaced.
_ACKNOWLEDGED = {
    "wecom": "stranger{}",
    "dingtalk": "stranger{}",
    "feishu": "ou_{:032x}",
    "slack": "U0STRANGER{}",
}
_REPLACED = {
    "dingtalk": ("0101", "0102"),
    "feishu": ("ou_" + "a1" * 16, "ou_" + "b2" * 16),
    "slack": ("U0ZHANG001", "U0LI000001"),
}
_PEOPLE = ("zhangsan", "lixia")
_QUIET_SECONDS = 120.0


@dataclass(frozen=True)
class Length:
    """Seconds of callbacks for each product, and how many taps."""

    seconds: float
    taps: int


def measure(folder: Path, length: Length) -> Table:
    """Without any chat, then with all five."""
    table = Table("work chats, against fakes of the products")
    alone = _memory_of_bot(folder / "alone", {})
    wecom = FakeWecom()
    # Who writes to an app of WeCom is a member of the company.
    wecom.members |= set(_strangers("wecom", length.seconds))
    fakes: list[FakeChat] = [wecom, FakeWecomBot(), DingTalkFake(), FakeFeishu(), FakeSlack()]
    chats = Chats(fakes, folder / "fakes")
    try:
        system = System(folder / "data", settings=chats.environment).start()
        try:
            chats.bot_is_at(system.url)
            together = _bot(system)
            _bind(system, chats, folder)
            for platform, accounts in _REPLACED.items():
                table.add(_copies(system, chats, platform, accounts, length.taps))
            for platform in _ACKNOWLEDGED:
                table.add(_acknowledged(system, chats, platform, length.seconds))
            working = _bot(system)
        finally:
            system.stop()
    finally:
        chats.stop()
    each = max(0.0, together - alone) / len(fakes)
    table.add(
        at_most("memory added for each chat", each, _MEMORY_GOAL, "MiB", "the bot's own, after the start"),
        told("memory added for each chat, after all this", max(0.0, working - alone) / len(fakes), "MiB"),
    )
    return table


def _acknowledged(system: System, chats: Chats, platform: str, seconds: float) -> Row:
    """How long acknowledgements take; what was acknowledged without being kept makes the figure void."""
    waited = chats.run(_callbacks(chats.fakes[platform], seconds))
    ends = time.monotonic() + _QUIET_SECONDS
    # What one chat leads to is over before the next is measured.
    while (kept := _kept(system, platform)) is None:
        assert time.monotonic() < ends, "what was taken in is never worked on"
        time.sleep(0.1)
    assert kept == len(waited), f"{platform}: {kept} kept of {len(waited)}"
    name = f"{platform}: callback acknowledged, p99"
    note = f"{kept} kept from strangers in {seconds:g} s; p50 {_part(waited, 0.5):.1f} ms"
    return at_most(name, _part(waited, 0.99), _ACKNOWLEDGED_GOAL, "ms", note)


async def _callbacks(fake: FakeChat, seconds: float) -> list[float]:
    """200 a second whatever the answers take, each from another account; milliseconds until acknowledged."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int, account: str) -> float:
        await asyncio.sleep(max(0.0, began + number / _RATE - loop.time()))
        sent = loop.time()
        await fake.say(account, "你好")
        return (loop.time() - sent) * 1000

    strangers = enumerate(_strangers(fake.platform, seconds))
    return await asyncio.gather(*[one(number, account) for number, account in strangers])


def _strangers(platform: str, seconds: float) -> list[str]:
    """Accounts as the product writes them, one for each callback."""
    return [_ACKNOWLEDGED[platform].format(number) for number in range(int(seconds * _RATE))]


def _kept(system: System, platform: str) -> int | None:
    """How many words of strangers are kept; None while some are worked on or an answer waits."""
    with closing(sqlite3.connect(system.data / "bot.sqlite3")) as bot:
        at_work = "SELECT count(*) FROM received WHERE state = 'new'"
        to_say = "SELECT count(*) FROM deliveries WHERE state = 'waiting'"
        if bot.execute(at_work).fetchone()[0] or bot.execute(to_say).fetchone()[0]:
            return None
        strangers = "SELECT count(*) FROM received WHERE platform = ? AND state = 'refused'"
        return int(bot.execute(strangers, (platform,)).fetchone()[0])


def _copies(system: System, chats: Chats, platform: str, accounts: tuple[str, str], taps: int) -> Row:
    """The second tap until the manager's and the requester's copies both show it."""
    requester, manager = (chats.person(platform, account) for account in accounts)
    manager.says("待办")
    waited = []
    for _ in range(taps):
        requester.says("领4包A4纸 用于投标")
        requester.taps(requester.gets("confirm", "−4 包"), "confirm")
        order = f"LY{max(int(name[2:]) for name in system.orders_of('zhangsan') if name.startswith('LY'))}"
        card = manager.gets("approve", order)
        began = time.perf_counter()
        manager.taps(card, "approve")
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            mine = manager.cards(order)[-1]
            theirs = requester.cards(order)[-1]
            if "approve" not in mine.buttons and "等待审批" not in theirs.text:
                break
            time.sleep(_LOOK_SECONDS)
        waited.append((time.perf_counter() - began) * 1000)
    name = f"{platform}: tap → both copies updated, p95"
    note = f"{taps} taps; p50 {_part(waited, 0.5):.0f} ms"
    return at_most(name, _part(waited, 0.95), _COPIES_GOAL, "ms", note)


def _bind(system: System, chats: Chats, folder: Path) -> None:
    rows = [
        {"platform": platform, "tenant": chats.fakes[platform].tenant, "user_id": user, "person": person}
        for platform, users in _REPLACED.items()
        for user, person in zip(users, _PEOPLE, strict=True)
    ]
    system.command("import", "identities", str(accounts_table(folder / "accounts.csv", rows)))


def _memory_of_bot(folder: Path, settings: Mapping[str, str]) -> float:
    folder.mkdir()
    system = System(folder / "data", settings=settings).start()
    try:
        return _bot(system)
    finally:
        system.stop()


def _bot(system: System) -> float:
    running: Running = Running(**system.running())
    return children.memory([running.processes["bot"]])[0]


def _part(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
