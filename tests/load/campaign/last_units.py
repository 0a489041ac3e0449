"""64 clients at once for the last 50 pieces, round after round, on both databases: never one too many."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
from google.type import decimal_pb2
from kuguan.stock.v1 import stock_pb2, stock_pb2_grpc
from kuguan.type.v1 import quantity_pb2
from sqlalchemy import select

from services.kit.rpc import from_call_error
from services.stock.storage.tables import BALANCES
from tests.load.bench import databases, goods, stockroom
from tests.load.bench.stockroom import Stockroom
from tests.load.campaign.trial import Trial

CLIENTS = 64
PIECES = 50
RARE = (
    "all of the last pieces went, on sqlite",
    "all of the last pieces went, on postgresql",
    "pieces stayed that were too few for the next",
    "refused as there was not enough",
    "the same request twice at once",
)
_CHANNELS = 4
_SECONDS = 30.0


def last_units(trial: Trial) -> None:
    """So many rounds on each database."""
    for kind, open_databases in (("sqlite", databases.sqlite), ("postgresql", databases.postgresql)):
        folder = trial.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        with open_databases(folder) as new_database:
            _rounds(trial, kind, folder / "room", new_database())


def _rounds(trial: Trial, kind: str, folder: Path, url: str) -> None:
    with stockroom.at_work(folder, url, trial.rounds) as (room, _):
        for number in range(trial.rounds):
            asyncio.run(_round(trial, kind, room, number))
        broken = room.broken()
    assert not broken, f"seed {trial.seed}, {kind}: {broken}"


async def _round(trial: Trial, kind: str, room: Stockroom, number: int) -> None:
    """One race for one item: what was granted fits into what there was, and the database says the same."""
    item = goods.code(number)
    # Everybody one piece; everybody as many as leave a rest; everybody something else.
    every = (1, trial.chance.choice([3, 6, 7, 8, 9]), 0)[number % 3]
    metadata = (("authorization", f"Bearer {room.token}"),)
    channels = [
        grpc.aio.insecure_channel(room.address, [("grpc.enable_http_proxy", 0), ("kuguan.channel", each)])
        for each in range(_CHANNELS)
    ]
    stubs = [stock_pb2_grpc.StockServiceStub(channel) for channel in channels]
    try:
        first = _request(f"first-{number}", item, goods.PIECES - PIECES)
        await stubs[0].Reserve(first, metadata=metadata, timeout=_SECONDS)
        wishes = [every or trial.chance.randint(1, 9) for _ in range(CLIENTS)]
        requests = [_request(f"race-{number}-{client}", item, wish) for client, wish in enumerate(wishes)]
        # Some clients lose patience and ask a second time before the first answer has come.
        twice = [client for client in range(CLIENTS) if trial.chance.random() < 0.2]
        order = [*range(CLIENTS), *twice]
        trial.chance.shuffle(order)
        answers = await asyncio.gather(
            *[_ask(stubs[client % _CHANNELS], requests[(client)], metadata) for client in order]
        )
    finally:
        for channel in channels:
            await channel.close()
    granted = _granted(trial, order, answers)
    _check(trial, kind, room, item, [wishes[client] for client in granted], wishes, granted)


def _granted(trial: Trial, order: Sequence[int], answers: Sequence[str]) -> set[int]:
    """Who got it; both answers to the same request must agree."""
    told: dict[int, str] = {}
    for client, answer in zip(order, answers, strict=True):
        if client in told:
            trial.saw("the same request twice at once")
            assert told[client] == answer, f"seed {trial.seed}: {told[client]} and {answer} to one request"
        told[client] = answer
        assert answer in ("", "INSUFFICIENT_STOCK"), f"seed {trial.seed}: {answer}"
    return {client for client, answer in told.items() if not answer}


def _check(
    trial: Trial,
    kind: str,
    room: Stockroom,
    item: str,
    taken: Sequence[int],
    wishes: Sequence[int],
    granted: set[int],
) -> None:
    left = PIECES - sum(taken)
    refused = [wish for client, wish in enumerate(wishes) if client not in granted]
    assert left >= 0, f"seed {trial.seed}, {kind}: {-left} pieces of {item} too many"
    assert all(wish > left for wish in refused), f"seed {trial.seed}, {kind}: refused though {left} are left"
    row = room.look(
        lambda connection: connection.execute(
            select(BALANCES.c.on_hand, BALANCES.c.reserved).where(BALANCES.c.item == item)
        ).one()
    )
    assert tuple(row) == (goods.PIECES, goods.PIECES - left), f"seed {trial.seed}, {kind}: {item} has {row}"
    trial.saw("refused as there was not enough", len(refused))
    trial.saw(f"all of the last pieces went, on {kind}", int(left == 0))
    trial.saw("pieces stayed that were too few for the next", int(left > 0))


async def _ask(stub: Any, request: stock_pb2.ReserveRequest, metadata: Any) -> str:
    """Empty when it was granted, else the reason."""
    try:
        await stub.Reserve(request, metadata=metadata, timeout=_SECONDS)
    except grpc.aio.AioRpcError as error:
        return from_call_error(error).reason
    return ""


def _request(document: str, item: str, pieces: int) -> stock_pb2.ReserveRequest:
    quantity = quantity_pb2.Quantity(value=decimal_pb2.Decimal(value=str(pieces)))
    line = stock_pb2.ReserveLine(line=1, item=item, warehouse=goods.WAREHOUSE, quantity=quantity)
    return stock_pb2.ReserveRequest(request_id=f"request-{document}", document=document, lines=[line])
