"""Work chats: how soon what they deliver is kept, how soon every copy of a card is true, what they hold.

The products are the tests' fakes in this process, so their work is part of every figure.
"""

from __future__ import annotations

import asyncio
import csv
import sqlite3
import time
from collections.abc import Mapping, Sequence
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
    "wecom": "member{}",
    "dingtalk": "member{}",
    "feishu": "ou_{:032x}",
    "slack": "U0MEMBER{}",
}
_EMPLOYEES = 200
"""Who ask in the second load; the accounts of the strangers of the first come after theirs."""
_REPLACED = {
    "dingtalk": ("0101", "0102"),
    "feishu": ("ou_" + "a1" * 16, "ou_" + "b2" * 16),
    "slack": ("U0ZHANG001", "U0LI000001"),
}
_REPLACED_ONCE = {"wecom": ("ZhangSan", "lisi")}
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
    wecom.members |= {*_employees("wecom"), *_strangers("wecom", length.seconds)}
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
            for platform, accounts in _REPLACED_ONCE.items():
                table.add(_last_copies(system, chats, platform, accounts, length.taps // 2))
            for platform in _ACKNOWLEDGED:
                table.add(_strangers_greet(system, chats, platform, length.seconds))
            for platform in _ACKNOWLEDGED:
                table.add(_employees_ask(system, chats, platform, length.seconds))
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


def _strangers_greet(system: System, chats: Chats, platform: str, seconds: float) -> Row:
    """What is no more than kept and pointed to binding; the goal is for what can be sustained."""
    strangers = _strangers(platform, seconds)
    waited = _acknowledged(system, chats, platform, strangers, "你好")
    note = f"{len(waited)} kept from strangers in {seconds:g} s; p50 {_part(waited, 0.5):.1f} ms"
    name = f"{platform}: callback acknowledged, p99"
    return at_most(name, _part(waited, 0.99), _ACKNOWLEDGED_GOAL, "ms", note)


def _employees_ask(system: System, chats: Chats, platform: str, seconds: float) -> Row:
    """A burst of questions, more than two processors answer meanwhile: each is kept and answered later."""
    employees = _employees(platform)
    asking = [employees[number % _EMPLOYEES] for number in range(int(seconds * _RATE))]
    waited = _acknowledged(system, chats, platform, asking, "A4纸还有多少")
    note = f"{len(waited)} questions of employees in {seconds:g} s; p50 {_part(waited, 0.5):.1f} ms"
    return told(f"{platform}: question acknowledged in a burst, p99", _part(waited, 0.99), "ms", note)


def _acknowledged(
    system: System, chats: Chats, platform: str, accounts: Sequence[str], text: str
) -> list[float]:
    """How long acknowledgements take, in milliseconds; all that was acknowledged has to be kept and ended."""
    before = _ended(system, platform)
    waited = chats.run(_callbacks(chats.fakes[platform], accounts, text))
    # What one chat leads to is over before the next is measured.
    kept = _ended(system, platform) - before
    assert kept == len(waited), f"{platform}: {kept} kept of {len(waited)}"
    return waited


async def _callbacks(fake: FakeChat, accounts: Sequence[str], text: str) -> list[float]:
    """200 a second whatever the answers take; milliseconds until each is acknowledged."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int, account: str) -> float:
        await asyncio.sleep(max(0.0, began + number / _RATE - loop.time()))
        sent = loop.time()
        await fake.say(account, text)
        return (loop.time() - sent) * 1000

    return await asyncio.gather(*[one(number, account) for number, account in enumerate(accounts)])


def _employees(platform: str) -> list[str]:
    """Accounts as the product writes them, one for each employee."""
    return [_ACKNOWLEDGED[platform].format(number) for number in range(_EMPLOYEES)]


def _strangers(platform: str, seconds: float) -> list[str]:
    """Accounts that nobody knows, one for each callback."""
    numbers = range(_EMPLOYEES, _EMPLOYEES + int(seconds * _RATE))
    return [_ACKNOWLEDGED[platform].format(number) for number in numbers]


def _ended(system: System, platform: str) -> int:
    """How many words were taken in and ended, once none is worked on any more and no answer waits."""
    ends = time.monotonic() + _QUIET_SECONDS
    with closing(sqlite3.connect(system.data / "bot.sqlite3")) as bot:

        def count(rows: str, *values: str) -> int:
            return int(bot.execute(f"SELECT count(*) FROM {rows}", values).fetchone()[0])

        while count("received WHERE state = 'new'") or count("deliveries WHERE state = 'waiting'"):
            assert time.monotonic() < ends, "what was taken in is never worked on"
            time.sleep(0.1)
        return count("received WHERE platform = ? AND state IN ('done', 'refused')", platform)


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
            # On a slow machine the requester's card may not bear the order's number yet.
            theirs = requester.cards(order)
            if theirs and "approve" not in mine.buttons and "等待审批" not in theirs[-1].text:
                break
            time.sleep(_LOOK_SECONDS)
        waited.append((time.perf_counter() - began) * 1000)
    name = f"{platform}: tap → both copies updated, p95"
    note = f"{taps} taps; p50 {_part(waited, 0.5):.0f} ms"
    return at_most(name, _part(waited, 0.95), _COPIES_GOAL, "ms", note)


def _last_copies(system: System, chats: Chats, platform: str, accounts: tuple[str, str], taps: int) -> Row:
    """A refusal until neither copy offers anything: where a copy can be replaced once, it is when all ends.

    Half as many taps, because the product shows a person 30 messages a minute.
    """
    requester, manager = (chats.person(platform, account) for account in accounts)
    manager.says("待办")
    waited = []
    for _ in range(taps):
        requester.says("领4包A4纸 用于投标")
        requester.taps(requester.gets("confirm", "−4 包"), "confirm")
        order = f"LY{max(int(name[2:]) for name in system.orders_of(_PEOPLE[0]) if name.startswith('LY'))}"
        card = manager.gets("reject", order)
        began = time.perf_counter()
        manager.taps(card, "reject")
        while any(not (cards := one.cards(order)) or cards[-1].buttons for one in (requester, manager)):
            assert time.perf_counter() - began < _QUIET_SECONDS, "a copy stays open"
            time.sleep(_LOOK_SECONDS)
        waited.append((time.perf_counter() - began) * 1000)
    name = f"{platform}: refusal → both copies closed, p95"
    note = f"{taps} taps; p50 {_part(waited, 0.5):.0f} ms"
    return at_most(name, _part(waited, 0.95), _COPIES_GOAL, "ms", note)


def _bind(system: System, chats: Chats, folder: Path) -> None:
    """The two who request and approve, and those who only ask."""
    employees = [f"employee{number}" for number in range(_EMPLOYEES)]
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "name", "name_en", "department", "roles", "manager"])
        for number, person in enumerate(employees):
            table.writerow([person, f"员工{number}", f"Employee {number}", "行政部", "employee", "lixia"])
    system.command("import", "people", str(folder / "people.csv"))
    bound: list[tuple[str, Sequence[str], Sequence[str]]] = [
        (platform, users, _PEOPLE) for platform, users in {**_REPLACED, **_REPLACED_ONCE}.items()
    ]
    bound += [(platform, _employees(platform), employees) for platform in _ACKNOWLEDGED]
    rows = [
        {"platform": platform, "tenant": chats.fakes[platform].tenant, "user_id": user, "person": person}
        for platform, users, people in bound
        for user, person in zip(users, people, strict=True)
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
