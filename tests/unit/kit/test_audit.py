"""The audit chain: whoever changes, drops, adds or swaps a row breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, delete, event, insert, select, update

from services.kit import audit
from services.kit.access import Caller
from services.kit.audit import Record
from services.kit.tables import AUDIT, KIT

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CALLER = Caller(person="lixia", client="bot")


@pytest.fixture
def chain() -> Iterator[Connection]:
    """Five sealed rows, in a database without the guards that refuse to change them."""
    engine = create_engine("sqlite://")
    KIT.create_all(engine)
    with engine.begin() as connection:
        for number in (1, 2):
            audit.append(connection, [record(f"LY{number}")])
        audit.append(connection, [record(f"LY{number}") for number in (3, 4, 5)])
        yield connection
    engine.dispose()


def record(subject: str, **facts: str) -> Record:
    return Record.of(NOW, CALLER, "decide", subject, "done", facts or {"version": "1"})


def forge(chain: Connection, row: int) -> None:
    chain.execute(update(AUDIT).where(AUDIT.c.sequence == row).values(hash=b"x" * 32))


def test_an_honest_chain_is_whole_whatever_its_batches(chain: Connection) -> None:
    assert audit.broken_links(chain) == []
    rows = chain.execute(select(AUDIT.c.sequence, AUDIT.c.actor, AUDIT.c.client)).all()
    assert [tuple(row) for row in rows] == [(number, "lixia", "bot") for number in range(1, 6)]
    audit.append(chain, [])
    assert audit.broken_links(chain) == []


@pytest.mark.parametrize(
    "column", ["actor", "client", "action", "subject", "outcome", "facts", "time", "hash"]
)
@pytest.mark.parametrize("row", [1, 3, 5])
def test_a_changed_row_is_found(chain: Connection, column: str, row: int) -> None:
    forged = {"time": datetime(2026, 3, 2, 9, 1, tzinfo=UTC), "hash": b"x" * 32}.get(column, "forged")
    chain.execute(update(AUDIT).where(AUDIT.c.sequence == row).values({column: forged}))
    assert audit.broken_links(chain) == [f"audit row {row} does not follow from the row before it"]


def test_a_missing_row_is_found(chain: Connection) -> None:
    chain.execute(delete(AUDIT).where(AUDIT.c.sequence == 2))
    assert audit.broken_links(chain) == ["audit row 3 does not follow from the row before it"]


def test_two_swapped_rows_are_found(chain: Connection) -> None:
    for old, new in ((2, 9), (3, 2), (9, 3)):
        chain.execute(update(AUDIT).where(AUDIT.c.sequence == old).values(sequence=new))
    assert audit.broken_links(chain) == ["audit row 2 does not follow from the row before it"]


def test_a_row_added_without_its_seal_is_found(chain: Connection) -> None:
    row = {name: getattr(record("LY6"), name) for name in Record.__slots__}
    chain.execute(insert(AUDIT), {**row, "sequence": 6, "hash": b"y" * 32})
    assert audit.broken_links(chain) == ["audit row 6 does not follow from the row before it"]


def test_a_look_goes_on_from_where_the_last_one_ended(chain: Connection) -> None:
    walk = audit.Walk()
    assert walk.broken_links(chain) == []
    statements: list[Any] = []
    event.listen(chain, "before_cursor_execute", lambda *seen: statements.append(seen[3]))
    audit.append(chain, [record("LY6")])
    statements.clear()
    assert walk.broken_links(chain) == []
    assert {parameter for parameters in statements for parameter in parameters} == {5, audit.ROWS_AT_ONCE, 0}
    forge(chain, 6)
    assert walk.broken_links(chain) == ["audit row 6 is not what it was when it was last looked at"]


def test_a_look_is_bounded_and_reads_in_pieces(chain: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(audit, "_PIECE", audit._PIECE.limit(2))
    forge(chain, 5)
    assert audit.broken_links(chain) == ["audit row 5 does not follow from the row before it"]
    walk = audit.Walk(2)
    assert [walk.broken_links(chain) for _ in range(4)] == [
        [],
        [],
        ["audit row 5 does not follow from the row before it"],
        ["audit row 5 does not follow from the row before it"],
    ]


def test_a_tail_that_was_cut_off_and_written_anew_is_found(chain: Connection) -> None:
    walk = audit.Walk()
    assert walk.broken_links(chain) == []
    chain.execute(delete(AUDIT).where(AUDIT.c.sequence > 3))
    assert walk.broken_links(chain) == ["audit row 5 is not what it was when it was last looked at"]
    audit.append(chain, [record(f"LY{number}") for number in (7, 8, 9)])
    assert walk.broken_links(chain) == ["audit row 5 is not what it was when it was last looked at"]


def test_a_boundary_between_two_fields_cannot_be_moved() -> None:
    first = {
        "time": NOW,
        "actor": "ab",
        "client": "c",
        "action": "",
        "subject": "",
        "outcome": "",
        "facts": "",
    }
    moved = first | {"actor": "a", "client": "bc"}
    assert audit.seal(b"", 1, first) != audit.seal(b"", 1, moved)


def test_what_a_record_holds_is_bounded_and_can_be_stored(chain: Connection) -> None:
    hostile = Record.of(
        NOW, CALLER, "decide", "\ud800\x00" + "页" * 10_000, "done", {"why": "\ud800" * 10_000}
    )
    assert len(hostile.subject) <= 500
    assert "\x00" not in hostile.subject
    audit.append(chain, [hostile])
    assert audit.broken_links(chain) == []
