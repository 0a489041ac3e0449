"""People in the chat: sentences and taps through the console's door, and an open page that hears answers."""

from __future__ import annotations

import http.client
import json
import queue
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

from services.kit.ids import new_id

_PATIENCE_SECONDS = 20.0
_DEADLINE_SECONDS = 30.0
_LOOK_SECONDS = 0.01
_NUMBER = re.compile(r"[A-Z]{2}\d+")
_LATEST = 6


class Refused(Exception):
    """The bot's door refused the request itself."""


class Conversation:
    """The console's door, over one connection that stays open."""

    def __init__(self, url: str, secret: str) -> None:
        self._host = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=_DEADLINE_SECONDS)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def request(self, person: str, text: str) -> str:
        """Say what is wanted and tap 确认; answers with the order's number."""
        (card,) = [one for one in self._ask(person, text) if "confirm" in _actions(one)]
        for message in self._tap(person, card["id"], "confirm"):
            if _NUMBER.fullmatch(message.get("number", "")):
                return str(message["number"])
        return str(self._wait(person, lambda one: one["id"] == card["id"] and one.get("number"))["number"])

    def tap_when_there(self, person: str, order: str, action: str) -> float:
        """Wait for the card of an order with this button and tap it; answers with the moment of the tap."""
        card = self._wait(person, lambda one: one.get("number") == order and action in _actions(one))
        at = time.perf_counter()
        self._tap(person, card["id"], action)
        return at

    def ask_seconds(self, person: str, text: str) -> float:
        """Ask something; answers with how long it took until the answer was there."""
        began = time.perf_counter()
        cards = self._ask(person, text)
        assert cards, f"no card answers {text}"
        return time.perf_counter() - began

    def wait_until_known(self, person: str, text: str, item: str) -> None:
        """Wait until the bot has heard of the person and understands a sentence to be about an item."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not self._understands(person, text, item):
            assert time.monotonic() < ends, f"{person} is not understood: {text}"
            time.sleep(0.1)

    def _understands(self, person: str, text: str, item: str) -> bool:
        try:
            told = self._send("POST", "/console/interpret", {"as": person, "text": text})
        except Refused:
            return False
        return bool(told["expect"].get("items") == [item])

    @contextmanager
    def page(self, person: str) -> Iterator[Page]:
        """An open chat page of a person."""
        page = Page(self._host, person)
        try:
            yield page
        finally:
            page.close()

    def _ask(self, person: str, text: str) -> list[Any]:
        told = self._send("POST", "/console/ask", {"as": person, "text": text, "id": new_id()})
        return _cards(told)

    def _tap(self, person: str, card: str, action: str) -> list[Any]:
        body = {"as": person, "card": card, "action": action, "id": new_id()}
        return _cards(self._send("POST", "/console/tap", body))

    def _wait(self, person: str, fits: Any) -> Any:
        ends = time.monotonic() + _PATIENCE_SECONDS
        query = urlencode({"as": person, "limit": _LATEST})
        while True:
            cards = _cards(self._send("GET", f"/console/inbox?{query}"))
            for card in cards:
                if fits(card):
                    return card
            assert time.monotonic() < ends, f"{person} never got the card: {cards}"
            time.sleep(_LOOK_SECONDS)

    def _send(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, content, self._headers)
        response = self._connection.getresponse()
        told = json.loads(response.read())
        if response.status != 200:
            raise Refused(str(told))
        return told


class Page:
    """The live stream of an open chat page, with the moment at which each text arrived."""

    def __init__(self, host: str, person: str) -> None:
        self._heard: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
        self._connection = http.client.HTTPConnection(host, timeout=_DEADLINE_SECONDS)
        origin = {"Origin": f"http://{host}", "Content-Type": "application/json"}
        self._connection.request("POST", "/api/demo/persona", json.dumps({"person": person}), origin)
        response = self._connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        cookie = response.headers["Set-Cookie"].partition(";")[0]
        self._connection.request("GET", "/api/events", headers={"Cookie": cookie})
        self._stream = self._connection.getresponse()
        assert self._stream.status == 200, self._stream.status
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def hear(self, words: str) -> float:
        """Wait for a message with these words; answers with the moment it arrived."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while True:
            at, line = self._heard.get(timeout=max(0.0, ends - time.monotonic()))
            if words in line:
                return at

    def close(self) -> None:
        """Leave the page."""
        with suppress(OSError):
            if self._connection.sock is not None:
                self._connection.sock.shutdown(2)
        self._thread.join(_DEADLINE_SECONDS)
        self._connection.close()

    def _listen(self) -> None:
        with suppress(OSError, ValueError, http.client.HTTPException):
            while line := self._stream.readline():
                if line.startswith(b"data: "):
                    self._heard.put((time.perf_counter(), line.decode()))


def _cards(told: Mapping[str, Any]) -> list[Any]:
    """The cards among messages, the newest first."""
    return [message["card"] for message in reversed(told["messages"]) if message["card"] is not None]


def _actions(card: Mapping[str, Any]) -> set[str]:
    return {button["action"] for button in card["buttons"]}
