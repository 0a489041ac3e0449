"""The console: the local conversation for the command line, behind the secret of this installation."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from aiohttp import web
from aiohttp.web import AbstractRouteDef, Request, StreamResponse

from bot.chat.conversation import Author, Message
from bot.chat.encoding import card_to_json
from bot.chat.http import (
    Refusal,
    answering,
    as_json,
    key_field,
    number_parameter,
    read_object,
    tap_fields,
    text_field,
)
from bot.chat.local import LocalChat
from bot.chat.platform import Card, Event, Text

DOOR: Final = "console"
SETTLE_DEADLINE: Final = 20.0
"""Seconds the answer to a sentence or tap is waited for."""
MESSAGES_LIMIT: Final = 200

Interpret = Callable[[str, str], Awaitable[Mapping[str, Any]]]
"""(person, text) → what the bot understands, in the shape of the sample sentences. Changes nothing."""


class Namebook(Protocol):
    """Finds the person a command line names."""

    async def find(self, words: str) -> Sequence[str]:
        """The id of the active person with this id, else the ids of all with exactly this name."""
        ...


class Console:
    """Routes that answer with the messages a sentence or a tap brought."""

    def __init__(self, local: LocalChat, namebook: Namebook, interpret: Interpret, secret: str) -> None:
        if len(secret) < 32:
            raise ValueError("the console secret has at least 32 characters")
        self._local = local
        self._namebook = namebook
        self._interpret = interpret
        self._secret = secret.encode()

    def routes(self) -> Sequence[AbstractRouteDef]:
        return [
            web.post("/console/ask", answering(self._ask)),
            web.post("/console/tap", answering(self._tap)),
            web.post("/console/interpret", answering(self._interpretation)),
            web.get("/console/inbox", answering(self._inbox)),
        ]

    async def _ask(self, request: Request) -> StreamResponse:
        self._authenticate(request)
        data = await read_object(request)
        person = await self._person(data.get("as"))
        key, text = key_field(data, "id"), text_field(data, "text")
        said, event = await self._local.say(person, text, key, DOOR)
        # A repeat finds the sentence where it was kept first, so it gets the same answer again.
        return await self._answer(person, event, said.revision, behind=said.sequence)

    async def _tap(self, request: Request) -> StreamResponse:
        self._authenticate(request)
        data = await read_object(request)
        person = await self._person(data.get("as"))
        key = key_field(data, "id")
        card_id, action, text = tap_fields(data)
        before = await self._local.conversation.revision(person)
        answer, event = await self._local.tap(person, card_id, action, key, DOOR, text)
        toast = answer.toast if answer else ""
        # An answer without a card: there was nothing of this person's that could be tapped.
        refused = answer is not None and answer.card is None
        return await self._answer(person, event, before, toast, refused=refused)

    async def _inbox(self, request: Request) -> StreamResponse:
        self._authenticate(request)
        person = await self._person(request.query.get("as"))
        limit = number_parameter(request, "limit", 20, MESSAGES_LIMIT)
        messages = await self._local.conversation.before(person, None, limit)
        return as_json({"messages": [_shown(message) for message in messages if _from_bot(message)]})

    async def _interpretation(self, request: Request) -> StreamResponse:
        self._authenticate(request)
        data = await read_object(request)
        person = await self._person(data.get("as"))
        return as_json(await self._interpret(person, text_field(data, "text")))

    async def _answer(
        self,
        person: str,
        event: Event,
        after: int,
        toast: str = "",
        behind: int = 0,
        refused: bool = False,
    ) -> StreamResponse:
        """What changed after a revision, in reading order; where some of it stands ``behind`` a place that is
        given, only that. Where none does, a typed button has changed its card."""
        if not await self._local.settled(event, SETTLE_DEADLINE):
            raise Refusal(504, "STILL_AT_WORK")
        changed = await self._local.conversation.since(person, after, MESSAGES_LIMIT)
        messages = sorted(changed, key=lambda message: message.sequence)
        said = [message for message in messages if _from_bot(message)]
        new = [message for message in said if message.sequence > behind]
        shown = [_shown(message) for message in new or said]
        if toast:
            shown.append({"text": toast, "card": None})
        return as_json({"messages": shown, "refused": True} if refused else {"messages": shown})

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(given.encode(errors="replace"), self._secret):
            raise Refusal(401, "SECRET_WRONG")

    async def _person(self, words: object) -> str:
        found = await self._namebook.find(words) if isinstance(words, str) and words else []
        if not found:
            raise Refusal(404, "PERSON_UNKNOWN")
        if len(found) > 1:
            raise Refusal(409, "PERSON_AMBIGUOUS", people=", ".join(found))
        return found[0]


def _from_bot(message: Message) -> bool:
    return message.author is Author.BOT


def _shown(message: Message) -> dict[str, Any]:
    content = message.content
    if isinstance(content, Text):
        return {"text": content.text, "card": None}
    return {"text": content.title, "card": flat_card(content)}


def flat_card(card: Card) -> dict[str, Any]:
    """The card as JSON whose `lines` hold everything it says: groups become rows below the others."""
    data = card_to_json(card)
    for group in data.pop("groups", []):
        data["lines"].append({"label": group["title"], "value": group["note"]})
        data["lines"].extend(group["lines"])
    return data
