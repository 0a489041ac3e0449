"""The inbox: every event once, in its aggregate's order, or parked with its reason and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from kuguan.stock.v1.events_pb2 import WarehouseAnnounced
from nats.errors import Error as NatsError
from sqlalchemy import func, select
from structlog.testing import capture_logs

from services.kit import inbox
from services.kit.changes import Told, Transaction, reacts_in_groups
from services.kit.heard import Heard
from services.kit.inbox import Outcome, retry_parked
from services.kit.tables import ATTEMPTS, HEARD, INBOX, PARKED
from services.kit.testing import eventually
from services.kit.verify import KIT_CHECKS
from services.kit.writing import Writer
from tests.service.kit.bus import TYPE, Bus, Neighbours, codes, told
from tests.service.kit.shelf import Shelf, held


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of tries with shorter pauses."""
    monkeypatch.setattr(inbox, "PAUSES", (0.02,) * 8)
    monkeypatch.setattr(inbox, "GAP_PAUSE_SECONDS", 0.05)


async def things_are(shelf: Shelf, *wanted: str) -> None:
    async def equal() -> bool:
        return await shelf.things() == set(wanted)

    await eventually(equal)


async def parked(shelf: Shelf) -> list[tuple[str, int, str]]:
    query = select(PARKED.c.aggregate, PARKED.c.aggregate_sequence, PARKED.c.reason)
    order = (PARKED.c.aggregate, PARKED.c.aggregate_sequence)
    return await shelf.read(lambda c: [tuple(row) for row in c.execute(query.order_by(*order))])


async def retry(shelf: Shelf, neighbours: Neighbours, writer: Writer) -> tuple[int, int]:
    reactions = neighbours.reactions()
    return await writer.act(lambda tx: retry_parked(tx, reactions))


async def test_events_are_applied_in_order_each_with_its_own_announcement(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    await bus.tell(*[told(f"t{number:03}", number) for number in range(1, 151)])
    await eventually(bus.settled)
    assert codes(await shelf.events()) == [f"t{number:03}" for number in range(1, 151)]
    assert neighbours.tries == codes(await shelf.events())
    for check in KIT_CHECKS:
        assert await shelf.read(check.find) == []


async def test_an_event_delivered_again_has_no_second_effect(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    first, second = told("a", 1), told("b", 2)
    await bus.tell(first, second)
    # Sent again on purpose: new messages for the broker, the same events.
    await bus.tell(replace(first, generation=1), replace(second, generation=1), told("c", 3))
    await eventually(bus.settled)
    assert neighbours.tries == ["a", "b", "c"]
    assert len(await bus.stored()) == 5


async def test_events_that_arrive_in_the_wrong_order_are_applied_in_the_right_one(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    await bus.tell(told("d", 4), told("b", 2), told("c", 3))
    await asyncio.sleep(0.2)
    assert neighbours.tries == []
    await bus.tell(told("a", 1))
    await eventually(bus.settled)
    assert neighbours.tries == ["a", "b", "c", "d"]


async def test_a_gap_holds_its_own_aggregate_only(shelf: Shelf, bus: Bus, neighbours: Neighbours) -> None:
    await neighbours.hear(shelf.writer())
    await bus.tell(told("a1", 1, "a"), told("a3", 3, "a"), told("b1", 1, "b"), told("b2", 2, "b"))
    await things_are(shelf, "a1", "b1", "b2")
    assert not await bus.settled()
    await bus.tell(told("a2", 2, "a"))
    await eventually(bus.settled)
    assert neighbours.tries == ["a1", "b1", "b2", "a2", "a3"]


async def test_a_reaction_that_fails_at_first_leaves_nothing_behind_and_is_tried_again(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    neighbours.failing = {"a"}
    await neighbours.hear(shelf.writer())
    await bus.tell(told("a", 1), told("b", 2))

    async def tried() -> bool:
        return len(neighbours.tries) >= 3

    await eventually(tried)
    neighbours.failing = set()
    await eventually(bus.settled)
    assert codes(await shelf.events()) == ["a", "b"]
    assert await parked(shelf) == []


async def test_a_poisoned_event_is_parked_with_those_behind_it_and_others_flow(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    neighbours.failing = {"a2"}
    with capture_logs() as logged:
        await neighbours.hear(shelf.writer())
        await bus.tell(told("a1", 1, "a"), told("a2", 2, "a"), told("a3", 3, "a"))
        await bus.tell(told("b1", 1, "b"), told("b2", 2, "b"))
        await eventually(bus.settled)
    await bus.tell(told("a4", 4, "a"), told("b3", 3, "b"))
    await eventually(bus.settled)
    assert await shelf.things() == {"a1", "b1", "b2", "b3"}
    # Where it came together with others, that is no try of its own.
    assert len([entry for entry in logged if entry["event"] == "reaction failed"]) == inbox.TRIES
    assert await parked(shelf) == [
        ("a", 2, "ValueError: cannot take a2"),
        ("a", 3, "an earlier event of the same aggregate is parked"),
        ("a", 4, "an earlier event of the same aggregate is parked"),
    ]
    assert sorted(letter["ce-sequence"] for letter in await bus.dead()) == ["2", "3", "4"]
    assert await shelf.read(lambda c: c.scalar(select(func.count()).select_from(ATTEMPTS))) == 0


async def test_events_that_come_together_share_a_commit_and_a_failing_one_harms_no_other(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    neighbours.failing = {"b"}
    writer = shelf.writer()
    first = told("a", 1, "a")
    with held(writer):
        # All of it has arrived before the first is applied.
        await neighbours.hear(writer)
        await bus.tell(first, told("b", 1, "b"), told("c", 1, "c"), told("a2", 2, "a"))
        await bus.tell(replace(first, generation=1), told("d4", 4, "d"), told("c2", 2, "c"))
        await asyncio.sleep(0.3)
    await things_are(shelf, "a", "a2", "c", "c2")
    neighbours.failing = set()
    await things_are(shelf, "a", "a2", "b", "c", "c2")
    order = codes(await shelf.events())
    assert [code for code in order if code in ("a", "a2")] == ["a", "a2"]
    assert sorted(order) == ["a", "a2", "b", "c", "c2"]
    assert await shelf.read(lambda c: c.scalar(select(func.count()).select_from(INBOX))) == 5
    for check in KIT_CHECKS:
        assert await shelf.read(check.find) == []


async def test_a_group_reaction_takes_what_stands_together_each_event_in_its_own_trace(shelf: Shelf) -> None:
    seen: list[list[tuple[str, str]]] = []

    @reacts_in_groups
    def react(tx: Transaction, told_: Sequence[Told[Any]]) -> None:
        seen.append([(one.message.warehouse.code, one.trace) for one in told_])

    alone: list[str] = []
    reactions: dict[str, inbox.Reaction] = {
        TYPE: react,
        WarehouseAnnounced.DESCRIPTOR.full_name: lambda tx, event: alone.append(tx.trace),
    }
    traces = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 6)]
    events = [replace(_as_heard(f"t{number}", number), event_id=f"e{number}") for number in range(1, 6)]
    events = [
        replace(event, headers={"traceparent": trace}) for event, trace in zip(events, traces, strict=True)
    ]
    events[2] = replace(events[2], event_type=WarehouseAnnounced.DESCRIPTOR.full_name)
    together = [events[0], events[1], events[1], events[2], events[4], events[3], events[4]]
    outcomes = await shelf.writer().act(lambda tx: inbox.apply(tx, reactions, together))
    applied, repeated, early = Outcome.APPLIED, Outcome.REPEATED, Outcome.EARLY
    assert outcomes == [applied, applied, repeated, applied, early, applied, applied]
    assert seen == [[("t1", traces[0]), ("t2", traces[1])], [("t4", traces[3]), ("t5", traces[4])]]
    assert alone == [traces[2]]


async def test_parked_events_are_applied_in_order_once_the_fault_is_gone(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    neighbours.failing = {"a1", "b1"}
    writer = shelf.writer()
    await neighbours.hear(writer)
    await bus.tell(told("a1", 1, "a"), told("b1", 1, "b"), told("a2", 2, "a"), told("a3", 3, "a"))
    await eventually(bus.settled)
    assert await retry(shelf, neighbours, writer) == (0, 4)
    neighbours.failing = {"b1"}
    assert await retry(shelf, neighbours, writer) == (3, 1)
    assert codes(await shelf.events()) == ["a1", "a2", "a3"]
    await bus.tell(told("a4", 4, "a"))
    await things_are(shelf, "a1", "a2", "a3", "a4")
    neighbours.failing = set()
    assert await retry(shelf, neighbours, writer) == (1, 0)
    assert await retry(shelf, neighbours, writer) == (0, 0)
    assert await parked(shelf) == []


async def test_an_event_of_an_unknown_type_is_parked_at_once_and_never_thrown_away(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    future = told("a", 1, event_type="kuguan.stock.v1.SomethingOfNextYear")
    await bus.tell(future, told("b", 2))
    await eventually(bus.settled)
    found = await parked(shelf)
    assert [(aggregate, sequence) for aggregate, sequence, _ in found] == [("shelf", 1), ("shelf", 2)]
    assert "SomethingOfNextYear" in found[0][2]
    assert await shelf.things() == set()


async def test_an_event_without_a_reaction_only_moves_the_sequence_on(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    name = WarehouseAnnounced.DESCRIPTOR.full_name
    await bus.tell(told("a", 1), told("b", 2, event_type=name), told("c", 3))
    await eventually(bus.settled)
    assert neighbours.tries == ["a", "c"]
    assert await shelf.read(lambda c: c.scalar(select(HEARD.c.last_sequence))) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"ce-sequence": "0"}, {"ce-sequence": "-1"}, {"ce-sequence": "x"}, {"ce-sequence": ""},
        {"ce-sequence": "1.0"}, {"ce-sequence": "²"}, {"ce-sequence": "9" * 30}, {"ce-sequence": "9" * 5000},
        {"ce-id": ""}, {"ce-type": ""}, {"ce-type": "kuguan.orders.v1.OrderPlaced"}, {"ce-subject": "other"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_event_whose_attributes_make_no_sense_is_parked_and_harms_nobody(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, changes: dict[str, str]
) -> None:
    task = await neighbours.hear(shelf.writer())
    strange = told("strange", 1)
    await bus.raw(strange.subject, strange.payload, strange.headers() | changes)
    await bus.tell(told("a", 1))
    await eventually(bus.settled)
    assert not task.done()
    assert await shelf.things() == {"a"}
    assert len(await parked(shelf)) == 1
    assert len(await bus.dead()) == 1


async def test_a_message_without_any_attributes_is_parked(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    await bus.raw(f"{TYPE}.shelf", b"\xff\x00", {})
    await bus.tell(told("a", 1))
    await eventually(bus.settled)
    assert await shelf.things() == {"a"}
    assert len(await parked(shelf)) == 1


async def test_a_broken_payload_is_parked_with_its_bytes(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    await neighbours.hear(shelf.writer())
    await bus.tell(told("a", 1, payload=b"\xff\xff\xff"))
    await eventually(bus.settled)
    assert len(await parked(shelf)) == 1
    assert await shelf.read(lambda c: c.scalar(select(PARKED.c.payload))) == b"\xff\xff\xff"


async def test_what_was_applied_but_not_acknowledged_is_not_applied_again(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = shelf.writer()
    acknowledge = inbox._answer

    async def lost(sending: Any) -> None:
        sending.close()

    monkeypatch.setattr(inbox, "_answer", lost)
    await neighbours.hear(writer)
    await bus.tell(told("a", 1), told("b", 2))
    await things_are(shelf, "a", "b")
    await neighbours.stop()
    monkeypatch.setattr(inbox, "_answer", acknowledge)
    # The broker delivers again after 30 s without an answer; here the same events simply come again.
    event = await shelf.read(lambda c: c.execute(select(INBOX.c.event_id)).scalars().all())
    assert len(event) == 2
    await neighbours.hear(writer)
    await bus.tell(told("c", 3))
    await things_are(shelf, "a", "b", "c")
    assert neighbours.tries == ["a", "b", "c"]


async def test_a_hearer_stopped_in_the_middle_goes_on_where_it_was(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    writer = shelf.writer()
    await neighbours.hear(writer)
    with held(writer):
        await bus.tell(*[told(f"t{number:02}", number) for number in range(1, 41)])
        await asyncio.sleep(0.2)
        await neighbours.stop()
    assert await shelf.writer().act(lambda tx: True)
    taken = len(await shelf.things())
    second = shelf.writer()
    await neighbours.hear(second)
    repeats = [
        await second.act(
            lambda tx, number=number: inbox.apply(  # type: ignore[misc]
                tx, neighbours.reactions(), [_as_heard(f"t{number:02}", number)]
            )
        )
        for number in range(1, taken + 1)
    ]
    assert repeats == [[Outcome.REPEATED]] * taken
    assert len(set(neighbours.tries)) == len(neighbours.tries)


def _as_heard(code: str, sequence: int) -> Heard:
    event = told(code, sequence)
    return Heard(event.event_id, TYPE, "kuguan.stock.v1", "shelf", sequence, event.payload, {})


async def test_a_broker_that_restarts_delays_events_and_loses_none(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    task = await neighbours.hear(shelf.writer())
    await bus.tell(told("a", 1))
    await things_are(shelf, "a")
    bus.stop()
    await asyncio.sleep(0.2)
    await bus.start_again()

    async def tell() -> bool:
        try:
            await bus.tell(told("b", 2))
        except (NatsError, TimeoutError):
            return False  # the stream is not back yet
        return True

    await eventually(tell, 20)

    async def heard() -> bool:
        return "b" in await shelf.things()

    await eventually(heard, 20)
    assert not task.done()
    assert neighbours.tries == ["a", "b"]


async def test_ids_of_long_ago_are_forgotten_and_their_events_still_not_applied_again(
    shelf: Shelf, bus: Bus, neighbours: Neighbours
) -> None:
    neighbours.failing = {"b"}
    writer = shelf.writer()
    await neighbours.hear(writer)
    first = told("a", 1)
    await bus.tell(first, told("b", 1, "other"))

    async def tried() -> bool:
        return neighbours.tries.count("b") >= 2

    await eventually(tried)
    neighbours.failing = set()
    await eventually(bus.settled)
    assert await writer.act(lambda tx: inbox.prune(tx.connection, tx.now)) == 0
    shelf.clock.turn(days=inbox.KEEP_DAYS, seconds=1)
    assert await writer.act(lambda tx: inbox.prune(tx.connection, tx.now)) == 2
    assert await shelf.read(lambda c: c.scalar(select(func.count()).select_from(ATTEMPTS))) == 0
    tried_before = neighbours.tries.count("a")
    await bus.tell(replace(first, generation=1), told("c", 2))
    await eventually(bus.settled)
    assert neighbours.tries.count("a") == tried_before
    assert await shelf.things() == {"a", "b", "c"}


async def test_what_waits_behind_an_event_that_is_tried_again_is_not_called_missing(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "GAP_ALARM_SECONDS", 1.0)
    monkeypatch.setattr(inbox, "PAUSES", (0.3,) * len(inbox.PAUSES))
    neighbours.failing = {"a"}
    with capture_logs() as logged:
        await neighbours.hear(shelf.writer())
        await bus.tell(told("a", 1), told("b", 2))
        await eventually(bus.settled)
    assert len(await parked(shelf)) == 2
    assert not [entry for entry in logged if entry["event"] == "an event is missing"]
