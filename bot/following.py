"""Following: what a sentence means where something waits for the person: an answer, a change, an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.cards import draw
from bot.commands.ask import Ask, End, Reply, Say, Show
from bot.commands.corrections import add_to_request, correct_request
from bot.commands.requests import answer_how_many, answer_what_for, question_of, waits
from bot.desk import Desk
from bot.preparing import prepare
from bot.storage import cards
from bot.storage.cards import CardRow
from bot.typed import PATIENCE
from bot.understand import Command, Hint, Intent, amount_alone
from services.kit.ids import new_id

_CHOICE: Final = "choice"


async def follow(desk: Desk, ask: Ask, text: str, intent: Intent) -> list[Reply] | None:
    """The replies to words that go on with what waits; None where they stand for themselves."""
    if intent.command is Command.CORRECT_REQUEST:
        question, wishes = await _waiting(desk, ask)
        return await correct_request(ask, intent, question, wishes[0] if wishes else None)
    if intent.is_more:
        question, wishes = await _waiting(desk, ask)
        newest = await _shown_last(desk, ask)
        return await add_to_request(ask, intent, question, newest if newest in wishes else None)
    if intent.hint is Hint.WITHDRAWAL or (
        intent.command is Command.WITHDRAW_REQUEST and intent.reference is None and not intent.reason
    ):
        newest = await _shown_last(desk, ask)
        return await cancel_what_waits(desk, ask) if newest is not None and newest.kind == "request" else None
    if intent.command is not Command.UNKNOWN:
        return None
    amount = amount_alone(text, desk.company.vocabulary)
    if amount is None and (intent.hint or intent.problem):
        return None
    question, _ = await _waiting(desk, ask)
    if amount is not None:
        return await answer_how_many(ask, question, amount)
    return await answer_what_for(ask, question, text)


async def cancel_what_waits(desk: Desk, ask: Ask) -> list[Reply] | None:
    """The end of the newest card that waits for a choice or a confirmation, or of the question that was
    asked; None where nothing waits."""
    question, wishes = await _waiting(desk, ask)
    if question is not None and waits(question):
        # Whatever is said ends a question.
        return [Say(ask.words("toast.cancelled"))]
    since = datetime.now(UTC) - PATIENCE
    choices = await desk.runtime.reader.look(lambda c: cards.open_of_kind(c, ask.person, _CHOICE, since))
    newest = max([*wishes, *choices], key=lambda card: (card.created_at, card.id), default=None)
    if newest is None or newest.data.get("sent"):
        return None
    return [End(newest, "cancelled"), Say(ask.words("toast.cancelled"))]


async def show_again(desk: Desk, ask: Ask) -> list[Reply] | None:
    """The card that 确认 may be about where another came in between: it is not taken for an older one."""
    _, wishes = await _waiting(desk, ask)
    if not wishes:
        return None
    fresh = replace(wishes[0], id=new_id(), platform="", reference=None, shown="")
    can_be_confirmed = "confirm" in {
        button.action for button in draw(await prepare(ask, fresh), ask.facts).buttons
    }
    said = "typed.again" if can_be_confirmed else "typed.not_yet"
    return [Say(ask.words(said)), Show(fresh)]


async def _waiting(desk: Desk, ask: Ask) -> tuple[CardRow | None, list[CardRow]]:
    """The question that was asked last, and the cards that wait to be confirmed, the newest first."""
    asked, since = question_of(ask.person), datetime.now(UTC) - PATIENCE
    return await desk.runtime.reader.look(
        lambda c: (cards.get(c, asked), cards.open_wishes(c, ask.person, since))
    )


async def _shown_last(desk: Desk, ask: Ask) -> CardRow | None:
    since = datetime.now(UTC) - PATIENCE
    return await desk.runtime.reader.look(lambda c: cards.newest_open(c, ask.person, since))
