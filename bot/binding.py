"""Joins chat accounts and people by one-time codes, from either side.

Somebody the bot does not know gets a code in their chat; the person says it where the bot knows them, or an
administrator does for them. The other way round a person asks for a code where they are known and sends it
from the new chat. Only a digest of a code is kept, and it lasts for minutes.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kuguan.approvals.v1.people_pb2 import (
    BindIdentityRequest,
    Identity,
    ListIdentitiesRequest,
    UnbindIdentityRequest,
)

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.chat.platform import AddressKind
from bot.commands.ask import Ask, Offer, Reply, Say, Show, Tapped, new_card, request_id_of
from bot.desk import Desk, local_identity
from bot.reaching import Choice, Reaching, choice
from bot.storage import bindings
from bot.storage.bindings import Code
from bot.storage.cards import CardRow
from bot.storage.received import Received
from services.kit.access import digest_of_secret

CODE_LIFE: Final = timedelta(minutes=10)
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_HALF: Final = 4
_CODE = rf"([{_ALPHABET}]{{{_HALF}}})[- ]?([{_ALPHABET}]{{{_HALF}}})"
_BARE: Final = re.compile(rf"(?:(?:绑定|BIND|LINK)\s*)?{_CODE}")
_BIND: Final = re.compile(rf"(?:绑定(?:账号)?|BIND|LINK(?: ACCOUNT)?)(?:\s*{_CODE}(?:\s+(?P<who>.+))?)?")
_UNBIND: Final = re.compile(r"解绑|解除绑定|UNBIND|UNLINK")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody says about accounts: `code` is empty where they ask for one, `who` names another."""

    unbind: bool = False
    code: str = ""
    who: str = ""


def wish(text: str) -> Wish | Choice | None:
    """What a sentence of somebody we know says about their chats; None if it is about something else."""
    tidy = _tidy(text)
    if _UNBIND.fullmatch(tidy.upper()):
        return Wish(unbind=True)
    found = _BIND.fullmatch(tidy.upper())
    if found is None:
        return choice(text)
    who = tidy[found.start("who") :] if found["who"] else ""
    return Wish(code=(found[1] or "") + (found[2] or ""), who=who)


def said_code(text: str) -> str:
    """The code that somebody we do not know sends; empty if there is none."""
    found = _BARE.fullmatch(_tidy(text).upper())
    return found[1] + found[2] if found else ""


class Binding:
    """The desk for accounts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reaching = Reaching(desk)

    async def answer(self, ask: Ask, row: Received, asked: Wish | Choice) -> list[Reply]:
        """What somebody we know gets for a sentence about their accounts, or where they are told."""
        if isinstance(asked, Choice):
            return await self._reaching.answer(ask, row, asked)
        if row.address_kind != AddressKind.DIRECT.value:
            return [Say(ask.words("binding.direct_only"))]
        if asked.unbind:
            return await self._accounts(ask)
        if not asked.code:
            text, offer = _offer(Code(person=ask.person), "binding.code_for_you", ask)
            return [Offer(text, *offer)]
        code = await self._find(asked.code)
        if code is None or not code.user_id:
            return [Say(ask.words("binding.code_over"))]
        person = ask.person
        if asked.who:
            named = self._desk.company.people_called(asked.who)
            if len(named) != 1:
                key = "binding.several_called" if named else "binding.nobody_called"
                return [Say(ask.words(key, name=asked.who))]
            person = named[0]
        account = {"platform": code.platform, "tenant": code.tenant, "user_id": code.user_id}
        card = new_card(ask, "binding", "", {**account, "name": code.name, "person": person})
        return [Show(card)]

    async def offer_stranger(self, row: Received) -> tuple[str, Offer]:
        """A code for an account that nobody is known behind."""
        account = Code(row.platform, row.tenant, row.sender, row.body.get("name", ""))
        code, digest = _new_code()
        return code, Offer("", account, digest, CODE_LIFE)

    async def redeem(self, row: Received) -> str:
        """Bind a stranger's account by the code of a person they sent; returns the person, or nothing.

        The account was seen when the code came in, and the person when they asked for it.
        """
        said = said_code(row.body.get("text", ""))
        code = await self._find(said) if said else None
        if code is None or not code.person:
            return ""
        badge = await self._desk.services.badge(local_identity(code.person))
        identity = Identity(platform=row.platform, tenant=row.tenant, user_id=row.sender, person=code.person)
        voice = self._desk.services.speaking(badge)
        request = BindIdentityRequest(request_id=request_id_of(row.cause, "bind"), identity=identity)
        await voice.write(voice.services.people.BindIdentity, request)
        await self._desk.runtime.writer.act(lambda tx: bindings.use(tx, _digest(said)))
        return code.person

    async def _find(self, code: str) -> Code | None:
        digest = _digest(code)
        return await self._desk.runtime.reader.look(
            lambda connection: bindings.find(connection, digest, datetime.now(UTC))
        )

    async def _accounts(self, ask: Ask) -> list[Reply]:
        request = ListIdentitiesRequest(person=ask.person, page_size=100)
        answer = await ask.voice.read(ask.voice.services.people.ListIdentities, request)
        accounts: list[dict[str, Any]] = [
            {"platform": one.platform, "tenant": one.tenant, "user_id": one.user_id}
            for one in answer.identities
            if one.platform != LOCAL_PLATFORM
        ]
        if not accounts:
            return [Say(ask.words("binding.no_accounts"))]
        return [Show(new_card(ask, "unbinding", "", {"accounts": accounts[:5]}))]


def _offer(code: Code, key: str, ask: Ask) -> tuple[str, tuple[Code, bytes, timedelta]]:
    written, digest = _new_code()
    minutes = int(CODE_LIFE.total_seconds() // 60)
    return ask.words(key, code=written, minutes=minutes), (code, digest, CODE_LIFE)


def _new_code() -> tuple[str, bytes]:
    """A code as people read it, and its digest."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(2 * _HALF))
    return f"{letters[:_HALF]}-{letters[_HALF:]}", _digest(letters)


def _digest(code: str) -> bytes:
    return digest_of_secret(code)


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:80]).strip(" 。.!:「」").split())


async def bind(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Join the account of a card and its person."""
    data = row.data
    identity = Identity(
        platform=data["platform"], tenant=data["tenant"], user_id=data["user_id"], person=data["person"]
    )
    request = BindIdentityRequest(request_id=f"{row.id}-{action}", identity=identity)
    await ask.voice.write(ask.voice.services.people.BindIdentity, request)
    return Tapped(replace(row, state="done"), ask.words("toast.bound"))


async def unbind(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Give up the account whose button was tapped."""
    account = row.data["accounts"][int(action.removeprefix("choose_")) - 1]
    request = UnbindIdentityRequest(request_id=f"{row.id}-{action}", identity=Identity(**account))
    await ask.voice.write(ask.voice.services.people.UnbindIdentity, request)
    done = replace(row, state="done", data={**row.data, "unbound": account})
    return Tapped(done, ask.words("toast.unbound"))
