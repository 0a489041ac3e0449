"""What all work chats share on the wire: tokens, connections that are kept up, and the pace of calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.chat import reconnecting
from bot.chat.errors import AuthFailed, ChannelError, RateLimited, Transient
from bot.chat.pacing import Pace
from bot.chat.reconnecting import keep_connected
from bot.chat.tokens import Token, Tokens
from bot.chat.wecom.parts import Parts


class Counter:
    """Fetches tokens that live as long as told, when it is let."""

    def __init__(self, seconds: float = 7200) -> None:
        self.now = datetime(2026, 11, 22, tzinfo=UTC)
        self.life = timedelta(seconds=seconds)
        self.fetched = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: ChannelError | None = None
        self.tokens = Tokens(self.fetch, lambda: self.now)

    async def fetch(self) -> Token:
        self.fetched += 1
        number = self.fetched
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return Token(f"token-{number}", self.now + self.life)


async def test_many_who_want_a_token_share_one_fetch() -> None:
    counter = Counter()
    counter.gate.clear()
    waiting = [asyncio.create_task(counter.tokens.get()) for _ in range(50)]
    await asyncio.sleep(0)
    counter.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"token-1"}
    assert await counter.tokens.get() == "token-1"
    assert counter.fetched == 1


async def test_many_who_want_a_token_share_one_refusal_and_the_next_asks_again() -> None:
    counter = Counter()
    counter.gate.clear()
    counter.fault = AuthFailed("wrong secret")
    waiting = [asyncio.create_task(counter.tokens.get()) for _ in range(20)]
    await asyncio.sleep(0)
    counter.gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, AuthFailed) for one in outcomes)
    assert counter.fetched == 1
    counter.fault = None
    assert await counter.tokens.get() == "token-2"


async def test_one_who_gives_up_takes_the_token_from_nobody() -> None:
    counter = Counter()
    counter.gate.clear()
    first, second = (asyncio.create_task(counter.tokens.get()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    counter.gate.set()
    assert await second == "token-1"
    assert counter.fetched == 1


async def test_a_token_is_renewed_five_minutes_before_it_ends() -> None:
    counter = Counter()
    assert await counter.tokens.get() == "token-1"
    counter.now += timedelta(seconds=7200 - 301)
    assert await counter.tokens.get() == "token-1"
    counter.now += timedelta(seconds=1)
    assert await counter.tokens.get() == "token-2"


async def test_a_token_that_ends_soon_is_not_asked_for_at_each_call() -> None:
    counter = Counter(seconds=200)
    assert await counter.tokens.get() == await counter.tokens.get() == "token-1"
    counter.now += timedelta(seconds=100)
    assert await counter.tokens.get() == "token-2"


async def test_a_token_that_was_refused_is_fetched_anew_once() -> None:
    counter = Counter()
    old = await counter.tokens.get()
    counter.tokens.spoiled(old)
    assert await counter.tokens.get() == "token-2"
    # Another call that failed with the old one too.
    counter.tokens.spoiled(old)
    assert await counter.tokens.get() == "token-2"


def test_a_token_does_not_show_in_its_words() -> None:
    assert "secret-value" not in repr(Token("secret-value", datetime(2026, 1, 1, tzinfo=UTC)))


# ---------------------------------------------------------------- connections


class Sleeps:
    """Time that passes at once, and what was slept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ends: int) -> None:
        self.pauses: list[float] = []
        self.notes: list[str] = []
        self._ends = ends
        monkeypatch.setattr("bot.chat.reconnecting.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) >= self._ends:
            raise asyncio.CancelledError

    async def run(self, connect: Callable[[], Awaitable[None]]) -> None:
        with pytest.raises(asyncio.CancelledError):
            await keep_connected(connect, first=1.0, longest=60.0, note=self.notes.append)


def failing(error: Exception) -> Callable[[], Awaitable[None]]:
    async def connect() -> None:
        raise error

    return connect


async def test_pauses_double_with_jitter_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch, 12)
    await sleeps.run(failing(Transient("gone")))
    for number, pause in enumerate(sleeps.pauses):
        whole = min(2.0**number, 60.0)
        assert whole / 2 <= pause <= whole
    assert len({round(pause, 6) for pause in sleeps.pauses[6:]}) > 1
    assert "gone" in sleeps.notes[0]


@pytest.mark.parametrize(
    "error", [OSError("down"), TimeoutError(), ValueError("a fault of ours"), Transient("x")]
)
async def test_whatever_ends_a_connection_the_next_one_follows(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    sleeps = Sleeps(monkeypatch, 3)
    await sleeps.run(failing(error))
    assert len(sleeps.notes) == 3


async def test_a_clean_end_is_followed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect() -> None:
        return

    sleeps = Sleeps(monkeypatch, 3)
    await sleeps.run(connect)
    assert sleeps.notes == ["", "", ""]


async def test_refused_credentials_wait_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch, 3)
    await sleeps.run(failing(AuthFailed("wrong secret")))
    assert all(30 <= pause <= 60 for pause in sleeps.pauses)


async def test_who_is_told_to_wait_waits_that_long_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch, 4)
    await sleeps.run(failing(RateLimited(90.0)))
    assert all(pause == 90 for pause in sleeps.pauses)


async def test_after_a_steady_connection_pauses_start_small_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeps = Sleeps(monkeypatch, 8)
    now = [0.0]
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now[0])
    calls = [0]

    async def connect() -> None:
        calls[0] += 1
        if calls[0] == 6:
            now[0] += reconnecting.STEADY
        raise Transient("gone")

    await sleeps.run(connect)
    assert sleeps.pauses[4] >= 8
    assert sleeps.pauses[5] <= 1


# ---------------------------------------------------------------- pace


def waiting(pace: Pace, key: str, count: int = 1) -> float:
    """The seconds to wait, 0 where the calls were taken."""
    try:
        pace.take(key, count)
    except RateLimited as error:
        return error.retry_after
    return 0.0


@given(
    steps=some.lists(
        some.tuples(some.floats(0, 30), some.sampled_from(["a", "b"]), some.integers(1, 3)), max_size=120
    ),
    limits=some.lists(
        some.tuples(some.integers(3, 8), some.sampled_from([1.0, 10.0, 60.0])), min_size=1, max_size=3
    ),
)
@example(steps=[(1.1438916620701491e-296, "a", 1), (1.0, "a", 3)], limits=[(3, 1.0)])
def test_no_window_holds_more_than_its_limit(
    steps: list[tuple[float, str, int]], limits: list[tuple[int, float]]
) -> None:
    now = [0.0]
    pace = Pace(limits, lambda: now[0])
    taken: list[tuple[float, str]] = []
    for step, key, count in steps:
        now[0] += step
        wait = waiting(pace, key, count)
        if wait:
            # What it tells is enough.
            now[0] += wait + 1e-6
            pace.take(key, count)
        taken += [(now[0], key)] * count
    for count, seconds in limits:
        for moment, key in taken:
            inside = [one for one, other in taken if other == key and one <= moment < one + seconds]
            assert len(inside) <= count


def test_nobody_is_refused_and_told_to_come_at_once() -> None:
    now = [1e-300]
    pace = Pace([(3, 1.0)], lambda: now[0])
    pace.take("a")
    now[0] = 1.0
    pace.take("a", 3)


def test_keys_do_not_count_for_each_other() -> None:
    pace = Pace([(1, 60.0)], lambda: 0.0)
    pace.take("a")
    pace.take("b")
    with pytest.raises(RateLimited) as caught:
        pace.take("a")
    assert caught.value.retry_after == 60


def test_who_is_refused_is_told_when_there_is_room_behind_the_others() -> None:
    now = [0.0]
    pace = Pace([(50, 1.0)], lambda: now[0])
    waits = sorted(waiting(pace, "all") for _ in range(250))
    assert waits[:50] == [0.0] * 50
    assert max(waits.count(one) for one in waits) <= 50, "some of those who come together again come in vain"
    assert waits[-1] < 5.5, "hardly any room is left unused"
    for number, moment in enumerate(waits[50:]):
        # The first come late.
        now[0] = moment + (0.01 if number < 50 else 0.001)
        pace.take("all")


def test_who_needs_room_for_several_waits_until_there_is_room_for_all() -> None:
    now = [0.0]
    pace = Pace([(30, 60.0)], lambda: now[0])
    for number in range(30):
        now[0] = number * 2.0
        pace.take("a")
    now[0] = 60.5
    wait = waiting(pace, "a", 2)
    assert wait == pytest.approx(1.5), "one slot is free, the next is at 62 s"
    now[0] += wait
    pace.take("a", 2)


def test_more_than_a_limit_allows_waits_for_an_empty_window_and_no_longer() -> None:
    now = [0.0]
    pace = Pace([(3, 60.0)], lambda: now[0])
    pace.take("a")
    now[0] = 10.0
    assert waiting(pace, "a", 5) == 50
    now[0] = 60.0
    pace.take("a", 5)
    assert waiting(pace, "a") == 60


async def test_a_message_of_several_parts_is_sent_as_soon_as_there_is_room_for_all() -> None:
    now = [0.0]
    pace = Pace([(30, 60.0)], lambda: now[0])
    for number in range(30):
        now[0] = number * 2.0
        pace.take("lixia")
    now[0] = 60.5
    parts, posted = Parts(pace), list[object]()

    async def post(part: Mapping[str, object]) -> Mapping[str, object]:
        posted.append(part["text"])
        return {}

    message = [{"text": "1"}, {"text": "2"}]
    with pytest.raises(RateLimited) as refused:
        await parts.send("key", "lixia", message, post)
    assert posted == []
    now[0] += refused.value.retry_after
    await parts.send("key", "lixia", message, post)
    assert posted == ["1", "2"]


def test_keys_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.pacing._KEYS", 10)
    now = [0.0]
    pace = Pace([(1, 60.0)], lambda: now[0])
    for number in range(100):
        now[0] += 10
        pace.take(str(number))
        assert waiting(pace, str(number)) > 0
    assert len(pace._taken) <= 11
    assert len(pace._told) <= 11
