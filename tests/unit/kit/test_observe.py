"""Traces are handed on as they came, cost nothing where nobody collects them, and believe nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.kit import observe
from services.kit.errors import NoSuch

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is recorded while the test runs."""
    exporter = InMemorySpanExporter()
    observe.record("test", SimpleSpanProcessor(exporter))
    yield exporter
    observe.end()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        TRACE.upper(),
        TRACE + "0",
        "\n" + TRACE,
        TRACE + "\n",
        TRACE.replace("00-4", "01-4"),
        "００" + TRACE[2:],
        "0" * 10_000,
    ],
)
def test_what_is_no_trace_context_is_not_stored(text: str) -> None:
    assert observe.checked(text) == ""


def test_a_trace_context_is_taken_as_it_is() -> None:
    assert observe.checked(TRACE) == TRACE


def test_without_a_collector_a_trace_is_handed_on_and_none_begins() -> None:
    with observe.span("outside") as place:
        assert place == ""
    with observe.span("step", TRACE) as place:
        assert place == TRACE == observe.current_trace.get()
    assert observe.current_trace.get() == ""


def test_steps_belong_to_the_trace_they_happen_in(spans: InMemorySpanExporter) -> None:
    with observe.span("first", TRACE, kind="SERVER"), observe.span("second", thing="a"):
        assert observe.current_trace.get().split("-")[1] == TRACE.split("-")[1]
    second, first = spans.get_finished_spans()
    assert first.context is not None
    assert second.parent is not None
    assert second.parent.span_id == first.context.span_id
    assert f"{first.context.trace_id:032x}" == TRACE.split("-")[1]
    assert second.attributes == {"thing": "a"}


def test_a_refusal_is_an_outcome_and_a_fault_an_error_without_its_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(NoSuch), observe.span("refused"):
        raise NoSuch("item", "a")
    with pytest.raises(ValueError, match="secret"), observe.span("failed"):
        raise ValueError("a secret")
    refused, failed = spans.get_finished_spans()
    assert refused.attributes == {"kuguan.outcome": "NO_SUCH"}
    assert refused.status.status_code is StatusCode.UNSET
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "ValueError")
    assert "secret" not in failed.to_json()


def test_the_recording_library_is_not_imported_where_nobody_collects() -> None:
    program = (
        "import sys, bot.service, services.kit.run as run; from services.kit import observe\n"
        "observe.begin('bot', '')\n"
        "with observe.span('step'): pass\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_collector_that_is_away_keeps_nobody_waiting() -> None:
    observe.begin("test", "http://127.0.0.1:9")
    with observe.span("step") as place:
        assert observe.checked(place) == place != ""
    observe.end()
    assert not observe.is_recording()
