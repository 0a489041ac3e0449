"""The relay: every committed event is sent once, in order, whatever happens to broker and process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, select
from structlog.testing import capture_logs

from services.kit import outbox
from services.kit.changes import Transaction
from services.kit.database import Database
from services.kit.ending import ended
from services.kit.events import Announcement, Broker, BrokerDown
from services.kit.outbox import Relay, mark_sent, prune, republish, unsent
from services.kit.reading import Reader
from services.kit.run import _on_timer
from services.kit.service import Runtime, Timer
from services.kit.settings import Settings
from services.kit.tables import OUTBOX
from services.kit.testing import eventually
from services.kit.verify import KIT_CHECKS
from tests.service.kit.bus import TYPE, Bus, Neighbours
from tests.service.kit.shelf import LIXIA, Shelf, create_thing, wanted

ABSENT: Any = None
"""What a relay does not come to before it has its turn."""


async def make(shelf: Shelf, first: int, last: int) -> list[str]:
    """Make things, each with one event; returns their event ids in order."""
    writer = shelf.writer()
    await shelf.make(writer, *[wanted(f"t{number:04}") for number in range(first, last + 1)])
    query = select(OUTBOX.c.event_id).order_by(OUTBOX.c.sequence)
    return await shelf.read(lambda c: list(c.scalars(query)))


async def waiting(shelf: Shelf) -> list[Announcement]:
    return await shelf.read(lambda c: unsent(c, 10_000))


async def nothing_waits(shelf: Shelf) -> None:
    async def sent() -> bool:
        return await waiting(shelf) == []

    await eventually(sent, 20)


async def test_events_reach_the_stream_once_in_order_with_their_attributes(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    ids = await make(shelf, 1, 600)
    await neighbours.relay(shelf.writer())
    await nothing_waits(shelf)
    stored = await bus.stored()
    assert [headers["ce-id"] for headers in stored] == ids
    assert [headers["ce-sequence"] for headers in stored] == [str(number) for number in range(1, 601)]
    attributes = {name: stored[0][name] for name in ("ce-specversion", "ce-type", "ce-source", "ce-subject")}
    assert attributes == {
        "ce-specversion": "1.0",
        "ce-type": TYPE,
        "ce-source": "kuguan.stock.v1",
        "ce-subject": "shelf",
    }
    assert stored[0]["ce-time"] == shelf.clock().isoformat()


async def test_what_was_sent_but_not_marked_is_stored_once(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    ids = await make(shelf, 1, 30)
    # A relay that dies between the broker's answer and the mark, with a batch and with a single event.
    broker = Broker("shelf", bus.url, None)
    await broker.connect()
    events = await waiting(shelf)
    await broker.publish(events[:1])
    await broker.publish(events[1:20])
    await broker.close()
    await neighbours.relay(shelf.writer())
    await nothing_waits(shelf)
    assert [headers["ce-id"] for headers in await bus.stored()] == ids


async def test_a_broker_that_is_away_makes_events_late_and_loses_none(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    task = await neighbours.relay(shelf.writer())
    await make(shelf, 1, 5)
    await nothing_waits(shelf)
    bus.stop()
    ids = await make(shelf, 6, 20)
    await asyncio.sleep(0.5)
    assert len(await waiting(shelf)) >= 15
    await bus.start_again()
    await nothing_waits(shelf)
    assert not task.done()

    async def all_there() -> bool:
        return bus.connection.is_connected and len(await bus.stored()) >= 20

    await eventually(all_there, 20)
    assert [headers["ce-id"] for headers in await bus.stored()] == ids


async def test_events_sent_again_are_new_to_the_broker_and_the_same_to_their_hearers(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    writer = shelf.writer()
    old = await make(shelf, 1, 2)
    shelf.clock.turn(days=1)
    ids = await make(shelf, 3, 5)
    await neighbours.relay(writer)
    await nothing_waits(shelf)
    since = shelf.clock() - timedelta(hours=1)
    assert await writer.act(lambda tx: republish(tx.connection, since)) == 3
    await nothing_waits(shelf)
    assert [headers["ce-id"] for headers in await bus.stored()] == [*ids, *ids[len(old) :]]
    assert await writer.act(lambda tx: republish(tx.connection, since - timedelta(days=2))) == 5
    await nothing_waits(shelf)
    assert len(await bus.stored()) == 13


async def test_only_events_sent_long_ago_are_forgotten_the_oldest_first(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = shelf.writer()
    await make(shelf, 1, 10)
    await neighbours.relay(writer)
    await nothing_waits(shelf)
    await neighbours.stop()
    await make(shelf, 11, 12)
    assert await writer.act(lambda tx: prune(tx.connection, tx.now)) == 0
    shelf.clock.turn(days=outbox.KEEP_SENT_DAYS, seconds=1)
    monkeypatch.setattr(outbox, "PRUNE_AT_ONCE", 4)
    for forgotten in (4, 4, 2, 0):
        assert await writer.act(lambda tx: prune(tx.connection, tx.now)) == forgotten
        for check in KIT_CHECKS:
            assert await shelf.read(check.find) == []
    assert [event.aggregate_sequence for event in await waiting(shelf)] == [11, 12]


async def test_what_has_piled_up_is_forgotten_without_a_rest_between_its_batches(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(shelf, 1, 23)
    writer = shelf.writer()
    events = await waiting(shelf)
    await writer.act(lambda tx: mark_sent(tx.connection, events, tx.now))
    shelf.clock.turn(days=outbox.KEEP_SENT_DAYS, seconds=1)
    monkeypatch.setattr(outbox, "PRUNE_AT_ONCE", 4)
    found: list[int] = []

    def forget(tx: Transaction) -> int:
        found.append(prune(tx.connection, tx.now))
        return found[-1]

    runtime = Runtime(Settings.of("shelf", {}), shelf.database, writer, shelf.reader)
    timer = Timer("forget", 0.01, forget, full=4)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) > 1:
            raise asyncio.CancelledError

    monkeypatch.setattr("services.kit.run.asyncio", SimpleNamespace(sleep=rest))
    with pytest.raises(asyncio.CancelledError):
        await _on_timer(runtime, timer)()
    assert found == [4, 4, 4, 4, 4, 3]


async def test_queries_that_fill_every_reader_delay_the_relay_and_do_not_end_it(
    shelf: Shelf, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kit.reading._WAITING", 8)
    broker = Broker("shelf", bus.url, None)
    await broker.connect()
    reader = Reader(shelf.database)
    gate = threading.Event()
    relay = asyncio.ensure_future(Relay(shelf.database, broker, shelf.writer(), reader).run())
    await asyncio.sleep(0.1)
    asked = [asyncio.ensure_future(reader.look(lambda _: gate.wait(5))) for _ in range(8)]
    await shelf.make(shelf.writer(), wanted("t1"), wanted("t2"))
    await asyncio.sleep(1.5)
    has_ended = relay.done()
    gate.set()
    # The relay may have had one of the places: then one of these was refused.
    await asyncio.gather(*asked, return_exceptions=True)
    assert not has_ended, "a busy moment must not end the service"
    await nothing_waits(shelf)
    await ended([relay])
    reader.stop()
    await broker.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_the_database_cuts_are_opened_again(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    writer = shelf.writer()
    task = await neighbours.relay(writer)
    await make(shelf, 1, 3)
    await nothing_waits(shelf)
    with psycopg.connect(shelf.url, autocommit=True) as other:
        cut = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cut.fetchone() != (0,)
    answers = await shelf.make(writer, wanted("t0004"), wanted("t0005"))
    assert [answer.warehouse.code for answer in answers] == ["t0004", "t0005"]
    await eventually(lambda: _count_is(bus, 5))
    assert not task.done()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_two_processes_one_relays_and_the_other_takes_over(shelf: Shelf) -> None:
    first, second = shelf.open(), shelf.open()
    with first.relay_lock() as mine:
        assert mine
        with second.relay_lock() as also_mine:
            assert not also_mine
    with second.relay_lock() as now_mine:
        assert now_mine
    first.dispose()
    second.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_database_that_does_not_answer_makes_nobody_else_wait(shelf: Shelf) -> None:
    """Here it can answer only while the relay waits for it: both are in one event loop."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        told = b"SFATAL\0C57P03\0Mit is still starting\0\0"
        writer.write(b"E" + (len(told) + 4).to_bytes(4) + told)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = f"postgresql://nobody:nothing@127.0.0.1:{port}/nowhere?sslmode=disable&gssencmode=disable"
    database = Database(address, "shelf")
    with capture_logs() as logs:
        relay = asyncio.ensure_future(Relay(database, ABSENT, ABSENT, ABSENT).run())

        async def answered() -> bool:
            return any("it is still starting" in str(line.get("reason")) for line in logs)

        await eventually(answered)
    await ended([relay])
    server.close()
    database.dispose()


async def test_a_database_without_a_free_connection_delays_the_relay_and_does_not_end_it(
    shelf: Shelf, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(shelf, 1, 3)
    pool: Any = shelf.database.reading.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with ExitStack() as taken, capture_logs() as logs:
        for _ in range(pool.size()):
            taken.enter_context(shelf.database.reading.connect())
        relay = await neighbours.relay(shelf.writer())

        async def waits() -> bool:
            return relay.done() or len([line for line in logs if line["event"] == "events wait"]) >= 2

        await eventually(waits)
        assert not relay.done()
    await nothing_waits(shelf)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_relay_that_ends_while_it_takes_its_turn_leaves_the_turn_to_others(shelf: Shelf) -> None:
    pool: Any = shelf.database.reading.pool
    taken = 0

    def count(*_: Any) -> None:
        nonlocal taken
        taken += 1

    event.listen(shelf.database.reading, "checkout", count)
    with ExitStack() as others:
        for _ in range(pool.size()):
            others.enter_context(shelf.database.reading.connect())
        relay = asyncio.ensure_future(Relay(shelf.database, ABSENT, ABSENT, ABSENT).run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await ended([relay])
        assert relay.cancelled()

    async def came_and_went() -> bool:
        return (taken, pool.checkedout()) == (pool.size() + 1, 0)

    await eventually(came_and_went)
    other = shelf.open()
    with other.relay_lock() as mine:
        assert mine
    other.dispose()


async def test_a_mark_is_for_the_events_that_were_sent_only(shelf: Shelf) -> None:
    await make(shelf, 1, 5)
    events = (await waiting(shelf))[1:3]
    await shelf.writer().act(lambda tx: mark_sent(tx.connection, events, tx.now))
    assert [event.aggregate_sequence for event in await waiting(shelf)] == [1, 4, 5]


async def test_a_mark_leaves_out_what_lies_between_the_events_that_were_sent(shelf: Shelf) -> None:
    await make(shelf, 1, 6)
    writer = shelf.writer()
    await writer.act(lambda tx: mark_sent(tx.connection, [], tx.now))
    first, *_, last = events = await waiting(shelf)
    again = replace(events[3], generation=1)
    await writer.act(lambda tx: mark_sent(tx.connection, [last, again, events[2], first], tx.now))
    assert [event.aggregate_sequence for event in await waiting(shelf)] == [2, 4, 5]


async def test_a_batch_that_was_not_taken_comes_before_the_one_read_meanwhile(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, calls = Broker.publish, []

    async def published(broker: Broker, events: Sequence[Announcement]) -> None:
        calls.append(len(events))
        if len(calls) in (2, 3):
            # What is read and marked meanwhile is there before the refusal.
            await asyncio.sleep(0.2)
            raise BrokerDown("not now")
        await publish(broker, events)

    monkeypatch.setattr(Broker, "publish", published)
    ids = await make(shelf, 1, 700)
    await neighbours.relay(shelf.writer())
    await nothing_waits(shelf)
    assert calls == [outbox.BATCH] * 4 + [700 - 2 * outbox.BATCH]
    assert [headers["ce-id"] for headers in await bus.stored()] == ids


async def test_a_mark_that_comes_late_does_not_keep_an_event_from_being_sent_again(shelf: Shelf) -> None:
    await make(shelf, 1, 2)
    writer = shelf.writer()
    sent = await waiting(shelf)
    await writer.act(lambda tx: mark_sent(tx.connection, sent[:1], tx.now))
    assert await writer.act(lambda tx: republish(tx.connection, datetime(2000, 1, 1, tzinfo=UTC))) == 1
    await writer.act(lambda tx: mark_sent(tx.connection, sent, tx.now))
    assert [(event.aggregate_sequence, event.generation) for event in await waiting(shelf)] == [(1, 1)]


async def test_what_waits_for_its_mark_is_not_asked_for_again(shelf: Shelf) -> None:
    await make(shelf, 1, 5)
    known = {event.row for event in (await waiting(shelf))[1:4]}
    found = await shelf.read(lambda connection: unsent(connection, 2, known))
    assert [event.aggregate_sequence for event in found] == [1, 5]
    # With something between them that is not known.
    gap = {min(known), max(known)}
    found = await shelf.read(lambda connection: unsent(connection, 2, gap))
    assert [event.aggregate_sequence for event in found] == [1, 3]


async def test_an_event_is_sent_soon_after_its_commit(shelf: Shelf, bus: Bus) -> None:
    broker = Broker("shelf", bus.url, None)
    await broker.connect()
    relay = Relay(shelf.database, broker, shelf.writer(), shelf.reader)
    task = asyncio.ensure_future(relay.run())
    await asyncio.sleep(0.1)
    await shelf.writer().submit(create_thing, wanted("a"), LIXIA)
    relay.wake()
    await eventually(lambda: _count_is(bus, 1), 0.5)
    await ended([task])
    await broker.close()


async def _count_is(bus: Bus, number: int) -> bool:
    return len(await bus.stored()) == number
