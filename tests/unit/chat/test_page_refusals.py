"""What the page's doors do not take: with a reason, early, and without a trace in the log."""

import asyncio
from typing import Any

import pytest

from tests.unit.chat.conftest import Browser, World


async def test_an_id_that_comes_again_with_other_words_is_not_taken_for_the_first(
    page: Browser, world: World
) -> None:
    await page.post("/api/say", {"id": "abcdefgh-1", "text": "领5包A4纸"})
    response = await page.post("/api/say", {"id": "abcdefgh-1", "text": "领6包A4纸"})
    assert (response.status, (await response.json())["error"]["reason"]) == (422, "REQUEST_ID_REUSED")
    assert len(world.sink.heard) == 1


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        ({}, 400, "FIELD_MISSING"),
        ([], 400, "NOT_JSON"),
        ({"id": "short", "text": "x"}, 400, "FIELD_MISSING"),
        ({"id": "has space!", "text": "x"}, 400, "FIELD_MISSING"),
        ({"id": "一二三四五六七八", "text": "x"}, 400, "FIELD_MISSING"),
        ({"id": "abcdefgh", "text": 5}, 400, "FIELD_MISSING"),
        ({"id": "abcdefgh", "text": " \n\t\x00 "}, 400, "TEXT_EMPTY"),
        ({"id": "abcdefgh", "text": "x" * 4001}, 413, "TEXT_TOO_LONG"),
        ({"id": "abcdefgh", "text": "\ud800"}, 400, "TEXT_UNREADABLE"),
        ({"id": "abcdefgh", "text": "x" * 10**6}, 413, "BODY_TOO_LARGE"),
    ],
)
async def test_bad_words_are_refused_with_a_reason(
    page: Browser, world: World, data: Any, status: int, reason: str
) -> None:
    response = await page.post("/api/say", data)
    assert (response.status, (await response.json())["error"]["reason"]) == (status, reason)
    assert world.sink.heard == {}


async def test_broken_and_bottomless_json_is_refused(page: Browser) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 60_000, b'{"a":' * 10_000):
        headers = {"Origin": page.url, "Content-Type": "application/json"}
        response = await page.client.post(page.url + "/api/say", data=body, headers=headers)
        assert response.status == 400


async def test_a_compressed_body_is_refused_and_never_opened(page: Browser) -> None:
    for coding in ("gzip", "deflate", "br"):
        headers = {"Origin": page.url, "Content-Type": "application/json", "Content-Encoding": coding}
        response = await page.client.post(page.url + "/api/say", data=b"\x1f\x8bbroken", headers=headers)
        assert (response.status, (await response.json())["error"]["reason"]) == (415, "ENCODING_UNKNOWN")


@pytest.mark.parametrize("sent", [b"GET / HTTP/9.x\r\n\r\n", b"GET / HTTP/1.1\r\nBad\x01: x\r\n\r\n"])
async def test_bytes_that_are_no_http_leave_one_line_and_no_stack_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    host, _, port = world.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    assert b"400" in await reader.readline()
    writer.close()
    [record] = caplog.records
    assert record.getMessage().startswith("bad request: ")
    assert record.exc_info is None
