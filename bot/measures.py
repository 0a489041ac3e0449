"""What the bot counts about its channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from bot.chat.platform import Channel

CALLBACKS = Counter("kuguan_callbacks", "What chat products delivered, by outcome", ["platform", "outcome"])
CALLBACK_SECONDS = Histogram(
    "kuguan_callback_ack_duration_seconds",
    "From taking an event to having kept it",
    ["platform"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.5, 5),
)
SENDS = Counter("kuguan_chat_sends", "What was sent to chat products, by outcome", ["platform", "outcome"])
GIVEN_UP = Counter("kuguan_deliveries_given_up", "What was queued and can never be shown, by kind", ["kind"])
CONNECTED = Gauge("kuguan_channel_connected", "Whether the chat product is connected", ["platform"])
LAST_INBOUND = Gauge(
    "kuguan_channel_last_inbound_timestamp_seconds", "When the chat product last delivered", ["platform"]
)


@contextmanager
def callback(platform: str) -> Iterator[list[str]]:
    """Count and time one delivery; the block appends its outcome, and failing counts as refused."""
    outcome: list[str] = []
    with CALLBACK_SECONDS.labels(platform).time():
        try:
            yield outcome
        finally:
            CALLBACKS.labels(platform, outcome[-1] if outcome else "refused").inc()


def look_at(channels: Mapping[str, Channel]) -> None:
    """Read the health of every channel, when somebody asks for the figures."""
    for name, channel in channels.items():
        health = channel.health()
        CONNECTED.labels(name).set(health.connected)
        if health.last_inbound is not None:
            LAST_INBOUND.labels(name).set(health.last_inbound.timestamp())
