"""Every event of a chat product is kept once, worked on in order and ends in a state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.storage import received
from bot.storage.received import Received
from bot.storage.tables import RECEIVED
from services.kit.errors import NoSuch
from tests.service.bot.conftest import Store


def heard(store: Store, key: str = "k1", **changes: object) -> Received:
    event = Received(
        platform="web",
        tenant="local",
        dedupe_key=key,
        kind="text",
        sender="zhangsan",
        address_kind="direct",
        address="zhangsan",
        door="page",
        body={"text": "领用 A4纸 5包"},
        received_at=store.clock(),
    )
    return replace(event, **changes)  # type: ignore[arg-type]


async def test_a_repeat_is_kept_once_and_keeps_the_first_words(store: Store) -> None:
    assert await store.change(lambda tx: received.keep(tx, heard(store)))
    again = heard(store, body={"text": "领用 A4纸 500包"})
    assert not await store.change(lambda tx: received.keep(tx, again))
    assert await store.read(lambda c: received.get(c, again.cause)) == heard(store)


async def test_one_key_on_two_products_or_tenants_is_two_events(store: Store) -> None:
    events = [heard(store), heard(store, platform="feishu"), heard(store, tenant="other")]
    for event in events:
        assert await store.change(lambda tx, event=event: received.keep(tx, event))  # type: ignore[misc]
    assert len(await store.read(lambda c: received.unfinished(c, 10))) == 3


async def test_what_is_not_finished_comes_oldest_first_and_bounded(store: Store) -> None:
    for number in (3, 1, 2):
        event = heard(store, f"k{number}", received_at=store.clock() + timedelta(seconds=number))
        await store.change(lambda tx, event=event: received.keep(tx, event))  # type: ignore[misc]
    await store.change(lambda tx: received.finish(tx, "web/local/k1", "done"))
    waiting = await store.read(lambda c: received.unfinished(c, 10))
    assert [event.dedupe_key for event in waiting] == ["k2", "k3"]
    assert [event.dedupe_key for event in await store.read(lambda c: received.unfinished(c, 1))] == ["k2"]


@pytest.mark.parametrize("state", ["done", "refused", "parked"])
async def test_an_event_ends_with_its_state(store: Store, state: str) -> None:
    await store.change(lambda tx: received.keep(tx, heard(store)))
    await store.change(lambda tx: received.finish(tx, "web/local/k1", state, "x" * 10_000))
    found = await store.read(lambda c: received.get(c, "web/local/k1"))
    assert found is not None
    assert found.state == state
    assert await store.read(lambda c: received.unfinished(c, 10)) == []


async def test_an_event_that_was_never_kept_cannot_end(store: Store) -> None:
    with pytest.raises(NoSuch):
        await store.change(lambda tx: received.finish(tx, "web/local/k1", "done"))
    assert await store.read(lambda c: received.get(c, "web")) is None


async def test_a_key_may_contain_slashes_but_a_tenant_may_not(store: Store) -> None:
    event = heard(store, "a/b/c")
    await store.change(lambda tx: received.keep(tx, event))
    assert await store.read(lambda c: received.get(c, event.cause)) == event
    with pytest.raises(ValueError, match="slash"):
        heard(store, tenant="a/b")


async def test_hostile_words_are_kept_as_far_as_text_can_hold_them(store: Store) -> None:
    event = heard(store, body={"text": "\x00\ud800<@all>\u202e'; DROP TABLE received; --"})
    assert await store.change(lambda tx: received.keep(tx, event))
    found = await store.read(lambda c: received.get(c, event.cause))
    assert found is not None
    assert found.body == {"text": "\x00\ufffd<@all>\u202e'; DROP TABLE received; --"}


async def test_only_what_ended_long_ago_is_forgotten(store: Store) -> None:
    for key, state in (("k1", "done"), ("k2", "parked"), ("k3", ""), ("k4", "refused")):
        event = heard(store, key)
        await store.change(lambda tx, event=event: received.keep(tx, event))  # type: ignore[misc]
        if state:
            await store.change(
                lambda tx, cause=event.cause, state=state: received.finish(tx, cause, state)  # type: ignore[misc]
            )
    store.clock.turn(days=received.KEEP_DAYS)
    assert await store.change(received.prune) == 0
    store.clock.turn(seconds=1)
    assert await store.change(received.prune) == 2
    assert await left(store) == {"k2", "k3"}
    store.clock.turn(days=received.KEEP_PARKED_DAYS)
    assert await store.change(received.prune) == 1
    assert await left(store) == {"k3"}, "what was never worked on stays"


async def left(store: Store) -> set[str]:
    return set(await store.read(lambda c: c.execute(select(RECEIVED.c.dedupe_key)).scalars().all()))
