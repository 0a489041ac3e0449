"""What a process tells about itself: structured logs and the metrics named in the operations guide."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

COMMANDS = Counter("kuguan_commands", "Commands by outcome", ["service", "command", "outcome"])
COMMAND_SECONDS = Histogram(
    "kuguan_command_duration_seconds",
    "From asking to committed",
    ["service"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 5),
)
REPLAYS = Counter("kuguan_request_replays", "Requests answered from the stored answer")
SHED = Counter("kuguan_shed", "Requests refused because a bound was reached", ["reason"])
DENIED = Counter("kuguan_denied", "Calls refused by the access check", ["reason"])
RELAY_FAILURES = Counter("kuguan_relay_failures", "Batches the broker did not take", ["service"])
OUTBOX_UNSENT = Gauge("kuguan_outbox_unsent", "Events not yet sent", ["service"])
OUTBOX_AGE = Gauge("kuguan_outbox_oldest_age_seconds", "Age of the oldest unsent event", ["service"])
INBOX_HANDLED = Counter("kuguan_inbox_handled", "Events heard by outcome", ["service", "event", "outcome"])
PARKED = Gauge("kuguan_events_parked", "Events parked", ["service"])
GAPS = Counter("kuguan_sequence_gaps", "Events that arrived before an earlier one", ["service"])
BROKER_CONNECTED = Gauge("kuguan_broker_connected", "Whether the broker is connected", ["service"])
INBOX_PENDING = Gauge("kuguan_inbox_pending", "Events at the broker that were not applied yet", ["service"])
LOOP_LAG = Gauge("kuguan_loop_lag_seconds", "How late the event loop is", ["service"])
QUEUE_LENGTH = Gauge("kuguan_queue_length", "What waits for the writer or a reader", ["service", "queue"])
DISK_FREE = Gauge("kuguan_disk_free_bytes", "Free space where the embedded database is", ["service"])
VIOLATIONS = Gauge(
    "kuguan_invariant_violations",
    "Rows that break it, at most 20 a check",
    ["service", "invariant"],
)
VERIFIED = Gauge(
    "kuguan_verify_last_success_timestamp_seconds", "When all invariants were last seen to hold", ["service"]
)
BACKED_UP = Gauge(
    "kuguan_backup_last_success_timestamp_seconds", "When the last whole backup was made", ["service"]
)


def set_up_logging(service: str, level: str = "info") -> None:
    """One JSON line a record on standard error, with time, level and service."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=service)
    logging.basicConfig(stream=sys.stderr, level=max(number, logging.WARNING), format="%(name)s %(message)s")
