"""Delegations by words: lending one's own decisions for a time, seeing what is lent, and ending it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kuguan.approvals.v1.people_pb2 import CreateDelegationRequest, Delegation, ListDelegationsRequest

from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.commands.days import first_day_of, last_day_of, midnight
from bot.understand import Intent
from services.kit.ids import new_id

LONGEST = timedelta(days=90)
_PAGE = 200
_SHOWN = 5


async def delegate_approvals(ask: Ask, intent: Intent) -> list[Reply]:
    """The card that lends the person's decisions once it is confirmed; else what is missing."""
    name = intent.person or ""
    found = ask.company.people_called(name)
    if len(found) != 1:
        return [Say(ask.words("binding.several_called" if found else "binding.nobody_called", name=name))]
    if found[0] == ask.person:
        return [Say(ask.words("delegation.self"))]
    today = datetime.now(ask.words.zone).date()
    first = first_day_of(intent.since, today) if intent.since else today
    last = last_day_of(intent.until, today, first) if intent.until and first else None
    if first is None or last is None:
        example = ask.words("delegation.example", name=name)
        return [Say(ask.words("delegation.until_missing", example=example))]
    if not today <= first <= last < first + LONGEST:
        return [Say(ask.words("delegation.not_so_long", days=LONGEST.days))]
    request = CreateDelegationRequest(
        request_id=new_id(), to_person=found[0], end_time=midnight(last + timedelta(days=1), ask.words.zone)
    )
    data = {"to": found[0], "until": last.isoformat()}
    if first > today:
        request.start_time.CopyFrom(midnight(first, ask.words.zone))
        data["since"] = first.isoformat()
    return [Show(new_card(ask, "delegation", "", data, request.SerializeToString()))]


async def my_delegations(ask: Ask, intent: Intent) -> list[Reply]:
    """Who decides for the person and for whom the person decides; what they lent can be ended on the card."""
    return await _show(ask, intent.person)


async def _show(ask: Ask, name: str | None) -> list[Reply]:
    answer = await ask.voice.read(
        ask.voice.services.people.ListDelegations, ListDelegationsRequest(page_size=_PAGE)
    )
    live = [one for one in answer.delegations if not one.ended and one.end_time.ToDatetime(UTC) > _now()]
    if name is not None:
        called = ask.company.people_called(name)
        live = [one for one in live if one.from_person == ask.person and one.to_person in called]
    if not live:
        return [Say(ask.words("delegation.none"))]
    lent = [_row(ask, one) for one in live if one.from_person == ask.person][:_SHOWN]
    borrowed = [_row(ask, one) for one in live if one.to_person == ask.person]
    return [Show(new_card(ask, "delegations", "", {"lent": lent, "borrowed": borrowed}))]


def _row(ask: Ask, delegation: Delegation) -> dict[str, str]:
    last = delegation.end_time.ToDatetime(UTC).astimezone(ask.words.zone) - timedelta(microseconds=1)
    first = delegation.start_time.ToDatetime(UTC)
    row = {
        "name": delegation.name,
        "from": delegation.from_person,
        "to": delegation.to_person,
        "until": last.date().isoformat(),
    }
    if first > _now():
        row["since"] = first.astimezone(ask.words.zone).date().isoformat()
    return row


def _now() -> datetime:
    return datetime.now(UTC)
