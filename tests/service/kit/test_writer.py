"""The writer: changes answered after their commit, repeats answered again, refusals that harm nobody."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from services.kit import telemetry
from services.kit.changes import Transaction
from services.kit.errors import (
    Duplicate,
    InternalFault,
    InvalidField,
    KuguanError,
    RequestIdReused,
    TooBusy,
    Unreachable,
)
from services.kit.tables import REQUESTS
from services.kit.writing import Limits
from tests.service.kit import shelf as shelves
from tests.service.kit.shelf import (
    LIXIA,
    THINGS,
    ZHANGSAN,
    Crash,
    Shelf,
    create_thing,
    create_things,
    create_watched_thing,
    held,
    wanted,
)


def outcomes(answers: list[Any]) -> list[str]:
    """Each answer as the code it made or the reason it was refused for."""
    return [answer.reason if isinstance(answer, KuguanError) else answer.warehouse.code for answer in answers]


async def test_an_answer_comes_after_its_commit_with_event_answer_and_audit_row(shelf: Shelf) -> None:
    answer = await shelf.writer().submit(create_thing, wanted("a"), LIXIA)
    assert answer.warehouse.code == "a"
    assert await shelf.things() == {"a"}
    assert await shelf.events() == [("a", 1)]
    assert await shelf.audited() == [("lixia", "a", "done")]
    assert await shelf.answered() == {"request-a"}


async def test_a_reader_sees_one_moment_whatever_is_committed_meanwhile(shelf: Shelf) -> None:
    """A figure and the row it was made from would contradict each other otherwise."""
    writer = shelf.writer()
    await writer.submit(create_thing, wanted("a"), LIXIA)
    has_looked, may_go_on = threading.Event(), threading.Event()

    def look_twice(connection: Connection) -> list[set[str]]:
        first = set(connection.execute(select(THINGS.c.code)).scalars())
        has_looked.set()
        assert may_go_on.wait(10)
        return [first, set(connection.execute(select(THINGS.c.code)).scalars())]

    looking = asyncio.create_task(shelf.reader.look(look_twice))
    await asyncio.to_thread(has_looked.wait, 10)
    await writer.submit(create_thing, wanted("b"), LIXIA)
    may_go_on.set()
    assert await looking == [{"a"}, {"a"}]
    assert await shelf.things() == {"a", "b"}


async def test_what_waits_shares_a_commit_and_keeps_its_order(shelf: Shelf) -> None:
    writer = shelf.writer()
    with held(writer):
        asked = [writer.submit(create_thing, wanted(f"t{number:03}"), LIXIA) for number in range(200)]
    await asyncio.gather(*asked)
    assert shelf.commits <= 3
    assert await shelf.events() == [(f"t{number:03}", number + 1) for number in range(200)]


async def test_an_idle_writer_commits_at_once(shelf: Shelf) -> None:
    writer = shelf.writer(Limits(linger_seconds=5.0))
    started = time.monotonic()
    await writer.submit(create_thing, wanted("a"), LIXIA)
    assert time.monotonic() - started < 2.0


async def test_two_steps_that_met_are_no_crowd_to_wait_for(shelf: Shelf) -> None:
    writer = shelf.writer(Limits(linger_seconds=5.0))
    with held(writer):
        met = [writer.submit(create_thing, wanted(code), LIXIA) for code in ("a", "b")]
    await asyncio.gather(*met)
    started = time.monotonic()
    await writer.submit(create_thing, wanted("c"), LIXIA)
    assert time.monotonic() - started < 2.0


@pytest.mark.parametrize("command", [create_thing, create_things])
async def test_a_repeat_gets_the_first_answer_and_has_no_effect(shelf: Shelf, command: Any) -> None:
    writer = shelf.writer()
    with held(writer):
        together = [writer.submit(command, wanted("a"), LIXIA) for _ in range(5)]
    answers = await asyncio.gather(*together)
    answers.append(await writer.submit(command, wanted("a"), LIXIA))
    await writer.stop()
    answers.append(await shelf.writer().submit(command, wanted("a"), LIXIA))
    assert {answer.SerializeToString() for answer in answers} == {answers[0].SerializeToString()}
    assert await shelf.events() == [("a", 1)]


async def test_a_request_id_belongs_to_its_command_person_and_content(shelf: Shelf) -> None:
    writer = shelf.writer()
    await writer.submit(create_thing, wanted("a"), LIXIA)
    with pytest.raises(RequestIdReused) as other_content:
        await writer.submit(create_thing, wanted("b", request_id="request-a"), LIXIA)
    assert other_content.value.facts == {"request_id": "request-a"}
    with pytest.raises(RequestIdReused):
        await writer.submit(create_thing, wanted("a"), ZHANGSAN)
    with pytest.raises(RequestIdReused):
        await writer.submit(create_watched_thing, wanted("a"), LIXIA)
    with held(writer):
        both = [
            writer.submit(create_thing, wanted("c", request_id="request-c"), LIXIA),
            writer.submit(create_thing, wanted("d", request_id="request-c"), LIXIA),
        ]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert outcomes(answers) == ["c", "REQUEST_ID_REUSED"]
    assert await shelf.things() == {"a", "c"}


async def test_a_refused_request_may_be_asked_again_under_its_id(shelf: Shelf) -> None:
    writer = shelf.writer()
    with pytest.raises(Duplicate):
        await writer.submit(create_thing, wanted("a", "refused"), LIXIA)
    assert await shelf.answered() == set()
    answer = await writer.submit(create_thing, wanted("a", request_id="request-a"), LIXIA)
    assert answer.warehouse.code == "a"


@pytest.mark.parametrize("request_id", ["", "short", "a b c d e f", "页" * 9, "x" * 81, "x" * 1_000_000])
async def test_a_write_without_a_good_request_id_is_refused(shelf: Shelf, request_id: str) -> None:
    request = wanted("a")
    request.request_id = request_id
    with pytest.raises(InvalidField, match="request_id"):
        shelf.writer().submit(create_thing, request, LIXIA)


async def test_a_caller_who_goes_away_stops_nothing(shelf: Shelf) -> None:
    writer = shelf.writer()
    with held(writer):
        asked = [writer.submit(create_thing, wanted(f"t{number}"), LIXIA) for number in range(3)]
        asked[1].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(answers[1], asyncio.CancelledError)
    assert await shelf.things() == {"t0", "t1", "t2"}
    repeated = await writer.submit(create_thing, wanted("t1"), LIXIA)
    assert repeated.warehouse.code == "t1"
    assert len(await shelf.events()) == 3


async def test_one_refusal_harms_nobody_and_leaves_no_trace(shelf: Shelf) -> None:
    faults = {3: "refused", 7: "crash", 11: "impossible"}
    writer = shelf.writer()
    requests = [wanted(f"t{number:02}", faults.get(number, "")) for number in range(20)]
    with held(writer):
        asked = [writer.submit(create_thing, request, LIXIA) for request in requests]
    answers = outcomes(await asyncio.gather(*asked, return_exceptions=True))
    assert (answers[3], answers[7], answers[11]) == ("DUPLICATE", "INTERNAL_FAULT", "INTERNAL_FAULT")
    good = [f"t{number:02}" for number in range(20) if number not in faults]
    assert [answer for answer in answers if answer.startswith("t")] == good
    assert await shelf.things() == set(good)
    assert await shelf.events() == [(code, place) for place, code in enumerate(good, 1)]
    assert await shelf.audited() == [("lixia", code, "done") for code in good]
    assert await shelf.answered() == {f"request-{code}" for code in good}


async def test_a_fault_of_ours_tells_the_caller_nothing(shelf: Shelf) -> None:
    with pytest.raises(InternalFault) as fault:
        await shelf.writer().submit(create_thing, wanted("secret-code", "crash"), LIXIA)
    assert (str(fault.value), fault.value.facts) == ("INTERNAL_FAULT()", {})


async def test_a_watched_refusal_is_recorded_though_its_effect_is_not(shelf: Shelf) -> None:
    writer = shelf.writer()
    answers = await shelf.make(
        writer, wanted("a", "refused"), wanted("b", "crash"), wanted("c"), command=create_watched_thing
    )
    assert outcomes(answers) == ["DUPLICATE", "INTERNAL_FAULT", "c"]
    assert await shelf.audited() == [
        ("lixia", "request-a", "DUPLICATE"),
        ("lixia", "request-b", "INTERNAL_FAULT"),
        ("lixia", "c", "done"),
    ]


async def test_a_group_command_runs_once_for_all_that_wait(shelf: Shelf) -> None:
    writer = shelf.writer()
    with held(writer):
        asked = [writer.submit(create_things, wanted(f"t{number:02}"), LIXIA) for number in range(30)]
        asked.append(writer.submit(create_things, wanted("t05", request_id="another-one"), ZHANGSAN))
    answers = outcomes(await asyncio.gather(*asked, return_exceptions=True))
    assert answers == [*(f"t{number:02}" for number in range(30)), "DUPLICATE"]
    assert shelves.GROUPS == [31]
    assert len(await shelf.events()) == 30
    assert "another-one" not in await shelf.answered()


async def test_what_a_command_refuses_beforehand_is_refused_at_once_and_harms_nobody(shelf: Shelf) -> None:
    writer = shelf.writer()
    refused = telemetry.COMMANDS.labels("shelf", "create_things", "INVALID_FIELD")
    before = refused._value.get()
    with held(writer), pytest.raises(InvalidField):
        await writer.submit(create_things, wanted(""), LIXIA)
    answers = await shelf.make(writer, wanted("a"), wanted(""), wanted("b"), command=create_things)
    assert outcomes(answers) == ["a", "INVALID_FIELD", "b"]
    assert refused._value.get() == before + 2
    assert await shelf.things() == {"a", "b"}


async def test_a_group_that_fails_as_a_whole_is_decided_one_by_one(shelf: Shelf) -> None:
    writer = shelf.writer()
    with held(writer):
        asked = [
            writer.submit(create_things, wanted("a"), LIXIA),
            writer.submit(create_things, wanted("b", "crash"), LIXIA),
            writer.submit(create_things, wanted("impossible"), LIXIA),
            writer.submit(create_things, wanted("c"), ZHANGSAN),
        ]
    answers = outcomes(await asyncio.gather(*asked, return_exceptions=True))
    assert answers == ["a", "INTERNAL_FAULT", "INTERNAL_FAULT", "c"]
    assert shelves.GROUPS == [4, 1, 1, 1, 1]
    assert await shelf.events() == [("a", 1), ("c", 2)]
    owners = await shelf.read(lambda c: dict(c.execute(select(THINGS.c.code, THINGS.c.owner)).all()))
    assert owners == {"a": "lixia", "c": "zhangsan"}


async def test_group_commands_and_single_ones_keep_the_order_they_were_asked_in(shelf: Shelf) -> None:
    writer = shelf.writer()
    commands = [
        create_things,
        create_things,
        create_thing,
        create_things,
        create_watched_thing,
        create_things,
    ]
    with held(writer):
        asked = [
            writer.submit(command, wanted(f"t{number}"), LIXIA) for number, command in enumerate(commands)
        ]
    await asyncio.gather(*asked)
    assert [code for code, _ in await shelf.events()] == [f"t{number}" for number in range(6)]
    assert shelves.GROUPS == [2, 1, 1]


async def test_over_its_bound_the_writer_refuses_at_once_and_serves_what_it_took(shelf: Shelf) -> None:
    writer = shelf.writer(Limits(queued=10))
    requests = [wanted(f"t{number:02}") for number in range(40)]
    with held(writer):
        asking = [writer.submit(create_thing, request, LIXIA) for request in requests[:8]]
        with pytest.raises(TooBusy) as busy:
            await writer.submit_many(create_thing, requests[8:], LIXIA)
        assert busy.value.limit == "writer_queue"
        asking.append(writer.submit(create_thing, requests[8], LIXIA))
        with pytest.raises(TooBusy):
            writer.submit(create_thing, wanted("late"), LIXIA)
    # The tenth place was taken by what held the writer.
    assert len(await asyncio.gather(*asking)) == 9
    assert len(await shelf.things()) == 9


async def test_an_action_of_the_service_fails_alone_with_its_own_error(shelf: Shelf) -> None:
    writer = shelf.writer()

    def fail(tx: Transaction) -> None:
        tx.connection.execute(insert(THINGS), {"code": "half", "owner": ""})
        raise Crash("half way")

    with held(writer):
        failing = writer.act(fail)
        good = writer.submit(create_thing, wanted("a"), LIXIA)
    with pytest.raises(Crash, match="half way"):
        await failing
    await good
    assert await shelf.things() == {"a"}


async def test_stopping_finishes_what_was_taken_and_takes_no_more(shelf: Shelf) -> None:
    writer = shelf.writer()
    with held(writer):
        asked = [writer.submit(create_thing, wanted(f"t{number}"), LIXIA) for number in range(50)]
        stopping = asyncio.ensure_future(writer.stop())
        await asyncio.sleep(0.05)
        with pytest.raises(TooBusy):
            writer.submit(create_thing, wanted("late"), LIXIA)
    await stopping
    assert len(await asyncio.gather(*asked)) == 50
    assert len(await shelf.things()) == 50
    with pytest.raises(KuguanError):
        await asyncio.wait_for(writer.act(lambda tx: None), 2)


async def test_two_processes_write_side_by_side_without_gap_or_repeat(shelf: Shelf) -> None:
    writers = [shelf.writer(), shelf.writer(database=shelf.open())]
    asked = [
        writers[number % 2].submit(create_thing, wanted(f"t{number:03}"), LIXIA) for number in range(100)
    ]
    await asyncio.gather(*asked)
    events = await shelf.events()
    assert [place for _, place in events] == list(range(1, 101))
    assert {code for code, _ in events} == {f"t{number:03}" for number in range(100)}
    assert len(await shelf.audited()) == 100


async def test_one_request_asked_of_two_processes_at_once_has_one_effect(shelf: Shelf) -> None:
    writers = [shelf.writer(), shelf.writer(database=shelf.open())]
    for number in range(20):
        asked = [writer.submit(create_thing, wanted(f"t{number}"), LIXIA) for writer in writers]
        assert outcomes(await asyncio.gather(*asked, return_exceptions=True)) == [f"t{number}"] * 2
    assert len(await shelf.events()) == 20


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_the_database_asks_to_run_again_is_run_again(shelf: Shelf) -> None:
    tries: list[int] = []

    def clash(tx: Transaction) -> int:
        tx.connection.execute(insert(THINGS), {"code": "again", "owner": ""})
        tries.append(len(tries))
        if len(tries) < 3:
            tx.connection.execute(
                text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
            )
        return len(tries)

    writer = shelf.writer()
    with held(writer):
        asked = writer.act(clash)
        other = writer.submit(create_thing, wanted("other"), LIXIA)
    assert await asked == 3
    await other
    assert await shelf.things() == {"again", "other"}
    assert await shelf.events() == [("other", 1)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_loses_nothing_that_was_answered(shelf: Shelf) -> None:
    writer = shelf.writer(Limits(group=50))
    await writer.submit(create_thing, wanted("first"), LIXIA)

    def pages(bound: int) -> None:
        with shelf.database.group() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {bound}")

    with shelf.database.group() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    pages(used + 20)
    requests = [wanted(f"t{number:04}-{'x' * 60}", "n" * 500) for number in range(600)]
    answers = await shelf.make(writer, *requests)
    refused = [answer for answer in answers if isinstance(answer, KuguanError)]
    assert refused
    assert all(isinstance(answer, Unreachable | InternalFault) for answer in refused)
    made = {answer.warehouse.code for answer in answers if not isinstance(answer, KuguanError)}
    assert await shelf.things() == made | {"first"}
    pages(1_000_000)
    again = await shelf.make(writer, *requests)
    assert not [answer for answer in again if isinstance(answer, KuguanError)]
    assert [place for _, place in await shelf.events()] == list(range(1, 602))


async def test_a_stored_answer_is_never_changed(shelf: Shelf) -> None:
    await shelf.writer().submit(create_thing, wanted("a"), LIXIA)
    first = await shelf.read(lambda c: c.execute(select(REQUESTS)).one())
    await shelf.writer().submit(create_thing, wanted("a"), LIXIA)
    assert await shelf.read(lambda c: c.execute(select(REQUESTS)).one()) == first


async def test_an_event_that_no_broker_would_take_is_refused_before_it_blocks_the_others(
    shelf: Shelf,
) -> None:
    writer = shelf.writer()
    answers = await shelf.make(writer, wanted("huge", "n" * 256 * 1024), wanted("small"))
    assert outcomes(answers) == ["EVENT_TOO_LARGE", "small"]
    assert await shelf.things() == {"small"}
    assert await shelf.events() == [("small", 1)]
