"""The channel `web`: the chat page in a browser and, beside it, the console."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp import web
from aiohttp.web import AbstractRouteDef, Request, StreamResponse

from bot.chat.assets import Assets
from bot.chat.console import Console
from bot.chat.encoding import card_to_json, message_to_json
from bot.chat.errors import PayloadRejected
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
from bot.chat.live import Live
from bot.chat.local import CLICK_DEADLINE, PLATFORM, LocalChat
from bot.chat.platform import (
    Address,
    Capabilities,
    Card,
    CardRef,
    ClickAnswer,
    Content,
    Health,
    LateUpdate,
    Media,
    MessageRef,
    Proactive,
    Sink,
    Updated,
)
from bot.chat.session import Gate, Sessions

DOOR: Final = "page"
PAGE_SIZE: Final = 40
LANGUAGES: Final = frozenset({"zh", "en"})

CAPABILITIES: Final = Capabilities(
    group_in=False,
    image_in=False,
    image_out=False,
    buttons=True,
    click_answer=ClickAnswer.CARD_AND_TOAST,
    click_deadline=CLICK_DEADLINE,
    late_update=LateUpdate.ANY,
    late_update_window=None,
    max_lines=60,
    max_title=120,
    max_text_bytes=32 * 1024,
    proactive=Proactive.ALWAYS,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Whom the page shows. `name`, `department` and `roles` are worded in the language asked for."""

    id: str
    name: str
    department: str
    roles: tuple[str, ...]
    language: str


class Directory(Protocol):
    """Who there is, as far as the page shows it. The bot implements it from what approvals tells."""

    async def profile(self, person: str, language: str | None = None) -> Profile | None:
        """The active person with this id, worded in `language` or their own; None when there is none."""
        ...

    async def personas(self, language: str) -> Sequence[Profile]:
        """The people of the demo company, in the order to show them."""
        ...


Redeem = Callable[[str], Awaitable[str | None]]
"""Takes the token of a one-time link, gives the person once; None when unknown, used or expired."""

ChooseLanguage = Callable[[str, str], Awaitable[None]]
"""Keeps (person, "zh" | "en") as the language of everything the bot says to that person."""


class WebChannel:
    """The page's routes and the channel behind them. `demo` lets anybody on this machine be anybody."""

    def __init__(
        self,
        local: LocalChat,
        directory: Directory,
        sessions: Sessions,
        gate: Gate,
        *,
        demo: bool,
        redeem: Redeem | None = None,
        choose_language: ChooseLanguage | None = None,
        console: Console | None = None,
        live: Live | None = None,
        time_zone: str = "",
    ) -> None:
        self._local = local
        self._directory = directory
        self._sessions = sessions
        self._gate = gate
        self._demo = demo
        self._time_zone = time_zone
        self._redeem = redeem
        self._choose_language = choose_language
        self._console = console
        self._live = live or Live(local.conversation)
        self._assets = Assets()

    # ------------------------------------------------------------ the channel

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def routes(self) -> Sequence[AbstractRouteDef]:
        page = [
            web.get("/", answering(self._page)),
            web.get("/sign-in/{token}", answering(self._page)),
            web.get("/assets/{version}/{name}", answering(self._file)),
            web.get("/api/session", answering(self._session)),
            web.post("/api/sign-in/{token}", answering(self._sign_in)),
            web.post("/api/sign-out", answering(self._sign_out)),
            web.post("/api/language", answering(self._language)),
            web.get("/api/messages", answering(self._messages)),
            web.post("/api/say", answering(self._say)),
            web.post("/api/tap", answering(self._tap)),
            web.get("/api/events", answering(self._events)),
        ]
        if self._demo:
            page.append(web.post("/api/demo/persona", answering(self._persona)))
        return [*page, *(self._console.routes() if self._console else [])]

    async def start(self, sink: Sink) -> None:
        self._local.start(sink)

    async def stop(self) -> None:
        self._live.stop()
        await self._local.stop()

    def health(self) -> Health:
        return Health(connected=True, last_inbound=self._local.last_inbound)

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        return await self._local.send(address, content, idempotency_key)

    async def update(self, reference: CardRef, card: Card) -> Updated:
        return await self._local.update(reference, card)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        return known or fresh

    async def fetch(self, media: MessageRef) -> Media:
        raise PayloadRejected("the local conversation takes no pictures")

    # ------------------------------------------------------------ the page

    async def _page(self, request: Request) -> StreamResponse:
        # A one-time link shows the page and changes nothing: chat products fetch links to preview them.
        self._gate.check(request)
        return self._assets.page(request)

    async def _file(self, request: Request) -> StreamResponse:
        self._gate.check(request)
        return self._assets.file(request)

    async def _session(self, request: Request) -> StreamResponse:
        self._gate.check(request)
        session = self._sessions.open(request)
        profile = None
        if session is not None:
            profile = await self._directory.profile(session.person(request))
        language = profile.language if profile else None
        answer: dict[str, Any] = {
            "person": profile and _profile_to_json(profile),
            "language": language,
            "languages": bool(self._choose_language),
            "demo": self._demo,
            "time_zone": self._time_zone,
        }
        if self._demo:
            personas = await self._directory.personas(language or "zh")
            heads = await self._local.conversation.heads([persona.id for persona in personas])
            answer["personas"] = [
                {**_profile_to_json(persona), "head": heads.get(persona.id, 0)} for persona in personas
            ]
        return as_json(answer)

    async def _persona(self, request: Request) -> StreamResponse:
        self._gate.check_change(request)
        if not (self._demo and self._gate.is_local(request)):
            raise Refusal(403, "DEMO_ONLY_LOCAL")
        person = (await read_object(request)).get("person")
        profile = await self._directory.profile(person) if isinstance(person, str) else None
        if profile is None:
            raise Refusal(404, "PERSON_UNKNOWN")
        response = as_json({"person": _profile_to_json(profile)})
        self._sessions.add(response, request, profile.id)
        return response

    async def _sign_in(self, request: Request) -> StreamResponse:
        self._gate.check_change(request)
        token = request.match_info["token"]
        person = await self._redeem(token) if self._redeem and len(token) <= 512 else None
        profile = await self._directory.profile(person) if person else None
        if profile is None:
            raise Refusal(403, "LINK_OVER")
        response = as_json({"person": _profile_to_json(profile)})
        self._sessions.add(response, request, profile.id)
        return response

    async def _sign_out(self, request: Request) -> StreamResponse:
        self._gate.check_change(request)
        response = as_json({})
        self._sessions.end(response)
        return response

    async def _language(self, request: Request) -> StreamResponse:
        person = await self._changing_person(request)
        language = (await read_object(request)).get("language")
        if self._choose_language is None or language not in LANGUAGES:
            raise Refusal(400, "FIELD_MISSING", field="language")
        await self._choose_language(person, language)
        return as_json({})

    # ------------------------------------------------------------ the conversation

    async def _messages(self, request: Request) -> StreamResponse:
        person = await self._reading_person(request)
        conversation = self._local.conversation
        limit = number_parameter(request, "limit", PAGE_SIZE, PAGE_SIZE)
        # Read before the messages: what changes in between comes twice rather than never.
        revision = await conversation.revision(person)
        if "since" in request.query:
            since = number_parameter(request, "since", 0, 2**53)
            messages = await conversation.since(person, since, limit)
        else:
            before = number_parameter(request, "before", 0, 2**53) or None
            messages = await conversation.before(person, before, limit)
        return as_json(
            {
                "messages": [message_to_json(message) for message in messages],
                "revision": revision,
                "more": len(messages) == limit,
            }
        )

    async def _say(self, request: Request) -> StreamResponse:
        person = await self._changing_person(request)
        data = await read_object(request)
        key, text = key_field(data, "id"), text_field(data, "text")
        message, _ = await self._local.say(person, text, key, DOOR)
        return as_json({"message": message_to_json(message)})

    async def _tap(self, request: Request) -> StreamResponse:
        person = await self._changing_person(request)
        data = await read_object(request)
        key = key_field(data, "id")
        card_id, action, text = tap_fields(data)
        answer, _ = await self._local.tap(person, card_id, action, key, DOOR, text)
        if answer is None:
            return as_json({"later": True})
        card = card_to_json(answer.card) if answer.card else None
        return as_json({"later": False, "toast": answer.toast, "card": card})

    async def _events(self, request: Request) -> StreamResponse:
        person = await self._reading_person(request)
        last = request.headers.get("Last-Event-ID", "")
        if last.isascii() and last.isdigit() and len(last) <= 18:
            after: int | None = int(last)
        elif "after" in request.query:
            after = number_parameter(request, "after", 0, 2**53)
        else:
            after = None
        if await self._local.conversation.revision(person) == 0:
            await self._local.enter(person, DOOR)
        personas = await self._directory.personas("zh") if self._demo else []
        return await self._live.serve(request, person, after, [persona.id for persona in personas])

    async def _reading_person(self, request: Request) -> str:
        self._gate.check(request)
        return await self._active(request)

    async def _changing_person(self, request: Request) -> str:
        self._gate.check_change(request)
        return await self._active(request)

    async def _active(self, request: Request) -> str:
        person = self._sessions.require(request).person(request)
        if await self._directory.profile(person) is None:
            raise Refusal(401, "SIGNED_OUT")  # has left since; a cookie outlives a person's rights
        return person


def _profile_to_json(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": profile.name,
        "department": profile.department,
        "roles": list(profile.roles),
        "language": profile.language,
    }
