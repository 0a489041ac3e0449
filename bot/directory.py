"""The people as the chat page and the command line see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kuguan.approvals.v1.people_pb2 import Person

from bot.chat.web import Profile
from bot.desk import Desk
from bot.storage import links, preferences
from bot.texts import DEFAULT
from bot.understand import understand
from services.kit.access import digest_of_secret


class Directory:
    """Profiles, names and languages of those who work here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def profile(self, person: str, language: str | None = None) -> Profile | None:
        """The person, worded in a language or their own; None where there is nobody to act."""
        await self._desk.company.refresh(self._desk.runtime.reader)
        known = self._desk.company.people.get(person)
        if known is None or known.left:
            return None
        own = await self._desk.language(person)
        return self._profile(known, language or own, own)

    async def personas(self, language: str) -> Sequence[Profile]:
        """Everybody, for the demo's switch."""
        await self._desk.company.refresh(self._desk.runtime.reader)
        people = [person for person in self._desk.company.people.values() if not person.left]
        return [self._profile(person, language, language) for person in people]

    async def find(self, words: str) -> Sequence[str]:
        """The ids of the people who work here with this id, else with exactly this name."""
        await self._desk.company.refresh(self._desk.runtime.reader)
        people = self._desk.company.people
        if words in people:
            return [] if people[words].left else [words]
        return sorted(
            person.id
            for person in people.values()
            if words in (person.name, person.name_en) and not person.left
        )

    async def choose_language(self, person: str, language: str) -> None:
        """Speak a language with a person from now on."""
        await self._desk.runtime.writer.act(lambda tx: preferences.choose_language(tx, person, language))

    async def redeem(self, token: str) -> str | None:
        """The person a one-time sign-in link was made for; None where it is unknown, used or over."""
        digest = digest_of_secret(token)
        return await self._desk.runtime.writer.act(lambda tx: links.redeem(tx, digest))

    async def interpret(self, person: str, text: str) -> Mapping[str, Any]:
        """What a sentence means, in the shape of the sample sentences; changes nothing."""
        await self._desk.company.refresh(self._desk.runtime.reader)
        return {"text": text, "expect": understand(text, self._desk.company.vocabulary).as_json()}

    def _profile(self, person: Person, language: str, own: str) -> Profile:
        words = self._desk.words(language or DEFAULT)
        roles = tuple(words(f"role.{role}") if words.has(f"role.{role}") else role for role in person.roles)
        name = self._desk.company.person_name(person.id, words.language)
        return Profile(person.id, name, person.department, roles, own)
