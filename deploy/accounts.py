"""Binds people to the chat accounts that a chat product finds by their mobile number or e-mail address.

The addresses are in a table of the administrator's and go to the product; they are kept nowhere.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, ClientTimeout
from kuguan.approvals.v1.people_pb2 import Identity, Person

from bot.chat.accounts import MODULES, Accounts, Kind
from bot.chat.errors import AuthFailed, ChannelError, RateLimited, Transient
from bot.chat.settings import ChatSettings
from deploy.amounts import BadCell, plain_text
from deploy.chats import chat_settings, in_both, package_of, settings_in_words
from deploy.connection import Connection
from deploy.errors import CommandFailed
from deploy.identities import bind, identities_of
from deploy.imports import Progress, known_people, silent
from deploy.layouts import ADDRESSES
from deploy.report import Finding, Report, RowReport
from deploy.sheets import Row, Sheet, read_sheet

CALL_SECONDS: Final = 30.0
TRIES: Final = 4
LONGEST_WAIT: Final = 120.0
_PAUSE: Final = 1.0
_MAINLAND: Final = re.compile(r"(?:\+86|0086)?(1[3-9][0-9]{9})")
_ABROAD: Final = re.compile(r"\+[1-9][0-9]{5,14}")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}")


@dataclass
class Wish:
    """A person who is to be found by their addresses."""

    person: str
    report: RowReport
    addresses: dict[Kind, str] = field(default_factory=dict)
    account: str = ""


def find_identities(
    connection: Connection,
    path: Path,
    product: str,
    data: Path,
    *,
    dry_run: bool,
    progress: Progress = silent,
) -> Report:
    """Ask a product for the account of everybody in a table who has none there yet, and bind what it finds.

    Nobody loses an account, and one that is somebody else's or found for several people is bound to nobody.
    Raises CommandFailed with what to do where the product cannot be asked.
    """
    package = package_of(product, MODULES)
    platform = package.replace("_", "-")
    progress("read", 0, 1)
    sheet = read_sheet(path, ADDRESSES)
    people = known_people(connection)
    bound = [one for person in people for one in identities_of(connection, person)]
    report = Report.of(path, "identities", sheet, [], dry_run=dry_run)
    known = [one for one in bound if one.platform == platform]
    with settings_in_words():
        chat = chat_settings(package, data)
        tenant, wishes = asyncio.run(_found(package, chat, _People(people, known), sheet, report, progress))
    owners = {one.user_id: one.person for one in known if one.tenant == tenant}
    wanted = [
        Identity(platform=platform, tenant=tenant, user_id=wish.account, person=wish.person)
        for wish in _certain(wishes, owners)
    ]
    if not dry_run:
        bind(connection, wanted, progress)
        report.written = bool(wanted)
    return report


def mobile_number(text: str) -> str:
    """A mobile number as products are asked for it; raises BadCell."""
    plain = re.sub(r"[\s()\-.]", "", plain_text(text).removesuffix(".0"))
    mainland = _MAINLAND.fullmatch(plain)
    if mainland is not None:
        return mainland[1]
    if not _ABROAD.fullmatch(plain) or plain.startswith("+86"):
        # What stands in the cell is somebody's number, perhaps with a slip: it is not repeated.
        raise BadCell("BAD_MOBILE", "mobile", "")
    return plain


def email_address(text: str) -> str:
    """An e-mail address as products are asked for it; raises BadCell."""
    plain = plain_text(text).lower()
    if not _EMAIL.fullmatch(plain):
        raise BadCell("BAD_EMAIL", "email", "")
    return plain


_READ: Final = {Kind.MOBILE: mobile_number, Kind.EMAIL: email_address}


@dataclass(frozen=True)
class _People:
    """Who works here, and their accounts on the product that is asked."""

    people: Mapping[str, Person]
    accounts: Sequence[Identity]

    def without_account(self, tenant: str) -> set[str]:
        """Those who can be found: not yet bound in the company, and still here."""
        bound = {one.person for one in self.accounts if one.tenant == tenant}
        return {person.id for person in self.people.values() if not person.left} - bound


async def _found(
    package: str, chat: ChatSettings, people: _People, sheet: Sheet, report: Report, progress: Progress
) -> tuple[str, list[Wish]]:
    """The company on the product, and everybody asked for, with the account if there is one."""
    async with ClientSession(timeout=ClientTimeout(total=CALL_SECONDS)) as session:
        accounts: Accounts = import_module(f"bot.chat.{package}.accounts").accounts(chat, session)
        if not any(kind.value in sheet.columns for kind in accounts.kinds):
            raise _no_column(accounts.kinds)
        try:
            tenant = await accounts.tenant()
            wishes = _wishes(sheet, people, tenant, accounts.kinds, report)
            for kind in accounts.kinds:
                await _ask(accounts, kind, wishes, progress)
        except AuthFailed as error:
            raise CommandFailed(*in_both(f"accounts.{package}.refused", {"error": str(error)})) from None
        except ChannelError as error:
            raise CommandFailed(*in_both("accounts.unreachable", {"error": str(error)})) from None
        return tenant, wishes


def _wishes(sheet: Sheet, people: _People, tenant: str, kinds: Sequence[Kind], report: Report) -> list[Wish]:
    """The rows with somebody to be found, each once; all others get their verdict."""
    wishes: list[Wish] = []
    open_people, seen = people.without_account(tenant), set()
    for row in sheet.rows:
        verdict = RowReport.of(row, "person")
        report.rows.append(verdict)
        person = plain_text(row.cells["person"]).lower()
        if person not in people.people or people.people[person].left:
            verdict.refuse("NO_SUCH", name=row.cells["person"][:60])
        elif person in seen:
            verdict.refuse("DUPLICATE_ID", id=person)
        elif person not in open_people and not verdict.refused:
            verdict.outcome = "unchanged"
        seen.add(person)
        if verdict.outcome in ("taken", "mended"):
            wish = Wish(person, verdict, _addresses(row, kinds, verdict))
            if not verdict.refused:
                wishes.append(wish)
    return wishes


def _addresses(row: Row, kinds: Sequence[Kind], verdict: RowReport) -> dict[Kind, str]:
    addresses: dict[Kind, str] = {}
    for kind in kinds:
        cell = row.cells.get(kind.value, "")
        try:
            if cell:
                addresses[kind] = _READ[kind](cell)
        except BadCell as bad:
            verdict.refuse(bad.reason)
    if not addresses and not verdict.refused:
        verdict.refuse("ADDRESS_MISSING")
    return addresses


async def _ask(accounts: Accounts, kind: Kind, wishes: Sequence[Wish], progress: Progress) -> None:
    """Ask by one kind of address for those who are not found yet."""
    asked: dict[str, list[Wish]] = {}
    for wish in wishes:
        if kind in wish.addresses and not wish.account:
            asked.setdefault(wish.addresses[kind], []).append(wish)
    addresses = list(asked)
    for start in range(0, len(addresses), accounts.at_once):
        some = addresses[start : start + accounts.at_once]
        for address, account in (await _patiently(accounts, kind, some)).items():
            for wish in asked[address]:
                wish.account = account
                wish.report.findings.append(Finding("ACCOUNT_FOUND", {"account": account, "by": kind.value}))
        progress("ask", start + len(some), len(addresses))


async def _patiently(accounts: Accounts, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
    """One question, asked again where the product is too busy or was not reached."""
    for last in (*[False] * (TRIES - 1), True):
        try:
            return await accounts.find(kind, addresses)
        except (RateLimited, Transient) as error:
            pause = error.retry_after if isinstance(error, RateLimited) else _PAUSE
            if last or pause > LONGEST_WAIT:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("the last round always ends")


def _certain(wishes: Sequence[Wish], owners: Mapping[str, str]) -> list[Wish]:
    """Those whose account is theirs alone; the others get their verdict."""
    found = Counter(wish.account for wish in wishes)
    for wish in wishes:
        if not wish.account:
            wish.report.refuse("ACCOUNT_NOT_FOUND", by=", ".join(kind.value for kind in wish.addresses))
        elif wish.account in owners:
            wish.report.refuse("DUPLICATE", name=owners[wish.account])
        elif found[wish.account] > 1:
            wish.report.refuse("ACCOUNT_OF_SEVERAL")
    return [wish for wish in wishes if not wish.report.refused]


def _no_column(kinds: Sequence[Kind]) -> CommandFailed:
    columns = " / ".join(kind.value for kind in kinds)
    return CommandFailed(
        f"表里没有可以查询的列,这个平台按 {columns} 查找。",
        f"The table has no column to ask by; this product finds people by {columns}.",
    )
