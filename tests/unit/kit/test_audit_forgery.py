"""Whoever forges an audit row and seals it anew has to forge all rows after it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import create_engine, select, update

from services.kit import audit
from services.kit.access import Caller
from services.kit.audit import Record
from services.kit.tables import AUDIT, KIT

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CALLER = Caller(person="lixia", client="bot")


def test_a_forged_row_with_a_fresh_seal_breaks_the_row_after_it() -> None:
    engine = create_engine("sqlite://")
    KIT.create_all(engine)
    with engine.begin() as chain:
        audit.append(
            chain, [Record.of(NOW, CALLER, "decide", f"LY{number}", "done", {}) for number in range(5)]
        )
        rows = chain.execute(select(AUDIT).order_by(AUDIT.c.sequence)).mappings().all()
        forged = {**rows[2], "actor": "somebody else"}
        fresh = audit.seal(rows[1]["hash"], 3, forged)
        chain.execute(update(AUDIT).where(AUDIT.c.sequence == 3).values(actor="somebody else", hash=fresh))
        assert audit.broken_links(chain) == ["audit row 4 does not follow from the row before it"]
    engine.dispose()
