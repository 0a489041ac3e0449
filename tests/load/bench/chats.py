"""Work chats: how soon what they deliver is kept, how soon every copy of a card is true, what they hold.

The products are the tests' fakes in this process, so their work is part of every figure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
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
_ACKNOWLEDGED = ("wecom", "dingtalk", "feishu", "slack")
_REPLACED = {
    "dingtalk": ("0101", "0102"),
    "feishu": ("ou_" + "a1" * 16, "ou_" + "b2" * 16),
    "slack": ("U0ZHANG001", "U0LI000001"),
}
_PEOPLE = ("zhangsan", "lixia")


@dataclass(frozen=True)
class Length:
    """Seconds of callbacks for each product, and how many taps."""

    seconds: float
    taps: int


def measure(folder: Path, length: Length) -> Table:
    """Without any chat, then with all five."""
    table = Table("work chats, against fakes of the products")
    alone = _memory_of_bot(folder / "alone", {})
    fakes: list[FakeChat] = [FakeWecom(), FakeWecomBot(), DingTalkFake(), FakeFeishu(), FakeSlack()]
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
                waited = chats.run(_callbacks(chats.fakes[platform], length.seconds))
                name = f"{platform}: callback acknowledged, p99"
                note = (
                    f"{len(waited)} from strangers in {length.seconds:g} s; p50 {_part(waited, 0.5):.1f} ms"
                )
                table.add(at_most(name, _part(waited, 0.99), _ACKNOWLEDGED_GOAL, "ms", note))
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


async def _callbacks(fake: FakeChat, seconds: float) -> list[float]:
    """200 a second whatever the answers take, each from another account; milliseconds until acknowledged."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int) -> float:
        await asyncio.sleep(max(0.0, began + number / _RATE - loop.time()))
        sent = loop.time()
        await fake.say(f"stranger{number}", "你好")
        return (loop.time() - sent) * 1000

    return await asyncio.gather(*[one(number) for number in range(int(seconds * _RATE))])


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
