"""The desk: everything that answering a person needs, put together for one sentence, tap or notice."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kuguan.approvals.v1.approvals_pb2 import Task
from kuguan.orders.v1.orders_pb2 import Order
from sqlalchemy import Connection

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.chat.local import TENANT as LOCAL_TENANT
from bot.clients import Badge, Services, Who
from bot.commands.ask import Ask
from bot.company import ORDER, TASK, Company
from bot.storage import preferences, projections
from bot.texts import DEFAULT, LANGUAGES, Words
from bot.understand.languages import language_of
from services.kit.service import Runtime


def local_identity(person: str) -> Who:
    """The identity of a person in the local conversation, whose sign-in already proved who they are."""
    return LOCAL_PLATFORM, LOCAL_TENANT, person


@dataclass(frozen=True)
class Desk:
    """The services, the company, what the bot's own database knows, and where the chat page is."""

    runtime: Runtime
    services: Services
    company: Company
    zone: ZoneInfo
    page: str

    def words(self, language: str) -> Words:
        """The sentences of a language; the default for one we do not speak."""
        return Words(language if language in LANGUAGES else DEFAULT, self.zone)

    async def language(self, person: str) -> str:
        """The language a person chose or writes in, else what the company knows of them, else the default."""
        chosen = await self.runtime.reader.look(lambda connection: preferences.language(connection, person))
        return self._language(person, chosen)

    def _language(self, person: str, chosen: str | None) -> str:
        known = self.company.people.get(person)
        return chosen or (known.language if known else "") or DEFAULT

    async def words_for(self, person: str) -> Words:
        """The sentences of a person's language, with the company as of now."""

        def look(connection: Connection) -> tuple[list[projections.Change], str | None]:
            return self.company.news(connection), preferences.language(connection, person)

        news, chosen = await self.runtime.reader.look(look)
        self.company.take(news)
        return self.words(self._language(person, chosen))

    async def who(self, person: str) -> Who:
        """The identity under which a person talked last; the local one for those who never did."""
        contact = await self.runtime.reader.look(
            lambda connection: preferences.last_contact(connection, person)
        )
        return (contact.platform, contact.tenant, contact.user_id) if contact else local_identity(person)

    async def ask(self, badge: Badge, cause: str, subject: str = "", text: str = "") -> Ask:
        """Everything for answering a person about a subject, with the company as of now.

        Whoever chose no language is answered in that of their ``text``, and told things in it afterwards.
        """

        def look(
            connection: Connection,
        ) -> tuple[list[projections.Change], str | None, str | None, tuple[Order | None, Task | None]]:
            chosen = preferences.chosen_language(connection, badge.person)
            spoken = None if chosen else preferences.spoken_language(connection, badge.person)
            return self.company.news(connection), chosen, spoken, snapshots(connection, subject)

        news, chosen, known, (order, task) = await self.runtime.reader.look(look)
        self.company.take(news)
        language = self._language(badge.person, chosen or known)
        spoken = None if chosen else language_of(text)
        if spoken is not None and spoken != language:
            language = spoken
            await self.runtime.writer.act(lambda tx: preferences.note_spoken(tx, badge.person, language))
        words = self.words(language)
        voice = self.services.speaking(badge)
        return Ask(badge.person, words, self.company, voice, cause, order, task)


def snapshots(connection: Connection, subject: str) -> tuple[Order | None, Task | None]:
    """The newest order and task of a subject that the bot has heard of."""
    if not subject:
        return None, None
    order = projections.get(connection, ORDER, subject)
    task = projections.get(connection, TASK, subject)
    return (
        Order.FromString(order) if order is not None else None,
        Task.FromString(task) if task is not None else None,
    )
