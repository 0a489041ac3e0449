"""What chats deliver is kept before anything is worked on, worked on in a person's order, and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import turns, webhook
from bot.arrivals import kept
from bot.chat.errors import Overloaded
from bot.chat.platform import Address, Answer, ClickIn, Event, Sender, TextIn
from bot.clients import Badge
from bot.storage import received
from bot.storage.received import Received
from bot.webhook import Reception
from services.kit.errors import Unreachable

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ENOUGH = 10.0
NO_FLOOD = (10_000, 0.0)


def _said(person: str, text: str) -> TextIn:
    return TextIn(
        platform="slack",
        tenant="T1",
        sender=Sender(person),
        address=Address.direct(person),
        dedupe_key=f"{person}:{text}",
        sent_at=NOW,
        received_at=NOW,
        text=text,
    )


def _tapped(person: str) -> ClickIn:
    return ClickIn(
        platform="slack",
        tenant="T1",
        sender=Sender(person),
        address=Address.direct(person),
        dedupe_key=f"{person}:tap",
        sent_at=NOW,
        received_at=NOW,
        card_id="c",
        action="confirm",
    )


class Writer:
    """Keeps everything, as soon as it is let."""

    def __init__(self) -> None:
        self.may_keep = asyncio.Event()
        self.may_keep.set()
        self.asked = 0

    async def act(self, _: Callable[..., object]) -> bool:
        self.asked += 1
        await self.may_keep.wait()
        return True


class Counter(Reception):
    """A reception whose work takes as long as a test wants."""

    def __init__(self) -> None:
        self.writer = Writer()
        services = SimpleNamespace(badge=self._badge)
        runtime = SimpleNamespace(writer=self.writer, reader=self)
        desk: Any = SimpleNamespace(runtime=runtime, services=services)
        nobody: Any = SimpleNamespace()
        super().__init__(desk, nobody, nobody)
        work = {"text": self._words, "click": self._at_once}
        self._kinds = work
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.may_end: dict[str, asyncio.Event] = {}

    async def look(self, function: Callable[[None], object]) -> object:
        """Read from the database, which is whatever the test says."""
        return function(None)

    async def _badge(self, who: tuple[str, str, str]) -> Badge:
        return Badge(who[2], "", 0)

    async def _words(self, row: Received, _: Badge) -> None:
        text = row.body["text"]
        self.begun.append(text)
        await self.may_end.setdefault(text, asyncio.Event()).wait()
        self.ended.append(text)

    async def _at_once(self, row: Received, _: Badge) -> Answer:
        return Answer(toast="好")

    def let_end(self, *texts: str) -> None:
        for text in texts:
            self.may_end.setdefault(text, asyncio.Event()).set()


async def _soon() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def _until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(ENOUGH):
        while not look():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_what_one_person_says_is_worked_on_in_its_order() -> None:
    counter = Counter()
    for text in ("1", "2", "3"):
        await counter.handle(_said("u", text))
    # What came last could end first.
    counter.let_end("3", "2")
    await _soon()
    assert counter.begun == ["1"]
    counter.let_end("1")
    await _until(lambda: len(counter.ended) == 3)
    assert counter.ended == ["1", "2", "3"]


async def test_nobody_waits_for_what_others_say() -> None:
    counter = Counter()
    await counter.handle(_said("u", "1"))
    await counter.handle(_said("v", "2"))
    counter.let_end("2")
    await _until(lambda: counter.ended == ["2"])
    counter.let_end("1")


@pytest.mark.parametrize(
    ("flood", "at_once"), [((41, 3600.0), turns.WORDS_AT_ONCE), ((40, 3600.0), turns.WORDS_IN_A_FLOOD)]
)
async def test_few_words_are_worked_on_at_once_and_all_of_them_in_the_end(
    monkeypatch: pytest.MonkeyPatch, flood: tuple[int, float], at_once: int
) -> None:
    monkeypatch.setattr(turns, "LONG_SECONDS", 3600.0)
    monkeypatch.setattr(turns, "FLOOD", flood)
    counter, texts = Counter(), [str(number) for number in range(40)]
    await asyncio.gather(*[counter.handle(_said(f"u{text}", text)) for text in texts])
    await _soon()
    assert counter.begun == texts[:at_once], "everything else is kept, and waits"
    counter.let_end(*texts)
    await _until(lambda: counter.ended == texts)


async def test_a_tap_is_answered_while_many_words_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_SECONDS", 3600.0)
    counter, texts = Counter(), [str(number) for number in range(40)]
    for text in texts:
        await counter.handle(_said("u" if text == "39" else f"u{text}", text))
    async with asyncio.timeout(ENOUGH):
        assert await counter.handle(_tapped("u")) == Answer(toast="好")
    counter.let_end(*texts)
    await _until(lambda: counter.ended == texts)


async def test_who_waits_for_a_service_that_is_silent_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_SECONDS", 0.05)
    monkeypatch.setattr(turns, "FLOOD", NO_FLOOD)
    counter, slow = Counter(), [f"slow {number}" for number in range(turns.WORDS_AT_ONCE)]
    for text in slow:
        await counter.handle(_said(text, text))
    counter.let_end("quick")
    await counter.handle(_said("u", "quick"))
    await _until(lambda: counter.ended == ["quick"])
    counter.let_end(*slow)
    await _until(lambda: len(counter.ended) == len(slow) + 1)
    # Room that was left early is not left twice.
    texts = [str(number) for number in range(40)]
    monkeypatch.setattr(turns, "LONG_SECONDS", 3600.0)
    counter.begun.clear()
    for text in texts:
        await counter.handle(_said(f"u{text}", text))
    await _soon()
    assert len(counter.begun) == turns.WORDS_AT_ONCE
    counter.let_end(*texts)
    await _until(lambda: counter.ended[-1] == texts[-1])


async def test_all_that_a_kill_left_is_worked_on_without_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    monkeypatch.setattr(webhook, "UNFINISHED", 200)
    left = {str(number): kept(_said("u", str(number))) for number in range(450)}

    def unfinished(_: object, limit: int) -> list[Received]:
        return [row for text, row in left.items() if text not in counter.ended][:limit]

    monkeypatch.setattr(webhook, "REST_SECONDS", 3600.0)
    monkeypatch.setattr(webhook, "MORE_SECONDS", 0.01)
    monkeypatch.setattr(received, "unfinished", unfinished)
    monkeypatch.setattr(received, "get", lambda _, cause: None)
    counter.let_end(*left)
    catching_up = asyncio.create_task(counter.catch_up())
    await _until(lambda: len(counter.ended) == len(left))
    assert counter.ended == list(left)
    catching_up.cancel()


def _left_behind(monkeypatch: pytest.MonkeyPatch, *events: Event) -> None:
    """What the stop before this start left unfinished."""
    left = {row.cause: row for row in map(kept, events)}
    monkeypatch.setattr(received, "unfinished", lambda _, limit: list(left.values())[:limit])
    monkeypatch.setattr(received, "get", lambda _, cause: left.get(cause))


async def test_what_a_stop_left_behind_comes_before_what_is_said_now(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    _left_behind(monkeypatch, _said("u", "old 1"), _said("u", "old 2"))
    await counter.line_up()
    await counter.handle(_said("u", "new"))
    counter.let_end("old 2", "new")
    await _soon()
    assert counter.begun == ["old 1"]
    counter.let_end("old 1")
    await _until(lambda: len(counter.ended) == 3)
    assert counter.ended == ["old 1", "old 2", "new"]


async def test_a_tap_comes_after_what_a_stop_left_of_the_same_person_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = Counter()
    _left_behind(monkeypatch, _said("u", "old"))
    await counter.line_up()
    mine = asyncio.create_task(counter.handle(_tapped("u")))
    async with asyncio.timeout(ENOUGH):
        assert await counter.handle(_tapped("v")) == Answer(toast="好")
    await _soon()
    assert not mine.done()
    counter.let_end("old")
    async with asyncio.timeout(ENOUGH):
        assert await mine == Answer(toast="好")
        # Nothing is late any more: a tap waits for no words.
        await counter.handle(_said("u", "new"))
        again = replace(_tapped("u"), dedupe_key="u:again")
        assert await counter.handle(again) == Answer(toast="好")
    counter.let_end("new")


async def test_nobody_waits_for_what_a_stop_left_behind_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_SECONDS", 0.05)
    people = [f"u{number}" for number in range(3 * turns.WORDS_AT_ONCE)]
    counter = Counter()
    _left_behind(monkeypatch, *[_said(person, person) for person in people])
    counter.let_end(people[-1], "new")
    await counter.line_up()
    await _soon()
    assert len(counter.begun) == turns.WORDS_AT_ONCE, "few at once, until they turn out to be slow"
    await counter.handle(_said("v", "new"))
    # All the others wait for a service that does not answer.
    await _until(lambda: set(counter.ended) == {people[-1], "new"})
    counter.let_end(*people)
    await _until(lambda: len(counter.ended) == len(people) + 1)


async def test_what_a_stop_left_behind_takes_no_room_from_what_comes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MOST", 3)
    counter = Counter()
    left = [str(number) for number in range(10)]
    _left_behind(monkeypatch, *[_said("u", text) for text in left])
    await counter.line_up()
    for text in ("a", "b", "c"):
        await counter.handle(_said("v", text))
    with pytest.raises(Overloaded):
        await counter.handle(_said("v", "d"))
    counter.let_end(*left, "a", "b", "c")
    await _until(lambda: len(counter.ended) == 13)


async def test_what_was_left_behind_and_is_brought_again_is_worked_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = Counter()
    _left_behind(monkeypatch, _said("u", "old 1"), _said("u", "old 2"))
    await counter.line_up()
    await counter.handle(_said("u", "old 2"))
    await counter.line_up()
    counter.let_end("old 1", "old 2", "new")
    await counter.handle(_said("u", "new"))
    await _until(lambda: len(counter.ended) == 3)
    assert counter.ended == ["old 1", "old 2", "new"]


async def test_words_are_tried_again_where_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_PAUSES", (0.01, 0.01))
    counter, away = Counter(), [OperationalError("SELECT", {}, Exception("gone"))] * 2

    async def look(row: Received, badge: Badge) -> None:
        if away:
            raise away.pop()
        counter.ended.append(row.body["text"])

    counter._kinds = {"text": look}
    await counter.handle(_said("u", "1"))
    await _until(lambda: counter.ended == ["1"])


async def test_a_database_that_is_away_does_not_end_the_catching_up(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter()
    away = [Unreachable(), OperationalError("SELECT", {}, Exception("gone"))]

    def unfinished(_: object, limit: int) -> list[Received]:
        if away:
            raise away.pop()
        return [] if counter.ended else [kept(_said("u", "old"))]

    monkeypatch.setattr(received, "unfinished", unfinished)
    monkeypatch.setattr(received, "get", lambda _, cause: None)
    counter.let_end("old")
    catching_up = asyncio.create_task(counter.catch_up())
    await _until(lambda: counter.ended == ["old"] or catching_up.done())
    assert not catching_up.done()
    catching_up.cancel()


async def test_a_flood_is_refused_before_it_is_kept() -> None:
    counter = Counter()
    counter.writer.may_keep.clear()

    async def bring(number: int) -> Event | None:
        """The event that was not kept, if it was not."""
        event = _said(f"u{number}", str(number))
        try:
            await counter.handle(event)
        except Overloaded:
            return event
        return None

    flood = [asyncio.create_task(bring(number)) for number in range(turns.MOST + 300)]
    await _soon()
    assert counter.writer.asked == turns.MOST, "nothing more waits to be kept: memory is bounded"
    counter.writer.may_keep.set()
    refused = [event for event in await asyncio.gather(*flood) if event is not None]
    assert len(refused) == 300
    # What is kept and not ended counts as well.
    with pytest.raises(Overloaded):
        await counter.handle(_said("late", "late"))
    counter.let_end(*[str(number) for number in range(turns.MOST)])
    await _until(lambda: len(counter.ended) == turns.MOST)
    counter.let_end("brought again")
    await counter.handle(_said("late", "brought again"))
    await _until(lambda: counter.ended[-1] == "brought again")
