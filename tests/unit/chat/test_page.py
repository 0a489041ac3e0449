"""The page's conversation: said once, shown at once, resumed without loss."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.chat.assets import FOLDER, Assets
from bot.chat.conversation import Author, Draft
from bot.chat.errors import Overloaded, PayloadRejected, RecipientUnreachable
from bot.chat.live import STREAMS_PER_PERSON
from bot.chat.local import card_reference
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    Button,
    Card,
    CardState,
    ClickIn,
    EnterIn,
    Event,
    Image,
    Text,
    TextIn,
    UpdateResult,
)
from tests.unit.chat.conftest import Browser, World

CARD = Card(id="card-1", title="确认领用", buttons=(Button("confirm", "确认"),))
DONE = Card(id="card-1", title="确认领用", state=CardState.DONE, stamp="已完成")
PERSON = Address.direct("zhangsan")


class Stream:
    """Server-sent events of one page, without beats."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.content_type = response.content_type

    async def next(self, *, beats: bool = False) -> tuple[str, Any]:
        name, data = "", None
        async with asyncio.timeout(3):
            async for raw in self._response.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                elif not line and name:
                    if name != "beat" or beats:
                        return name, data
                    name = ""
        raise AssertionError("the stream ended")

    async def over(self) -> bool:
        async with asyncio.timeout(3):
            async for _ in self._response.content:
                pass
        return True


@asynccontextmanager
async def opened(page: Browser, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    response = await page.get(f"/api/events{query}", headers=headers)
    assert response.status == 200, await response.text()
    try:
        yield Stream(response)
    finally:
        response.close()


# ---------------------------------------------------------------- files


async def test_the_page_is_small_fresh_and_its_files_are_kept_for_ever(browser: Browser) -> None:
    assets = Assets()
    response = await browser.get("/")
    assert assets.version in await response.text()
    etag = response.headers["ETag"]
    assert (await browser.get("/", headers={"If-None-Match": etag})).status == 304
    total = 0
    for file in FOLDER.iterdir():
        response = await browser.get(f"/assets/{assets.version}/{file.name}")
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        total += len(gzip.compress(file.read_bytes()))
    assert total < 40_000


@pytest.mark.parametrize(
    "path",
    ["/assets/old/main.js", "/assets/{}/web.py", "/assets/{}/..%2fweb.py", "/assets/{}/%2e%2e", "/nothing"],
)
async def test_nothing_but_the_page_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(path.format(Assets().version))).status == 404


# ---------------------------------------------------------------- saying


async def test_what_is_said_is_kept_and_handed_to_the_bot(page: Browser, world: World) -> None:
    response = await page.post("/api/say", {"id": "abcdefgh-1", "text": " 领5包A4纸 "})
    message = (await response.json())["message"]
    assert (message["author"], message["text"], message["sequence"]) == ("person", "领5包A4纸", 1)
    [event] = world.sink.heard.values()
    assert isinstance(event, TextIn)
    assert (event.text, event.sender.user_id, event.platform, event.door) == (
        "领5包A4纸",
        "zhangsan",
        "web",
        "page",
    )
    assert event.dedupe_key == "zhangsan:abcdefgh-1"


async def test_a_sentence_sent_again_after_a_lost_answer_is_said_once(page: Browser, world: World) -> None:
    say = {"id": "abcdefgh-1", "text": "领5包A4纸"}
    answers = await asyncio.gather(*(page.post("/api/say", say) for _ in range(8)))
    assert {(await answer.json())["message"]["sequence"] for answer in answers} == {1}
    assert len(world.sink.heard) == 1
    history = await (await page.get("/api/messages")).json()
    assert len(history["messages"]) == 1


async def test_words_that_were_not_kept_are_asked_for_again(page: Browser, world: World) -> None:
    world.sink.failure = Overloaded(retry_after=3)
    say = {"id": "abcdefgh-1", "text": "好"}
    response = await page.post("/api/say", say)
    assert (response.status, response.headers["Retry-After"]) == (503, "3")
    world.sink.failure = None
    assert (await page.post("/api/say", say)).status == 200
    assert len(world.sink.heard) == 1


async def test_markup_and_control_characters_stay_plain_words(page: Browser, world: World) -> None:
    text = "<img src=x onerror=alert(1)> @所有人 {{x}}\r\n'; drop table\x07"
    await page.post("/api/say", {"id": "abcdefgh", "text": text})
    [message] = (await (await page.get("/api/messages")).json())["messages"]
    assert message["text"] == "<img src=x onerror=alert(1)> @所有人 {{x}}\n'; drop table"


# ---------------------------------------------------------------- tapping


async def test_a_tap_is_answered_with_the_new_card_in_its_place(page: Browser, world: World) -> None:
    reference = await world.channel.send(PERSON, CARD, "k1")
    assert reference == card_reference("zhangsan", "card-1")
    world.sink.reply = lambda _: Answer(card=DONE, toast="已提交", text="李霞会收到审批。")
    response = await page.post("/api/tap", {"id": "tap-0001", "card": "card-1", "action": "confirm"})
    answer = await response.json()
    assert (answer["later"], answer["toast"], answer["card"]["state"]) == (False, "已提交", "done")
    [event] = world.sink.heard.values()
    assert isinstance(event, ClickIn)
    assert (event.card_id, event.action, event.card_ref) == ("card-1", "confirm", reference)
    messages = (await (await page.get("/api/messages")).json())["messages"]
    assert [message.get("text") or message["card"]["state"] for message in messages] == [
        "done",
        "李霞会收到审批。",
    ]


async def test_a_tap_tried_again_is_one_tap(page: Browser, world: World) -> None:
    await world.channel.send(PERSON, CARD, "k1")
    tap = {"id": "tap-0001", "card": "card-1", "action": "confirm"}
    answers = await asyncio.gather(*(page.post("/api/tap", tap) for _ in range(16)))
    assert {answer.status for answer in answers} == {200}
    assert len(world.sink.heard) == 1


async def test_a_tap_whose_answer_takes_long_says_later_and_shows_it_then(
    page: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.local.CLICK_DEADLINE", 0.05)
    await world.channel.send(PERSON, CARD, "k1")
    inner = world.sink.handle

    async def slowly(event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        await inner(event, kept)
        await asyncio.sleep(0.2)
        return Answer(card=DONE)

    monkeypatch.setattr(world.sink, "handle", slowly)
    response = await page.post("/api/tap", {"id": "tap-0001", "card": "card-1", "action": "confirm"})
    assert await response.json() == {"later": True}
    await world.channel.stop()
    [message] = await world.conversation.before("zhangsan", None, 10)
    assert message.content == DONE


async def test_a_tap_that_was_not_kept_is_never_said_to_be_answered_later(
    page: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.local.CLICK_DEADLINE", 0.05)
    await world.channel.send(PERSON, CARD, "k1")

    async def never_kept(event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        await asyncio.sleep(0.2)
        raise Overloaded(3.0)

    monkeypatch.setattr(world.sink, "handle", never_kept)
    response = await page.post("/api/tap", {"id": "tap-0001", "card": "card-1", "action": "confirm"})
    assert (response.status, response.headers["Retry-After"]) == (503, "3")


@pytest.mark.parametrize(
    "change", [{"card": "a/b"}, {"card": 1}, {"action": "Confirm!"}, {"action": None}, {"id": ""}]
)
async def test_a_tap_on_nonsense_is_refused(page: Browser, world: World, change: dict[str, Any]) -> None:
    tap = {"id": "tap-0001", "card": "card-1", "action": "confirm", **change}
    assert (await page.post("/api/tap", tap)).status == 400
    assert world.sink.heard == {}


# ---------------------------------------------------------------- sending


async def test_the_same_key_shows_a_message_once(world: World) -> None:
    first = await world.channel.send(PERSON, Text("好"), "k1")
    assert await world.channel.send(PERSON, Text("好"), "k1") == first
    assert await world.conversation.revision("zhangsan") == 1


async def test_a_card_that_is_gone_says_so(world: World) -> None:
    gone = await world.channel.update(card_reference("zhangsan", "gone"), DONE)
    assert gone.result is UpdateResult.EXPIRED
    reference = await world.channel.send(PERSON, CARD, "k1")
    there = await world.channel.update(card_reference("zhangsan", "card-1"), DONE)
    assert there.result is UpdateResult.UPDATED
    assert reference.data == {"person": "zhangsan", "card": "card-1"}


async def test_what_the_page_cannot_show_is_refused_plainly(world: World) -> None:
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address(AddressKind.GROUP, "g"), Text("好"), "k")
    with pytest.raises(PayloadRejected):
        await world.channel.send(PERSON, Image(b"", "image/png", "图"), "k")
    with pytest.raises(PayloadRejected):
        await world.channel.fetch(card_reference("zhangsan", "card-1"))


# ---------------------------------------------------------------- live


async def test_messages_and_card_changes_arrive_live_and_in_order(page: Browser, world: World) -> None:
    await world.channel.send(PERSON, Text("您好"), "k0")
    async with opened(page) as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.next() == ("ready", {"revision": 1})
        reference = card_reference("zhangsan", "card-1")
        await world.channel.send(PERSON, CARD, "k1")
        name, message = await stream.next()
        assert (name, message["sequence"], message["card"]["state"]) == ("message", 2, "open")
        await world.channel.update(reference, DONE)
        name, message = await stream.next()
        assert (message["sequence"], message["revision"], message["card"]["state"]) == (2, 3, "done")


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_stream_that_was_cut_goes_on_where_it_stopped(
    page: Browser, world: World, by_header: bool
) -> None:
    for number in range(120):
        await world.channel.send(PERSON, Text(str(number)), f"k{number}")
    query, headers = ("", {"Last-Event-ID": "5"}) if by_header else ("?after=5", {})
    async with opened(page, query, **headers) as stream:
        await stream.next()
        received = [(await stream.next())[1]["text"] for _ in range(115)]
    assert received == [str(number) for number in range(5, 120)]


async def test_a_page_that_knows_more_than_the_server_is_told_to_start_over(
    page: Browser, world: World
) -> None:
    await world.channel.send(PERSON, Text("新的"), "k0")
    async with opened(page, "?after=900") as stream:
        assert await stream.next() == ("ready", {"revision": 1})
        await world.channel.send(PERSON, Text("又一条"), "k1")
        assert (await stream.next())[1]["text"] == "又一条"


async def test_a_quiet_stream_beats(page: Browser, world: World) -> None:
    await world.channel.send(PERSON, Text("您好"), "k0")
    async with opened(page) as stream:
        await stream.next()
        assert await stream.next(beats=True) == ("beat", {})


async def test_demo_pages_hear_that_others_have_new_messages_but_not_which(
    page: Browser, world: World
) -> None:
    await world.channel.send(PERSON, Text("您好"), "k0")
    async with opened(page) as stream:
        await stream.next()
        await world.channel.send(Address.direct("lixia"), Text("机密"), "k1")
        assert await stream.next() == ("heads", {"lixia": 1})


async def test_nobody_hears_anything_of_others_outside_the_demo(
    real_browser: Browser, real_world: World
) -> None:
    real_world.tokens["t"] = "zhangsan"
    await real_browser.post("/api/sign-in/t", {})
    await real_world.channel.send(PERSON, Text("您好"), "k0")
    async with opened(real_browser) as stream:
        await stream.next()
        await real_world.channel.send(Address.direct("lixia"), Text("机密"), "k1")
        await real_world.channel.send(PERSON, Text("给您的"), "k2")
        assert (await stream.next())[1]["text"] == "给您的"


async def test_streams_are_bounded_and_leave_nothing_behind(page: Browser, world: World) -> None:
    await world.channel.send(PERSON, Text("您好"), "k0")
    responses = [await page.get("/api/events") for _ in range(STREAMS_PER_PERSON)]
    refused = await page.get("/api/events")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "15")
    for response in responses:
        response.close()
    for _ in range(60):
        if world.conversation.listeners == 0:
            break
        await asyncio.sleep(0.05)
    assert world.conversation.listeners == 0
    async with opened(page) as stream:
        await stream.next()


async def test_stopping_ends_every_stream(page: Browser, world: World) -> None:
    await world.channel.send(PERSON, Text("您好"), "k0")
    async with opened(page) as stream:
        await stream.next()
        await world.channel.stop()
        assert await stream.over()
    assert (await page.get("/api/events")).status == 503


async def test_whoever_comes_for_the_first_time_is_welcomed_once(page: Browser, world: World) -> None:
    world.sink.reply = lambda event: Answer(text="我是库管") if isinstance(event, EnterIn) else None
    async with opened(page, "?after=0") as stream:
        await stream.next()
        assert (await stream.next())[1]["text"] == "我是库管"
    async with opened(page) as stream:
        await stream.next()
    assert sum(isinstance(event, EnterIn) for event in world.sink.heard.values()) == 1


# ---------------------------------------------------------------- history and session


async def test_the_history_comes_in_pages_from_the_newest_back(page: Browser, world: World) -> None:
    for number in range(90):
        await world.conversation.append("zhangsan", Draft(f"k{number}", Author.BOT, Text(str(number))))
    newest = await (await page.get("/api/messages")).json()
    assert (newest["more"], newest["revision"], len(newest["messages"])) == (True, 90, 40)
    first = newest["messages"][0]["sequence"]
    older = await (await page.get(f"/api/messages?before={first}")).json()
    assert [message["text"] for message in older["messages"]] == [str(number) for number in range(10, 50)]
    since = await (await page.get("/api/messages?since=88")).json()
    assert [message["text"] for message in since["messages"]] == ["88", "89"]
    assert (await page.get("/api/messages?before=-1")).status == 400


async def test_the_session_tells_who_and_whom_in_the_language_of_the_person(page: Browser) -> None:
    session = await (await page.get("/api/session")).json()
    assert (session["person"]["name"], session["language"]) == ("张三", "zh")
    assert [persona["name"] for persona in session["personas"]] == ["张三", "李霞"]
    await page.become("lixia")
    session = await (await page.get("/api/session")).json()
    assert (session["person"]["name"], session["language"]) == ("Li Xia", "en")
    assert [persona["name"] for persona in session["personas"]] == ["Zhang San", "Li Xia"]


async def test_a_person_chooses_the_language(page: Browser) -> None:
    assert (await page.post("/api/language", {"language": "en"})).status == 200
    assert (await (await page.get("/api/session")).json())["language"] == "en"
    assert (await page.post("/api/language", {"language": "xx"})).status == 400
