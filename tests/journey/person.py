"""Somebody of the company in front of the chat: says sentences, sees messages and cards, taps buttons."""

from __future__ import annotations

import http.client
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

PATIENCE: Final = 60.0
"""Seconds until something expected has to be seen; also how long a killed bot may take to come back."""
NUMBER: Final = re.compile(r"[A-Z]{2}\d+")


@dataclass(frozen=True)
class Card:
    """A card as it is shown now."""

    id: str
    title: str
    lines: tuple[tuple[str, str], ...]
    buttons: Mapping[str, str]
    state: str
    stamp: str
    number: str
    text: str
    """Everything the card says, for looking for words."""

    def __getitem__(self, label: str) -> str:
        """The value of the line with this label."""
        return dict(self.lines)[label]

    def values(self, label: str) -> list[str]:
        """The values of all lines with this label."""
        return [value for name, value in self.lines if name == label]


@dataclass(frozen=True)
class Answer:
    """What a sentence or tap brought at once."""

    texts: tuple[str, ...]
    cards: tuple[Card, ...]

    @property
    def card(self) -> Card:
        """The newest card; others may have been renewed in the same moment."""
        assert self.cards, self
        return self.cards[-1]

    def offering(self, action: str) -> Card:
        """The newest card with this button."""
        found = [card for card in self.cards if action in card.buttons]
        assert found, self
        return found[-1]

    def says(self, words: str) -> bool:
        """Whether a text holds the words."""
        return any(words in text for text in self.texts)


class Refused(Exception):
    """The bot's door refused the request itself."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class Person:
    """A person's conversation through the console's door. What fails on the way is sent again as it was."""

    def __init__(self, name: str, url: str, secret: str) -> None:
        self.name = name
        self._host = urlsplit(url).netloc
        self._secret = secret

    def says(self, text: str, key: str = "") -> Answer:
        """Say a sentence."""
        body = {"as": self.name, "text": text, "id": key or _new_key()}
        return _answer(self._send("POST", "/console/ask", body))

    def taps(self, card: Card | str, action: str, key: str = "") -> Answer:
        """Tap a button."""
        card_id = card.id if isinstance(card, Card) else card
        body = {"as": self.name, "card": card_id, "action": action, "id": key or _new_key()}
        return _answer(self._send("POST", "/console/tap", body))

    def meaning(self, text: str) -> dict[str, Any]:
        """How a sentence is understood."""
        meaning: dict[str, Any] = self._send("POST", "/console/interpret", {"as": self.name, "text": text})
        return meaning

    def sees(self, limit: int = 200) -> Answer:
        """The newest messages, oldest first."""
        return _answer(self._send("GET", f"/console/inbox?{urlencode({'as': self.name, 'limit': limit})}"))

    # ------------------------------------------------------------ what people do

    def orders(self, text: str) -> str:
        """Say what is wanted, confirm the card, answer with the order's name."""
        return self.confirms(self.says(text).offering("confirm"))

    def confirms(self, card: Card) -> str:
        """Tap 确认 and answer with the name of the order that the card has become."""
        placed = self.taps(card, "confirm")
        now = next((one for one in placed.cards if one.id == card.id), None) or self.again(card)
        assert NUMBER.fullmatch(now.number), (placed, now)
        return now.number

    def withdraws(self, card: Card) -> Answer:
        """Tap 撤回 on the card of an order, then confirm the card that says what it sets free."""
        return self.taps(self.taps(card, "withdraw").offering("confirm"), "confirm")

    def becomes_order(self, card: Card) -> str:
        """Wait until a confirm card has become the card of an order; answers with its name."""
        ends = monotonic() + PATIENCE
        while True:
            now = self.again(card)
            if NUMBER.fullmatch(now.number):
                return now.number
            assert monotonic() < ends, f"{self.name}: no order came of {now}"
            sleep(0.05)

    def insists(self, card: Card | str, action: str) -> None:
        """Tap again, now and then, for as long as the button is there, as people do when nothing happens."""
        ends = monotonic() + PATIENCE
        while action in self.again(card).buttons:
            assert monotonic() < ends, f"{self.name}: {action} stays on {self.again(card)}"
            sleep(0.5)
            if action in self.again(card).buttons:
                self.taps(card, action)

    def again(self, card: Card | str) -> Card:
        """A card as it is shown now."""
        card_id = card.id if isinstance(card, Card) else card
        return next(one for one in self.sees().cards if one.id == card_id)

    def gets(self, order: str, action: str) -> Card:
        """Wait for a card about an order with this button on it."""
        return self._wait_card(
            lambda card: card.number == order and action in card.buttons, f"{action} for {order}"
        )

    def waits(self, order: str, state: str, stamp: str = "") -> list[Card]:
        """Wait until every card about an order is in this state with these words, and answer with them."""
        ends = monotonic() + PATIENCE
        while True:
            cards = self.cards(order)
            if cards and all(card.state == state and stamp in card.stamp for card in cards):
                return cards
            assert monotonic() < ends, f"{self.name}: {order} is not {state} {stamp}: {cards}"
            sleep(0.05)

    def hears(self, words: str) -> str:
        """Wait for a message with these words."""
        ends = monotonic() + PATIENCE
        while True:
            texts = [text for text in self.sees().texts if words in text]
            if texts:
                return texts[-1]
            assert monotonic() < ends, f"{self.name} never heard {words}: {self.sees().texts}"
            sleep(0.05)

    def heard(self, words: str) -> list[str]:
        """All messages with these words."""
        return [text for text in self.sees().texts if words in text]

    def cards(self, order: str) -> list[Card]:
        """All cards about an order, oldest first."""
        return [card for card in self.sees().cards if card.number == order]

    # ------------------------------------------------------------ inside

    def _wait_card(self, fits: Callable[[Card], bool], what: str) -> Card:
        ends = monotonic() + PATIENCE
        while True:
            found = [card for card in self.sees().cards if fits(card)]
            if found:
                return found[-1]
            assert monotonic() < ends, f"{self.name} never got {what}: {self.sees(5)}"
            sleep(0.05)

    def _send(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """Send until it is answered: a bot that was just killed comes back, and ids make repeats harmless."""
        ends = monotonic() + PATIENCE
        while True:
            try:
                return self._send_once(method, path, body)
            except (OSError, http.client.HTTPException):
                assert monotonic() < ends, f"{path} is not answered"
            except Refused as refusal:
                if refusal.status not in (503, 504) or monotonic() > ends:
                    raise
            sleep(0.05)

    def _send_once(self, method: str, path: str, body: Mapping[str, str] | None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=35)
        try:
            headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            told = json.loads(response.read())
        except ValueError as error:
            raise http.client.HTTPException("not JSON") from error
        finally:
            connection.close()
        if response.status != 200:
            raise Refused(response.status, str(told["error"]["reason"]))
        return told


def _new_key() -> str:
    return uuid.uuid4().hex


def _answer(told: Mapping[str, Any]) -> Answer:
    texts = [message["text"] for message in told["messages"] if message["card"] is None]
    cards = [_card(message["card"]) for message in told["messages"] if message["card"] is not None]
    return Answer(tuple(texts), tuple(cards))


def _card(told: Mapping[str, Any]) -> Card:
    lines = tuple((line["label"], line["value"]) for line in told["lines"])
    said = [told["title"], told.get("subtitle", ""), *(f"{label} {value}" for label, value in lines)]
    return Card(
        id=told["id"],
        title=told["title"],
        lines=lines,
        buttons={button["action"]: button["label"] for button in told["buttons"]},
        state=told["state"],
        stamp=told.get("stamp", ""),
        number=told.get("number", ""),
        text="\n".join([*said, told.get("stamp", ""), told.get("fallback", "")]),
    )
