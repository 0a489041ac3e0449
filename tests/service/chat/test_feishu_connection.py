"""What goes wrong on the long connection to Feishu: it ends, goes silent, or brings what nobody can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.chat.errors import AuthFailed, Overloaded, Transient
from bot.chat.feishu import configured
from bot.chat.feishu.api import Api, Credentials
from bot.chat.feishu.connection import Answered, Connection
from bot.chat.feishu.frames import DATA, Frame, encode
from bot.chat.platform import Answer, CardRef, Event, Text, TextIn, UpdateResult
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from services.kit.ending import ended
from services.kit.settings import Secret
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_platform import Refused
from tests.fakes.feishu_pushes import APP_ID, APP_SECRET
from tests.service.chat.feishu_bot import Clock, NoLeases, Recorder, World, approval, world


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[World]:
    """Over the long connection."""
    async with world("websocket", tmp_path) as here:
        yield here


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_closed_connection_is_made_again_whatever_the_code(connected: World, code: int) -> None:
    await connected.fake.close_connections(code)
    await connected.fake.bot_is_at("")
    await connected.fake.say("zhangsan", "库存 A4纸")
    assert len(connected.sink.events) == 1


async def test_a_connection_on_which_nothing_comes_any_more_is_given_up(tmp_path: Path) -> None:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    fake.answers_pings, fake.ping_seconds = False, 1
    async with aiohttp.ClientSession() as session:
        connection = Connection(_api(fake, session), session, _nothing, silence=1.5)
        async with asyncio.timeout(20):
            with pytest.raises(Transient):
                await connection.once()
        assert fake.pings >= 1
    await fake.stop()


async def test_the_pause_between_pings_follows_what_the_other_end_says(tmp_path: Path) -> None:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    fake.ping_seconds = 1
    async with aiohttp.ClientSession() as session:
        connection = Connection(_api(fake, session), session, _nothing)
        serving = asyncio.create_task(connection.once())
        await fake.bot_is_at("")
        fake.ping_seconds = 300  # the next pong says so
        async with asyncio.timeout(20):
            while connection._pause != 300:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
        assert connection.is_open
        await ended([serving])
    await fake.stop()


async def test_a_message_in_parts_is_put_together(connected: World) -> None:
    event = connected.fake.message("zhangsan", "text", {"text": "领用 A4纸 5包" * 20})
    await connected.fake.push(event, parts=5)
    [heard] = connected.sink.events
    assert isinstance(heard, TextIn)
    assert heard.text == "领用 A4纸 5包" * 20


async def test_bytes_that_are_no_frame_do_not_end_the_connection(connected: World) -> None:
    [socket] = connected.fake.connections
    await socket.send_bytes(b"\xff\xff\xff")
    await socket.send_str("hello")
    for headers in ((("type", "event"), ("sum", "x")), (("type", "event"), ("sum", "9"), ("seq", "9"))):
        await socket.send_bytes(encode(Frame(1, 1, 1, DATA, headers, payload=b"{}")))
    await connected.fake.say("zhangsan", "库存")
    assert list(connected.fake.connections) == [socket]
    assert len(connected.sink.events) == 1


async def test_an_event_that_cannot_be_read_is_not_asked_for_again(connected: World) -> None:
    event = connected.fake.message("zhangsan", "text", {"text": "库存"})
    del event["event"]["message"]["message_id"]
    assert await connected.fake.push(event) == {}
    assert connected.sink.deliveries == 0


async def test_an_event_of_another_app_is_not_ours(connected: World) -> None:
    event = connected.fake.message("zhangsan", "text", {"text": "库存"})
    event["header"]["app_id"] = "cli_other"
    assert await connected.fake.push(event) == {}
    assert connected.sink.deliveries == 0


async def test_a_tap_that_was_not_kept_is_answered_as_failed(connected: World) -> None:
    await connected.channel.send(connected.address("lixia"), approval(), "k-1")
    connected.sink.refuse = 1
    shown = connected.fake.seen("lixia")[0].card
    assert shown is not None
    with pytest.raises(AssertionError, match="not taken"):
        await connected.fake.tap("lixia", shown, "approve")
    await connected.fake.tap("lixia", shown, "approve")
    assert len(connected.sink.events) == 1


async def test_an_event_whose_keeping_takes_too_long_is_asked_for_again(connected: World) -> None:
    connected.sink.holding = asyncio.Event()
    await connected.fake.say("zhangsan", "库存")
    assert connected.sink.deliveries == 2
    connected.sink.holding.set()
    assert len(connected.sink.events) == 1


async def test_several_replicas_share_the_pushes(connected: World) -> None:
    other = configured(
        ChatSettings("FEISHU", connected.fake.environment, {}),
        Tools(connected.session, connected.clock, NoLeases()),
    )
    assert other is not None
    sink = Recorder()
    await other.start(sink)
    while len(connected.fake.connections) < 2:  # noqa: ASYNC110 - the fake counts, it does not tell
        await asyncio.sleep(0.02)
    for number in range(40):
        await connected.fake.say("zhangsan", str(number))
    await other.stop()
    heard = [event.text for event in (*connected.sink.events, *sink.events) if isinstance(event, TextIn)]
    assert sorted(heard, key=int) == [str(number) for number in range(40)]
    assert connected.sink.events
    assert sink.events


async def test_a_fault_of_ours_is_asked_for_again_and_the_connection_stays(connected: World) -> None:
    [socket] = connected.fake.connections
    connected.sink.faults = 1
    await connected.fake.say("zhangsan", "库存")
    assert len(connected.sink.events) == 1
    assert list(connected.fake.connections) == [socket]


async def test_a_wrong_secret_is_refused_credentials(tmp_path: Path) -> None:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    async with aiohttp.ClientSession() as session:
        api = _api(fake, session, "wrong")
        with pytest.raises(AuthFailed):
            await api.token()
        with pytest.raises(AuthFailed):
            await Connection(api, session, _nothing).once()
    await fake.stop()


async def test_one_connection_too_many_is_tried_again_later(tmp_path: Path) -> None:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    fake.limit = 0
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Transient):
            await Connection(_api(fake, session), session, _nothing).once()
    await fake.stop()


async def test_an_address_without_encryption_is_not_connected_to(tmp_path: Path) -> None:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    fake.address = "ws://feishu.example.com/ws?service_id=1"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(Transient, match="encrypted"):
            await Connection(_api(fake, session), session, _nothing).once()
    await fake.stop()


async def test_stopping_ends_everything_and_a_second_time_nothing(connected: World) -> None:
    async with asyncio.timeout(10):
        await connected.channel.stop()
        await connected.channel.stop()
    assert not connected.channel.health().connected
    with pytest.raises(Overloaded):
        await connected.channel._take(connected.fake.message("zhangsan", "text", {"text": "库存"}))


async def test_a_tap_under_way_is_answered_before_the_connection_is_ended(connected: World) -> None:
    await connected.channel.send(connected.address("lixia"), approval(), "k-1")
    shown = connected.fake.seen("lixia")[0].card
    assert shown is not None
    taken = asyncio.Event()

    async def decide(event: Event) -> Answer:
        taken.set()
        await asyncio.sleep(0.3)
        return Answer(toast="已同意")

    connected.sink.answer = decide
    tapping = asyncio.create_task(connected.fake.tap("lixia", shown, "approve"))
    await taken.wait()
    await connected.channel.stop()
    assert await tapping == "已同意"


async def test_a_recalled_card_is_expired(connected: World) -> None:
    reference = await connected.channel.send(connected.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    connected.fake.scripted["patch"] = [Refused(400, 230011), Refused(400, 230031)]
    for _ in range(2):
        assert (await connected.channel.update(reference, approval())).result is UpdateResult.EXPIRED


async def test_refused_credentials_stand_in_the_health_until_a_call_is_taken(connected: World) -> None:
    connected.fake.scripted["send"] = [Refused(400, 99991672, "no permission")]
    with pytest.raises(AuthFailed):
        await connected.channel.send(connected.address("lixia"), Text("1"), "k-1")
    assert "99991672" in connected.channel.health().last_error
    await connected.channel.send(connected.address("lixia"), Text("1"), "k-1")
    assert connected.channel.health().last_error == ""


async def test_nothing_secret_stands_in_what_is_raised_or_shown(connected: World) -> None:
    connected.fake.scripted["send"] = [Refused(500, 0)]
    with pytest.raises(Transient) as caught:
        await connected.channel.send(connected.address("lixia"), Text("1"), "k-1")
    seen = repr(caught.value) + repr(connected.channel.__dict__)
    assert APP_SECRET not in seen
    assert "t-" not in repr(caught.value)


def _api(fake: FakeFeishu, session: aiohttp.ClientSession, secret: str = APP_SECRET) -> Api:
    return Api(Credentials(fake.url, APP_ID, Secret(secret)), session, Clock())


async def _nothing(event: object) -> Answered:
    return Answered()
