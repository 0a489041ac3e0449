"""Events that come twice, in any order, unreadable, forged or too large: applied once, parked, or refused."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from time import sleep

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.kit.ids import new_id
from tests.journey.system import eventually
from tests.load.campaign.history import differences, effects, rare_states
from tests.load.campaign.journeys import journey, journeys
from tests.load.campaign.traffic import traffic
from tests.load.campaign.trial import Trial, Tried

RARE = (
    "events arrived too early",
    "events arrived again",
    "repeated under a new message id",
    "older sequence with other content",
    "unknown type parked",
    "truncated payload parked",
    "later event of the same aggregate parked behind it",
    "attributes missing, parked",
    "attributes of another subject, parked",
    "forged event refused",
    "deployer refused",
    "too large refused",
)
_STREAM = "KUGUAN"
_STOCK = "kuguan.stock.v1"
_SETTLE_SECONDS = 90.0
_REFUSED_SECONDS = 2.0


@dataclass(frozen=True)
class Made:
    """An event made by hand. ``why`` tells what must become of it; empty: it changes nothing."""

    subject: str
    headers: Mapping[str, str]
    payload: bytes
    why: str = ""

    @property
    def event_id(self) -> str:
        """Its id, if it has one."""
        return self.headers.get("ce-id", "")


def events(trial: Trial, system: Tried) -> None:
    """A while with everything out of order and twice, then what only a broken or hostile part would send."""
    mixed(trial, system)
    poisoned(trial, system)


def mixed(trial: Trial, system: Tried) -> None:
    """Every service publishes in any order, some events twice, for so many seconds."""
    before = _heard(system)
    with (
        system.mixing("stock", "orders", "approvals"),
        journeys(system, 1),
        traffic(system, trial.seed, workers=3) as history,
    ):
        sleep(trial.rounds)
    after = _heard(system)
    trial.saw("events arrived too early", after["early"] - before["early"])
    trial.saw("events arrived again", after["repeated"] - before["repeated"])
    # The invariants are checked once for all, when the poison is parked.
    operations, found = history.snapshot(), effects(system.data)
    trial.seen.update(rare_states(operations, found))
    wrong = differences(operations, found)
    assert not wrong, f"seed {trial.seed}: {wrong[:20]}"


def _heard(system: Tried) -> dict[str, int]:
    """What became of the events that the bot heard, by its own count."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{system.url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    counts = dict.fromkeys(("applied", "repeated", "early", "parked"), 0)
    for line in lines:
        for outcome in counts:
            if line.startswith("kuguan_inbox_handled_total") and f'outcome="{outcome}"' in line:
                counts[outcome] += int(float(line.rpartition(" ")[2]))
    return counts


def poisoned(trial: Trial, system: Tried) -> None:
    """Publish with the keys of this system what no part of it would, and look what becomes of it."""
    journey(system)
    harmless, poison = _harmless(trial, system), _poison()
    asyncio.run(_publish(trial, system, [*harmless, *poison]))
    # Three parts: stock itself does not hear what stock announces.
    expected = {(part, made.why) for made in poison for part in ("orders", "bot")}
    eventually(lambda: len(_parked(system)) >= len(expected), "the poison is parked", _SETTLE_SECONDS)
    journey(system)
    told = _parked(system)
    known = {made.event_id: made.why for made in poison if made.event_id}
    reasons = {(part, known.get(event, "attributes missing, parked")) for part, event in told}
    assert reasons == expected, f"{reasons ^ expected}"
    for made in poison:
        trial.saw(made.why)
    broken = [row for row in system.broken() if " is parked: " not in row]
    assert not broken, f"seed {trial.seed}: {broken[:20]}"
    done = system.command("events", "retry", "--data", str(system.data), check=False)
    assert done.returncode == 1, done.stdout
    assert _parked(system) == told, "what is poison once is poison again"


def _harmless(trial: Trial, system: Tried) -> list[Made]:
    """What stock has announced, again under other message ids, and old sequences with other content."""
    with closing(sqlite3.connect(f"file:{system.data}/stock.sqlite3?mode=ro", uri=True)) as looking:
        statement = (
            "SELECT event_id, event_type, aggregate, aggregate_sequence, payload FROM outbox"
            " WHERE event_type = 'kuguan.stock.v1.StockIssued' ORDER BY sequence DESC LIMIT 20"
        )
        rows = looking.execute(statement).fetchall()
    made = []
    for event_id, event_type, aggregate, sequence, payload in rows:
        made.append(_made(event_type, aggregate, sequence, payload, event_id))
        made.append(_made(event_type, aggregate, max(1, sequence - 1), payload, new_id()))
    trial.saw("repeated under a new message id", len(rows))
    trial.saw("older sequence with other content", len(rows))
    return made


def _poison() -> list[Made]:
    mark = new_id()
    issued, cut = f"{_STOCK}.StockIssued", b"\x0a\xff\xff"
    lost = _made(issued, f"POISON3-{mark}", 1, b"", new_id(), "attributes missing, parked")
    kept = {name: value for name, value in lost.headers.items() if name != "ce-sequence"}
    strange = _made(issued, f"POISON4-{mark}", 1, b"", new_id(), "attributes of another subject, parked")
    unknown = f"{_STOCK}.NeverHeardOf"
    behind = "later event of the same aggregate parked behind it"
    return [
        _made(unknown, f"POISON1-{mark}", 1, b"", new_id(), "unknown type parked"),
        _made(issued, f"POISON2-{mark}", 1, cut, new_id(), "truncated payload parked"),
        _made(issued, f"POISON2-{mark}", 2, b"", new_id(), behind),
        Made(lost.subject, kept, b"", lost.why),
        Made(f"{issued}.SOMEBODY-ELSE-{mark}", strange.headers, b"", strange.why),
    ]


def _made(
    event_type: str, aggregate: str, sequence: int, payload: bytes, event_id: str, why: str = ""
) -> Made:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": event_type,
        "ce-source": _STOCK,
        "ce-subject": aggregate,
        "ce-sequence": str(sequence),
        "Nats-Msg-Id": f"by-hand-{new_id()}",
    }
    return Made(f"{event_type}.{aggregate}", headers, payload, why)


async def _publish(trial: Trial, system: Tried, all_made: list[Made]) -> None:
    stock = await _connected(system, "stock")
    try:
        stream = stock.jetstream(timeout=5)
        for made in all_made:
            await stream.publish(made.subject, made.payload, headers=dict(made.headers), stream=_STREAM)
        forged = _made("kuguan.orders.v1.OrderApproved", "LY1", 1, b"", new_id())
        if await _refused(stock, forged):
            trial.saw("forged event refused")
        if await _refused(stock, _made(f"{_STOCK}.StockIssued", "LARGE", 1, bytes(256 * 1024 + 1), new_id())):
            trial.saw("too large refused")
    finally:
        await stock.close()
    deployer = await _connected(system, "deployer")
    try:
        if await _refused(deployer, _made(f"{_STOCK}.StockIssued", "BY-DEPLOYER", 1, b"", new_id())):
            trial.saw("deployer refused")
    finally:
        await deployer.close()


async def _connected(system: Tried, user: str) -> Client:
    seed = (system.data / "secrets" / f"{user}.nkey").read_text(encoding="ascii").strip()
    url, prefix = system.running()["broker_url"], f"_INBOX_{user}".encode()
    return await nats.connect(url, nkeys_seed_str=seed, inbox_prefix=prefix, error_cb=_unheard)


async def _unheard(_error: Exception) -> None:
    """A refusal is told here; the publisher learns of it by never getting an answer."""


async def _refused(connection: Client, made: Made) -> bool:
    try:
        await connection.jetstream(timeout=_REFUSED_SECONDS).publish(
            made.subject, made.payload, headers=dict(made.headers), stream=_STREAM
        )
    except (NatsError, TimeoutError):
        return True
    return False


def _parked(system: Tried) -> set[tuple[str, str]]:
    """Part and id of every parked event."""
    done = system.command("events", "parked", "--data", str(system.data), "--json")
    return {(row["part"], row["event"]) for row in json.loads(done.stdout)["parked"]}
