"""Where people want to hear of things first: what they say about it, and who may say it for whom.

Answers always come where the question was. This is about what the bot says by itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.chat.products import CALLED
from bot.commands.ask import Ask, Reply, Say
from bot.desk import Desk
from bot.notices import ADMINISTRATOR
from bot.storage import deliveries, preferences
from bot.storage.received import Received
from bot.ways import place
from services.kit.changes import Transaction

_NAMES: Final = {**CALLED, LOCAL_PLATFORM: ("网页", "the web page", "the page", "web")}
# The longest word first: some begin with another.
_CHAT: Final = "|".join(sorted({one for words in _NAMES.values() for one in words}, key=len, reverse=True))
_NEXT: Final = r"(?:\s*(?:、|,|;|>|→|先|再|然后|其次|用|和|\bthen\b|\band\b)\s*)+"
_CHATS: Final = rf"(?P<chats>(?:{_CHAT})(?:{_NEXT}(?:{_CHAT}))*)"
_PLEASE: Final = r"(?:请|以后|今后|please )*"
_WHO: Final = r"(?P<who>[^\s,、]{1,20}(?: [^\s,、]{1,20})?)"
_CHOICES: Final = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_PLEASE}(?:通知|消息)(?:我)?(?:都|先|优先)*(?:用|发到|发|走){_CHATS}",
        rf"{_PLEASE}通知\s*{_WHO}?\s*(?:都|先|优先)*(?:用|发到){_CHATS}",
        rf"{_PLEASE}(?:先)?(?:用|在){_CHATS}上?通知(?:我|(?P<who>[^\s,、]{{1,20}}))?",
        rf"{_PLEASE}(?:notify|reach) {_WHO} (?:first )?(?:on|in|by|via|over) {_CHATS}",
        rf"{_PLEASE}notifications (?:on|in|by|via|to) {_CHATS}",
    )
]
_DEFAULT: Final = re.compile(
    rf"{_PLEASE}(?:通知|消息)(?:我)?(?:用|发到)?(?:最近(?:用过?)?的(?:聊天|平台)?|默认(?:方式)?)"
    r"|(?:notify me|notifications) (?:where i was last|by default)",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(
    r"通知方式|通知设置|怎么通知我|通知用什么|how do you notify me|where do you notify me|notifications",
    re.IGNORECASE,
)
_SELF: Final = frozenset({"", "我", "me"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody says about where to hear of things. `chats` are those named, in their order, each with
    what it may mean; `by_use` goes back to the order of last use; with neither they only ask. `who` names
    another person."""

    chats: tuple[tuple[str, ...], ...] = ()
    by_use: bool = False
    who: str = ""


def choice(text: str) -> Choice | None:
    """What a whole sentence says about it; None if it is about something else."""
    tidy = " ".join(unicodedata.normalize("NFKC", text[:120]).strip(" 。.!?「」").split())
    if _QUESTION.fullmatch(tidy):
        return Choice()
    if _DEFAULT.fullmatch(tidy):
        return Choice(by_use=True)
    for pattern in _CHOICES:
        found = pattern.fullmatch(tidy)
        if found is not None:
            named = re.findall(_CHAT, found["chats"], re.IGNORECASE)
            who = found.groupdict().get("who") or ""
            chats = tuple(_meant(name.lower()) for name in named)
            return Choice(chats, who="" if who.lower() in _SELF else who)
    return None


def _meant(word: str) -> tuple[str, ...]:
    return tuple(chat for chat, words in _NAMES.items() if word in words)


class Reaching:
    """The desk for where people are told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, ask: Ask, row: Received, asked: Choice) -> list[Reply]:
        """Keep what was said, and say in which order the person is told from now on."""
        company, person = self._desk.company, ask.person
        if asked.who:
            named = company.people_called(asked.who)
            speaker = company.people.get(ask.person)
            if speaker is None or ADMINISTRATOR not in speaker.roles:
                return [Say(ask.words("ways.administrators_only"))]
            if len(named) != 1:
                key = "binding.several_called" if named else "binding.nobody_called"
                return [Say(ask.words(key, name=asked.who))]
            person = named[0]

        def look(connection: Connection) -> tuple[list[str], list[str]]:
            used = [one.platform for one in preferences.contacts(connection, person)]
            return list(dict.fromkeys([*used, LOCAL_PLATFORM])), preferences.first_chats(connection, person)

        used, first = await self._desk.runtime.reader.look(look)
        if asked.chats or asked.by_use:
            first = list(dict.fromkeys(chat for one in asked.chats for chat in one if chat in used))
            missing = next((one for one in asked.chats if not set(one) & set(used)), None)
            if missing is not None:
                return [Say(ask.words("ways.not_bound", platform=ask.words.platform(missing[0])))]
            await self._desk.runtime.writer.act(lambda tx: _keep(tx, row, ask.person, person, first))
        chats = " → ".join(map(ask.words.platform, sorted(used, key=lambda one: place(one, first))))
        key = "ways.chosen" if first else "ways.by_use"
        name = company.person_name(person, ask.words.language)
        return [Say(ask.words(key, person=name, chats=chats))]


def _keep(tx: Transaction, row: Received, by: str, person: str, first: list[str]) -> None:
    preferences.choose_first_chats(tx, person, first)
    if by != person:
        told = {"key": "notice.ways", "facts": {"who": by}}
        deliveries.queue(tx, f"{row.cause}#ways", person, "tell", told, row.cause)
