"""What nobody takes for now, for lack of room or as they are away, is sent later and never given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from bot.chat.errors import RateLimited, Transient
from bot.chat.platform import Address, MessageRef, Text
from bot.sending import BATCH, TRIES, Sender
from bot.shares import AT_ONCE
from bot.storage import deliveries
from services.kit.changes import Transaction
from services.kit.ending import ended
from services.kit.errors import RemoteError, Unreachable
from tests.service.bot.conftest import Store

ENOUGH = 60.0
PLACE = {"platform": "slack", "address_kind": "direct", "address": "U1"}


class Busy:
    """A product that refuses the first calls."""

    name = "slack"

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.said: list[str] = []

    async def send(self, address: Address, content: Text, key: str) -> MessageRef:
        if self.refusals:
            raise self.refusals.pop()
        self.said.append(content.text)
        return MessageRef("slack", {})


class Always:
    """Leases that nobody else asks for."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        return True


async def _queue(store: Store, *keys: str) -> None:
    for key in keys:
        data = {"text": key, "to": PLACE}
        await store.change(lambda tx, key=key, data=data: deliveries.queue(tx, key, "@u", "say", data))  # type: ignore[misc]


async def _send_all(store: Store, product: Busy) -> None:
    """Run the bot's sender until nothing waits."""
    runtime = SimpleNamespace(writer=store.writer, reader=store.reader, database=store.database)
    desk: Any = SimpleNamespace(runtime=runtime)
    ways: Any = SimpleNamespace(at=lambda _: [(product, Address.direct("U1"))])
    leases: Any = Always()
    running = asyncio.create_task(Sender(desk, ways, leases, "one").run())
    try:
        async with asyncio.timeout(ENOUGH):
            while await store.read(deliveries.next_due) is not None:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.02)
    finally:
        await ended([running])


async def test_what_has_no_room_for_long_is_sent_all_the_same_and_in_order(store: Store) -> None:
    await _queue(store, "1", "2")
    product = Busy(*[RateLimited(0.0) for _ in range(2 * TRIES)])
    await _send_all(store, product)
    assert product.said == ["1", "2"]


async def test_waiting_for_room_is_no_try(store: Store) -> None:
    await _queue(store, "1", "2")
    [first] = await store.read(lambda c: deliveries.due(c, store.clock(), 10))
    then = store.clock.turn(seconds=30)
    await store.change(lambda tx: deliveries.postponed(tx, first.sequence, then))
    store.clock.turn(seconds=-1)
    assert await store.read(lambda c: deliveries.due(c, store.clock(), 10)) == [], "nothing overtakes it"
    store.clock.turn(seconds=1)
    [again] = await store.read(lambda c: deliveries.due(c, store.clock(), 10))
    assert (again.key, again.tries) == ("1", 0)


@pytest.mark.parametrize(
    "outage", [Transient("down"), Unreachable(), RemoteError("overloaded", "TOO_BUSY", {"limit": "queue"})]
)
async def test_what_nobody_takes_for_long_is_sent_when_they_are_back(
    store: Store, outage: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sending.TRIES", 3)
    await _queue(store, "1", "2")
    product = Busy(*[outage for _ in range(10)])
    await _send_all(store, product)
    assert product.said == ["1", "2"]


class Choosy(Busy):
    """A product that has no answer to one message, while it takes another."""

    def __init__(self, before_refusing: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.before_refusing = before_refusing
        self.refused = 0

    async def send(self, address: Address, content: Text, key: str) -> MessageRef:
        if content.text == "bad":
            self.refused += 1
            await self.before_refusing()
            raise Transient("500")
        return await super().send(address, content, key)


async def test_what_never_gets_an_answer_while_others_do_is_given_up_and_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sending.TRIES", 3)

    async def another_is_taken() -> None:
        name = f"other {product.refused}"
        data = {"text": name, "to": PLACE}
        await store.change(lambda tx: deliveries.queue(tx, name, "@v", "say", data))
        while name not in product.said:  # noqa: ASYNC110 - nobody tells it
            await asyncio.sleep(0.01)

    product = Choosy(another_is_taken)
    await _queue(store, "bad", "2")
    before = _given_up()
    await _send_all(store, product)
    assert product.refused == 3
    assert product.said[-1] == "2", "it waits for nothing any more"
    assert _given_up() == before + 1


def _given_up() -> float:
    return REGISTRY.get_sample_value("kuguan_deliveries_given_up_total", {"kind": "say"}) or 0.0


async def test_a_product_that_hangs_keeps_no_other_waiting(store: Store) -> None:
    slack, wecom = Busy(), Slow(may_take=asyncio.Event())
    products = {"slack": slack, "wecom": wecom}
    wecom.name = "wecom"

    def queue(tx: Transaction) -> None:
        for number in range(3 * BATCH):
            to = {**PLACE, "platform": "wecom"}
            deliveries.queue(tx, f"w{number}", f"@w{number}", "say", {"text": f"w{number}", "to": to})
        deliveries.queue(tx, "s", "@s", "say", {"text": "s", "to": PLACE})

    await store.change(queue)
    desk: Any = SimpleNamespace(
        runtime=SimpleNamespace(writer=store.writer, reader=store.reader, database=store.database)
    )
    ways: Any = SimpleNamespace(at=lambda to: [(products[to["platform"]], Address.direct("U1"))])
    leases: Any = Always()
    running = asyncio.create_task(Sender(desk, ways, leases, "one").run())
    try:
        async with asyncio.timeout(ENOUGH):
            while not slack.said:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.02)
            assert wecom.said == []
            assert wecom.at_once == AT_ONCE, "no more than its share"
            wecom.may_take.set()
            while await store.read(deliveries.next_due) is not None:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.02)
    finally:
        await ended([running])
    assert sorted(wecom.said) == sorted(f"w{number}" for number in range(3 * BATCH))


class LateReader:
    """The true reader, but its second look is answered only after what it found has been sent."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.looks = 0
        self.has_begun = asyncio.Event()

    async def look(self, question: Any) -> Any:
        self.looks += 1
        found = await self.store.reader.look(question)
        if self.looks == 2:
            self.has_begun.set()
            while await self.store.read(deliveries.next_due) is not None:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.01)
        return found


class Slow(Busy):
    """A product that takes a message only when it is told to."""

    def __init__(self, may_take: asyncio.Event) -> None:
        super().__init__()
        self.may_take = may_take
        self.asked = asyncio.Event()
        self.at_once = 0

    async def send(self, address: Address, content: Text, key: str) -> MessageRef:
        self.asked.set()
        self.at_once += 1
        await self.may_take.wait()
        self.at_once -= 1
        return await super().send(address, content, key)


async def test_what_was_found_before_it_was_sent_is_not_sent_again(store: Store) -> None:
    await _queue(store, "1")
    reader = LateReader(store)
    product = Slow(may_take=reader.has_begun)
    desk: Any = SimpleNamespace(
        runtime=SimpleNamespace(writer=store.writer, reader=reader, database=store.database)
    )
    ways: Any = SimpleNamespace(at=lambda _: [(product, Address.direct("U1"))])
    leases: Any = Always()
    sender = Sender(desk, ways, leases, "one")
    running = asyncio.create_task(sender.run())
    try:
        async with asyncio.timeout(ENOUGH):
            await product.asked.wait()
            sender.wake()
            while reader.looks < 4:
                sender.wake()
                await asyncio.sleep(0.02)
    finally:
        await ended([running])
    assert product.said == ["1"]
