"""Traces: one thread through calls, changes and events, from a tap to what people are told.

What goes from part to part is the W3C trace context: one line of text in a call's metadata, in an event's
headers and in the outbox. It is always handed on. Spans are recorded only where somebody collects them;
otherwise the recording library is not even imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from services.kit.errors import KuguanError

TRACEPARENT = "traceparent"
EXPORT_SECONDS = 2.0

current_trace: ContextVar[str] = ContextVar("current_trace", default="")
"""The place in a trace that what happens now belongs to; empty outside of any trace."""

_WELL_FORMED = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class _Recording:
    """Who records spans in this process, if anybody."""

    provider: Any = None
    tracer: Any = None


def checked(text: str) -> str:
    """A trace context that came from outside; empty if it is none, for it is stored and handed on."""
    return text if _WELL_FORMED.fullmatch(text) else ""


def is_recording() -> bool:
    """Whether spans are collected in this process."""
    return _Recording.tracer is not None


@contextmanager
def span(name: str, parent: str = "", /, *, kind: str = "INTERNAL", **attributes: str) -> Iterator[str]:
    """Record the block as a step of a trace and make it the current place; yields what to hand on.

    `parent` is the step before, by default the current one; without any a new trace begins, if traces are
    recorded. `kind` is a name of SpanKind: SERVER, CLIENT, CONSUMER, INTERNAL.
    """
    before = parent or current_trace.get()
    if _Recording.tracer is None:
        reset = current_trace.set(before)
        try:
            yield before
        finally:
            current_trace.reset(reset)
        return
    step = _begin(name, before, kind, attributes)
    place = _text(step)
    reset = current_trace.set(place)
    try:
        yield place
    except Exception as error:
        _mark_failed(step, error)
        raise
    finally:
        current_trace.reset(reset)
        step.end()


def begin(process: str, endpoint: str) -> None:
    """Send the spans of this process to a collector, KUGUAN_OTLP_ENDPOINT, by gRPC; nothing without one."""
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    encrypted = endpoint.startswith("https://")
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=not encrypted, timeout=EXPORT_SECONDS)
    # Its queue is bounded: with the collector away spans are dropped and nobody waits.
    record(process, BatchSpanProcessor(exporter))


def record(process: str, processor: Any) -> None:
    """Hand the spans of this process to a processor of the recording library."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: process}))
    provider.add_span_processor(processor)
    _Recording.provider = provider
    _Recording.tracer = provider.get_tracer("kuguan")


def end() -> None:
    """Send what is left, in bounded time, and record no more."""
    if _Recording.provider is not None:
        _Recording.provider.shutdown()
    _Recording.provider = _Recording.tracer = None


def _begin(name: str, before: str, kind: str, attributes: dict[str, str]) -> Any:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({TRACEPARENT: before}) if before else None
    return _Recording.tracer.start_span(name, context, SpanKind[kind], attributes)


def _text(step: Any) -> str:
    place = step.get_span_context()
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"


def _mark_failed(step: Any, error: Exception) -> None:
    """A refusal is an outcome like any other; a fault is an error. Neither brings the texts of exceptions."""
    from opentelemetry.trace import Status, StatusCode

    if isinstance(error, KuguanError):
        step.set_attribute("kuguan.outcome", error.reason)
    else:
        step.set_status(Status(StatusCode.ERROR, type(error).__name__))
