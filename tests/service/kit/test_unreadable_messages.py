"""Bytes that are no message are refused like any other bad input, by every method, and nothing crashes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from services.kit import testing
from services.kit.access import Caller
from services.kit.errors import KuguanError
from services.kit.rpc import from_call_error
from services.kit.testing import Keys
from services.stock.service import SERVICE
from tests.service.kit.bus import Bus

KEYS = Keys.new()


def allowed() -> str:
    """A token that may call the methods, valid from now on."""
    return KEYS.token(Caller(client="shop", permissions=frozenset({"stock.reserve", "items.write"})))


# A field that ends before it is complete, a group that never ends, a wire type that there is not.
NO_MESSAGES = [b"\x0a\xff", b"\x0b", b"\x0f", b"\xff" * 100]
METHODS = [
    "/kuguan.stock.v1.StockService/Reserve",
    "/kuguan.stock.v1.ItemService/ImportItems",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
]


async def asked(channel: grpc.aio.Channel, path: str, data: bytes, token: str) -> KuguanError:
    """What a method answers to bytes."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    call: Any
    if path.endswith("/ImportItems"):
        call = channel.stream_unary(path)
        answer = call(iter([data]), metadata=metadata, timeout=5)
    elif path.endswith("/Watch"):
        call = channel.unary_stream(path)
        answer = call(data, metadata=metadata, timeout=5).read()
    else:
        call = channel.unary_unary(path)
        answer = call(data, metadata=metadata, timeout=5)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answer
    return from_call_error(caught.value)


async def test_what_cannot_be_decoded_is_refused(
    bus: Bus, tmp_path: Path, spoken: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    # Answers that are streams do not cross to a gate.
    methods = METHODS[:3] if spoken["KUGUAN_GATE"] == "on" else METHODS
    async with testing.running(SERVICE, bus.url, tmp_path / "data", KEYS, spoken) as (_, channel):
        with capture_logs() as logged:
            for path in methods:
                for data in NO_MESSAGES:
                    error = await asked(channel, path, data, allowed())
                    assert (error.kind, error.reason) == ("invalid_input", "MESSAGE_UNREADABLE"), path
                    assert error.facts == {"method": path[1:], "size": str(len(data))}
            stranger = await asked(channel, METHODS[0], NO_MESSAGES[0], "")
            assert stranger.reason == "NOT_SIGNED_IN"
    assert not [entry for entry in logged if entry["log_level"] in {"error", "critical"}]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
