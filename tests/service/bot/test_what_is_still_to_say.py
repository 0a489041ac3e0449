"""Deliveries leave in order for each person, once for each key, and nothing overtakes a failed one."""

from __future__ import annotations

from datetime import timedelta

from bot.storage import deliveries
from bot.storage.deliveries import Delivery
from tests.service.bot.conftest import Store


async def queue(store: Store, key: str, person: str = "zhangsan", cause: str = "") -> bool:
    return await store.change(
        lambda tx: deliveries.queue(tx, key, person, "text", {"text": key}, cause=cause)
    )


async def due(store: Store, limit: int = 10) -> list[Delivery]:
    return await store.read(lambda c: deliveries.due(c, store.clock(), limit))


async def keys(store: Store, limit: int = 10) -> list[str]:
    return [delivery.key for delivery in await due(store, limit)]


async def test_a_known_key_does_nothing_also_after_it_was_sent(store: Store) -> None:
    assert await queue(store, "a")
    assert not await queue(store, "a")
    (delivery,) = await due(store)
    assert (delivery.data, delivery.tries, delivery.created_at) == ({"text": "a"}, 0, store.clock())
    await store.change(lambda tx: deliveries.sent(tx, delivery.sequence))
    assert not await queue(store, "a")
    assert await due(store) == []


async def test_each_person_gets_only_the_oldest(store: Store) -> None:
    for key, person in (("z1", "zhangsan"), ("l1", "lixia"), ("z2", "zhangsan"), ("l2", "lixia")):
        await queue(store, key, person)
    assert await keys(store) == ["z1", "l1"]
    assert await keys(store, limit=1) == ["z1"]
    first = (await due(store))[0]
    await store.change(lambda tx: deliveries.sent(tx, first.sequence))
    assert await keys(store) == ["l1", "z2"]


async def test_what_is_on_its_way_leaves_room_for_others_and_keeps_its_place(store: Store) -> None:
    for key, person in (("z1", "zhangsan"), ("z2", "zhangsan"), ("l1", "lixia"), ("w1", "wangwu")):
        await queue(store, key, person)
    flying = [delivery.sequence for delivery in await due(store, 2)]
    found = await store.read(lambda c: deliveries.due(c, store.clock(), 2, flying))
    assert [delivery.key for delivery in found] == ["w1"], "nothing overtakes z1"
    assert await keys(store, limit=0) == []


async def test_news_do_not_wait_for_a_card_that_is_renewed(store: Store) -> None:
    for key in ("c1", "c2"):
        await renew(store, key)
    await queue(store, "z1")
    await queue(store, "z2")
    assert await keys(store) == ["z1", "c1"]


async def renew(store: Store, key: str) -> None:
    await store.change(lambda tx: deliveries.queue(tx, key, "zhangsan", "renew", {"card": key}))


async def test_nothing_overtakes_a_failed_delivery(store: Store) -> None:
    await queue(store, "z1")
    await queue(store, "z2")
    await queue(store, "l1", "lixia")
    first = (await due(store))[0]
    later = store.clock() + timedelta(seconds=30)
    await store.change(lambda tx: deliveries.failed(tx, first.sequence, "e" * 10_000, later))
    assert await keys(store) == ["l1"]
    store.clock.turn(seconds=30)
    again = (await due(store))[0]
    assert (again.key, again.tries) == ("z1", 1)


async def test_what_is_given_up_lets_the_next_one_go(store: Store) -> None:
    await queue(store, "z1")
    await queue(store, "z2")
    first = (await due(store))[0]
    await store.change(lambda tx: deliveries.given_up(tx, first.sequence, "left the company"))
    assert await keys(store) == ["z2"]
    # A late word about the first one changes nothing.
    await store.change(lambda tx: deliveries.failed(tx, first.sequence, "late", store.clock()))
    assert await keys(store) == ["z2"]


async def test_a_cause_is_settled_when_all_of_it_left(store: Store) -> None:
    await queue(store, "a", cause="web/local/k1")
    await queue(store, "b", "lixia", cause="web/local/k1")
    await queue(store, "c", cause="web/local/k2")
    assert await store.read(lambda c: deliveries.open_of(c, "web/local/k1")) == 2
    first, second = await due(store)
    await store.change(lambda tx: deliveries.sent(tx, first.sequence))
    await store.change(lambda tx: deliveries.given_up(tx, second.sequence, "gone"))
    assert await store.read(lambda c: deliveries.open_of(c, "web/local/k1")) == 0
    assert await store.read(lambda c: deliveries.open_of(c, "web/local/k2")) == 1


async def test_the_next_moment_to_send_is_that_of_somebodys_oldest(store: Store) -> None:
    assert await store.read(deliveries.next_due) is None
    await queue(store, "z1")
    first = (await due(store))[0]
    later = store.clock() + timedelta(minutes=5)
    await store.change(lambda tx: deliveries.failed(tx, first.sequence, "busy", later))
    await queue(store, "z2")
    # z2 is ready, but it waits behind z1.
    assert await store.read(deliveries.next_due) == later
    await queue(store, "l1", "lixia")
    assert await store.read(deliveries.next_due) == store.clock()


async def test_only_what_left_long_ago_is_forgotten(store: Store) -> None:
    await queue(store, "z1")
    await queue(store, "z2")
    first = (await due(store))[0]
    await store.change(lambda tx: deliveries.sent(tx, first.sequence))
    store.clock.turn(days=deliveries.KEEP_DAYS, seconds=1)
    assert await store.change(deliveries.prune) == 1
    assert await keys(store) == ["z2"]
