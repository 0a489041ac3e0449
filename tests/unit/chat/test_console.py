"""The console answers with what a sentence or tap brought, to whoever knows the local secret."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bot.chat.console import Console
from bot.chat.local import LocalChat
from bot.chat.platform import (
    Address,
    Answer,
    Button,
    Card,
    CardRef,
    CardState,
    ClickIn,
    Event,
    Line,
    Text,
    TextIn,
)
from tests.unit.chat import local_world
from tests.unit.chat.conftest import CONSOLE_SECRET, World

CARD = Card(
    id="card-1", title="确认领用", lines=(Line("数量", "5 包"),), buttons=(Button("confirm", "确认"),)
)
SECRET = {"Authorization": f"Bearer {CONSOLE_SECRET}"}


async def call(
    world: World, path: str, data: dict[str, Any] | None, headers: dict[str, str] = SECRET
) -> tuple[int, Any]:
    async with aiohttp.ClientSession(headers=headers) as client:
        method = "GET" if data is None else "POST"
        async with client.request(method, f"{world.url}/console/{path}", json=data) as response:
            return response.status, await response.json()


def speaking(world: World, *contents: Text | Card) -> None:
    """The bot says `contents` to whoever writes, before the event counts as settled."""
    inner = world.sink.handle

    async def handle(event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        known = event.dedupe_key in world.sink.heard
        answer = await inner(event, kept)
        if isinstance(event, TextIn) and not known:
            for number, content in enumerate(contents):
                await world.channel.send(event.address, content, f"{event.dedupe_key}:{number}")
        return answer

    world.sink.handle = handle  # type: ignore[method-assign]


async def test_asking_gives_the_messages_it_brought_and_no_others(world: World) -> None:
    await world.channel.send(Address.direct("zhangsan"), Text("以前的话"), "old")
    speaking(world, Text("这样对吗?"), CARD)
    status, answer = await call(world, "ask", {"as": "张三", "id": "abcdefgh", "text": "领5包A4纸"})
    assert status == 200
    assert [message["text"] for message in answer["messages"]] == ["这样对吗?", "确认领用"]
    assert [message["card"] is None for message in answer["messages"]] == [True, False]
    card = answer["messages"][1]["card"]
    assert (card["id"], card["title"], card["state"]) == ("card-1", "确认领用", "open")
    assert card["lines"] == [{"label": "数量", "value": "5 包"}]
    assert card["buttons"] == [{"action": "confirm", "label": "确认", "tone": "neutral"}]


async def test_asking_again_with_the_same_id_gives_the_same_answer(world: World) -> None:
    speaking(world, Text("好的"))
    ask = {"as": "zhangsan", "id": "abcdefgh", "text": "你好"}
    assert await call(world, "ask", ask) == await call(world, "ask", ask)
    assert len(world.sink.heard) == 1


async def test_a_tap_gives_the_card_as_it_is_now_and_the_passing_word(world: World) -> None:
    await world.channel.send(Address.direct("zhangsan"), CARD, "k")
    done = Card(id="card-1", title="确认领用", state=CardState.DONE, stamp="已提交")
    world.sink.reply = lambda _: Answer(card=done, toast="收到")
    tap = {"as": "zhangsan", "id": "tap-0001", "card": "card-1", "action": "confirm"}
    status, answer = await call(world, "tap", tap)
    assert status == 200
    assert [message["text"] for message in answer["messages"]] == ["确认领用", "收到"]
    assert answer["messages"][0]["card"]["state"] == "done"


async def test_a_typed_button_gives_the_card_that_it_changed(world: World) -> None:
    address = Address.direct("zhangsan")
    sent = await world.channel.send(address, CARD, "k")
    assert isinstance(sent, CardRef)
    inner = world.sink.handle

    async def handle(event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        answer = await inner(event, kept)
        await world.channel.update(sent, Card(id="card-1", title="确认领用", state=CardState.DONE))
        return answer

    world.sink.handle = handle  # type: ignore[method-assign]
    _, answer = await call(world, "ask", {"as": "zhangsan", "id": "abcdefgh", "text": "1"})
    assert [message["card"]["state"] for message in answer["messages"]] == ["done"]


async def test_what_was_written_with_a_tap_goes_along(world: World) -> None:
    tap = {"as": "zhangsan", "id": "tap-0001", "card": "card-1", "action": "reject", "text": " 太贵 "}
    await call(world, "tap", tap)
    [event] = world.sink.heard.values()
    assert isinstance(event, ClickIn)
    assert event.text == "太贵"
    status, answer = await call(world, "tap", {**tap, "id": "tap-0002", "text": "x" * 501})
    assert (status, answer["error"]["reason"]) == (413, "TEXT_TOO_LONG")


async def test_a_tap_on_a_card_nobody_knows_is_marked_as_refused(world: World) -> None:
    world.sink.reply = lambda _: Answer(toast="这张卡片已失效")
    tap = {"as": "zhangsan", "id": "tap-0001", "card": "nothing", "action": "confirm"}
    _, answer = await call(world, "tap", tap)
    assert answer == {"messages": [{"text": "这张卡片已失效", "card": None}], "refused": True}


async def test_several_people_of_one_name_are_told_apart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(local_world.PEOPLE, "zhangsan2", ("张三", "Zhang San", "财务部", "Finance", "zh"))
    status, answer = await call(world, "ask", {"as": "张三", "id": "abcdefgh", "text": "你好"})
    assert (status, answer["error"]) == (
        409,
        {"reason": "PERSON_AMBIGUOUS", "facts": {"people": "zhangsan, zhangsan2"}},
    )
    status, _ = await call(world, "ask", {"as": "zhangsan2", "id": "abcdefgh", "text": "你好"})
    assert status == 200


async def test_the_inbox_shows_what_the_bot_said(world: World) -> None:
    speaking(world, Text("好的"))
    await call(world, "ask", {"as": "zhangsan", "id": "abcdefgh", "text": "你好"})
    status, answer = await call(world, "inbox?as=Zhang%20San", None)
    assert (status, answer) == (200, {"messages": [{"text": "好的", "card": None}]})


async def test_an_interpretation_changes_nothing(world: World) -> None:
    assert await call(world, "interpret", {"as": "zhangsan", "text": "帮助"}) == (200, {"command": "help"})
    assert world.interpreted == [("zhangsan", "帮助")]
    assert world.sink.heard == {}
    assert await world.conversation.revision("zhangsan") == 0


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", f"Basic {CONSOLE_SECRET}", "Bearer é"])
async def test_nobody_is_heard_without_the_secret(world: World, value: str) -> None:
    for path, data in (("ask", {}), ("tap", {}), ("interpret", {}), ("inbox?as=zhangsan", None)):
        status, answer = await call(world, path, data, {"Authorization": value})
        assert (status, answer["error"]["reason"]) == (401, "SECRET_WRONG")


@pytest.mark.parametrize("who", ["", "nobody", None, 5, "zhangsan "])
async def test_an_unknown_person_is_refused(world: World, who: object) -> None:
    status, answer = await call(world, "ask", {"as": who, "id": "abcdefgh", "text": "你好"})
    assert (status, answer["error"]["reason"]) == (404, "PERSON_UNKNOWN")


async def test_an_answer_that_never_comes_is_reported_as_still_at_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(event: Event, within: float, /) -> bool:
        return False

    monkeypatch.setattr(world.sink, "settled", never)
    status, answer = await call(world, "ask", {"as": "zhangsan", "id": "abcdefgh", "text": "你好"})
    assert (status, answer["error"]["reason"]) == (504, "STILL_AT_WORK")


def test_a_weak_secret_is_refused(world: World) -> None:
    async def interpret(person: str, text: str) -> dict[str, Any]:
        raise AssertionError

    local = LocalChat(world.conversation, lambda: world.clock[0])
    with pytest.raises(ValueError, match="secret"):
        Console(local, world.directory, interpret, "short")
