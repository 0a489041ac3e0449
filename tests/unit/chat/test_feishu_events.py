"""What Feishu pushes is read as what people said and did, and nothing else gets through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chat.feishu.events import Unreadable, open_envelope, parse_object, read
from bot.chat.http import TEXT_LIMIT
from bot.chat.platform import AddressKind, ClickIn, EnterIn, Event, ImageIn, MessageRef, TextIn
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_pushes import BOT, TENANT

NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
FAKE = FakeFeishu()


def events(data: Mapping[str, Any]) -> list[Event]:
    """What is read from a push."""
    envelope = open_envelope(data)
    assert envelope is not None
    return list(read(envelope, BOT, NOW))


def message(kind: str, content: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A pushed message of Zhang San."""
    return FAKE.message("zhangsan", kind, content, **more)


def test_the_time_is_the_sender_s() -> None:
    data = message("text", {"text": "库存"})
    data["event"]["message"]["create_time"] = "1603977298000"
    [event] = events(data)
    assert event.sent_at == datetime.fromtimestamp(1603977298, UTC)
    assert event.received_at == NOW


def test_people_are_called_by_name_and_the_bot_is_left_out() -> None:
    mentions = [
        {"key": "@_user_1", "id": {"open_id": BOT}, "name": "库管"},
        {"key": "@_user_10", "id": {"open_id": "ou_li"}, "name": "李霞"},
    ]
    [event] = events(
        message("text", {"text": "@_user_1 领用 给 @_user_10 @_user_7"}, group="g", mentions=mentions)
    )
    assert isinstance(event, TextIn)
    assert event.text == "领用 给 @李霞"
    assert event.address.kind is AddressKind.GROUP


def test_a_message_with_layout_gives_its_words_and_its_pictures() -> None:
    content = {
        "title": "领用",
        "content": [
            [{"tag": "text", "text": "A4纸 "}, {"tag": "a", "text": "5包", "href": "http://x.example"}],
            [{"tag": "img", "image_key": "img_1"}, {"tag": "hr"}],
            [{"tag": "at", "user_id": "@_user_1"}, {"tag": "img", "image_key": "img_2"}],
        ],
    }
    read_events = events(message("post", content))
    assert [event.text for event in read_events if isinstance(event, TextIn)] == ["领用\nA4纸 5包"]
    assert [event.media for event in read_events if isinstance(event, ImageIn)] == [
        MessageRef("feishu", {"message": _id(read_events), "image": key}) for key in ("img_1", "img_2")
    ]
    assert len({event.dedupe_key for event in read_events}) == 3


def _id(read_events: list[Event]) -> str:
    return read_events[0].dedupe_key.removeprefix("message:")


@pytest.mark.parametrize("kind", ["audio", "file", "sticker", "share_chat", "unheard_of"])
def test_what_is_neither_words_nor_picture_is_heard_as_its_kind(kind: str) -> None:
    [event] = events(message(kind, {"file_key": "f"}))
    assert isinstance(event, TextIn)
    assert event.text == f"[{kind}]"


def test_other_bots_are_not_listened_to() -> None:
    data = message("text", {"text": "库存"})
    data["event"]["sender"]["sender_type"] = "app"
    assert events(data) == []


def test_words_to_everybody_are_not_words_to_the_bot() -> None:
    assert events(message("text", {"text": "@_all 开会"}, group="g")) == []


def test_signs_that_no_one_sees_are_taken_off_and_long_words_cut() -> None:
    [event] = events(message("text", {"text": "\u0000领\ud800用\u0007 " + "纸" * 10_000}))
    assert isinstance(event, TextIn)
    assert event.text.startswith("领用 纸")
    assert len(event.text) <= TEXT_LIMIT
    assert event.text.encode()


def test_an_outsider_belongs_to_another_company() -> None:
    data = message("text", {"text": "库存"})
    data["event"]["sender"]["tenant_key"] = "736588c9260f175e"
    assert events(data)[0].tenant == "736588c9260f175e"
    del data["event"]["sender"]["tenant_key"]
    assert events(data)[0].tenant == TENANT


def _click(**changes: Any) -> dict[str, Any]:
    event = {
        "operator": {**FAKE.ids("lixia"), "tenant_key": TENANT},
        "token": "c-1",
        "action": {"tag": "button", "value": {"card": "c-1", "action": "approve"}, **changes},
        "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
    }
    return FAKE.envelope("card.action.trigger", event)


def test_a_tap_names_card_action_and_message() -> None:
    data = _click()
    [event] = events(data)
    assert isinstance(event, ClickIn)
    assert (event.card_id, event.action, event.text) == ("c-1", "approve", "")
    assert event.card_ref is not None
    assert event.card_ref.data == {"message": "om_1"}
    assert event.dedupe_key == f"event:{data['header']['event_id']}"


def test_only_the_field_of_the_tapped_button_is_read() -> None:
    [event] = events(_click(form_value={"reason_approve": " 好 ", "reason_reject": "不"}))
    assert isinstance(event, ClickIn)
    assert event.text == "好"
    odd: tuple[object, ...] = ("text", {"reason_approve": 7}, None, [])
    for form in odd:
        [event] = events(_click(form_value=form))
        assert isinstance(event, ClickIn)
        assert event.text == ""


@pytest.mark.parametrize(
    "value",
    [None, "approve", {}, {"card": "c/1", "action": "approve"}, {"card": "c-1", "action": "Approve!"}, [1]],
)
def test_a_tap_on_what_is_not_ours_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        events(_click(value=value))


def test_entering_has_one_key_for_each_person() -> None:
    first, second = (
        events(FAKE.envelope("im.chat.access_event.bot_p2p_chat_entered_v1", {"operator_id": FAKE.ids(user)}))
        for user in ("zhangsan", "zhangsan")
    )
    assert isinstance(first[0], EnterIn)
    assert first[0].dedupe_key == second[0].dedupe_key


@pytest.mark.parametrize("text", ["", "[]", "1", "{", "[" * 100_000, '"x"'])
def test_what_is_no_object_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_object(text.encode())


@pytest.mark.parametrize("missing", ["header", "event"])
def test_an_envelope_without_its_parts_is_unreadable(missing: str) -> None:
    data = json.loads(json.dumps(message("text", {"text": "库存"})))
    data[missing] = []
    with pytest.raises(Unreadable):
        open_envelope(data)
