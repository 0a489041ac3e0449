"""What DingTalk pushes, read: the shapes of the documentation, and everything that has none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat.dingtalk.callbacks import LONGEST_TEXT, Outsider, read_message, read_tap
from bot.chat.dingtalk.frames import CARDS, LONGEST_FRAME, MESSAGES, Answered, acknowledgement, read_frame
from bot.chat.dingtalk.values import Malformed
from bot.chat.platform import Address, AddressKind, ImageIn, TextIn
from tests.fakes.dingtalk import DingTalkFake

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FAKE = DingTalkFake()

json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=12,
)


def frame(topic: str, data: dict[str, Any]) -> Any:
    return read_frame(FAKE.frame("CALLBACK", topic, data, "m-1"))


def message(**changes: Any) -> dict[str, Any]:
    data = FAKE.message("zhangsan", {"msgtype": "text", "text": {"content": "库存"}}) | changes
    return {name: value for name, value in data.items() if value is not None}


def tap(**changes: Any) -> dict[str, Any]:
    return FAKE.tap_of("lisi", "card-1", "approve") | changes


def test_a_message_says_who_wrote_what_where_and_when() -> None:
    said = read_message(frame(MESSAGES, message(msgId="m1", createAt=1795334400000)), NOW)
    (event,) = said.events
    assert isinstance(event, TextIn)
    assert (event.text, event.sender.user_id, event.sender.name) == ("库存", "zhangsan", "zhangsan")
    assert event.dedupe_key == "message-m1"
    assert event.sent_at == datetime.fromtimestamp(1795334400, UTC)
    assert event.received_at == NOW
    assert said.address == event.address == Address.direct("zhangsan")


def test_what_is_repeated_has_the_same_key_and_messages_and_taps_never_share_one() -> None:
    keys = [read_message(frame(MESSAGES, message(msgId="m-1")), NOW).events[0].dedupe_key for _ in range(2)]
    assert keys[0] == keys[1] != read_tap(frame(CARDS, tap()), NOW).dedupe_key


def test_a_group_is_where_its_members_are_answered() -> None:
    data = FAKE.message("zhangsan", {"msgtype": "text", "text": {"content": " 库存 "}}, "cidG==")
    (event,) = read_message(frame(MESSAGES, data), NOW).events
    assert event.address == Address(AddressKind.GROUP, "cidG==")
    assert isinstance(event, TextIn)
    assert event.text == "库存"
    click = read_tap(frame(CARDS, tap(spaceType="IM_GROUP", spaceId="cidG==")), NOW)
    assert click.address == Address(AddressKind.GROUP, "cidG==")


@pytest.mark.parametrize(
    "moment", ["", "x", -5, 0, 10**30, 1.5, True, "１７９５３３４４０００００", None, {}]
)
def test_a_moment_that_is_none_is_when_it_came(moment: Any) -> None:
    data = message(createAt=moment, sessionWebhookExpiredTime=moment)
    assert read_message(frame(MESSAGES, data), NOW).events[0].sent_at.year >= 2026


def test_somebody_without_staff_id_is_an_outsider() -> None:
    for staff in (None, ""):
        with pytest.raises(Outsider):
            read_message(frame(MESSAGES, message(senderStaffId=staff)), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"senderStaffId": 5},
        {"senderStaffId": "x" * 300},
        {"senderStaffId": "a\nb"},
        {"senderCorpId": "a/b"},
        {"senderCorpId": None},
        {"msgId": None},
        {"conversationType": "2", "conversationId": None},
        {"msgtype": "picture", "content": None},
        {"msgtype": "picture", "content": {"downloadCode": {}}},
        {"msgtype": "richText", "content": {"richText": "x"}},
        {"msgtype": "text", "text": "{"},
    ],
)
def test_messages_that_are_none_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_message(frame(MESSAGES, message(**changes)), NOW)


def test_long_words_are_cut_and_content_in_a_string_is_read() -> None:
    long = message(text={"content": "纸" * 100_000})
    (event,) = read_message(frame(MESSAGES, long), NOW).events
    assert isinstance(event, TextIn)
    assert len(event.text) == LONGEST_TEXT
    packed = message(msgtype="picture", content=json.dumps({"downloadCode": "code"}))
    (picture,) = read_message(frame(MESSAGES, packed), NOW).events
    assert isinstance(picture, ImageIn)


@pytest.mark.parametrize(
    "content",
    [
        {"cardPrivateData": {"actionIds": ["other"], "params": {"action": "approve"}}},
        {"cardPrivateData": {"actionIds": ["other"]}, "params": {"action": "approve"}},
        {"cardPrivateData": {"actionIds": ["approve"], "params": {}}},
        {"cardPrivateData": {"actionIds": ["approve"]}},
        {"actionIds": ["approve"]},
    ],
)
def test_the_action_of_a_tap_is_found_in_every_shape(content: dict[str, Any]) -> None:
    for packed in (content, json.dumps(content)):
        assert read_tap(frame(CARDS, tap(content=packed)), NOW).action == "approve"


def test_words_typed_with_a_tap_come_along() -> None:
    content = {"cardPrivateData": {"params": {"action": "reject", "text": " 先用旧的 "}}}
    assert read_tap(frame(CARDS, tap(content=content)), NOW).text == "先用旧的"


@pytest.mark.parametrize(
    "changes",
    [
        {"outTrackId": "x" * 65},
        {"outTrackId": "a b"},
        {"outTrackId": None},
        {"userId": ""},
        {"content": "{"},
        {"content": None},
        {"content": {}},
        {"content": {"cardPrivateData": {"actionIds": ["../etc"]}}},
        {"content": {"cardPrivateData": {"actionIds": []}}},
        {"content": {"cardPrivateData": {"actionIds": [5], "params": []}}},
        {"corpId": None},
    ],
)
def test_taps_that_are_none_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_tap(frame(CARDS, tap(**changes)), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"headers":{}}',
        '{"type":"CALLBACK","headers":{"topic":"t"}}',
        '{"type":"CALLBACK","headers":{"topic":"t","messageId":"m"},"data":"[]"}',
        '{"type":"CALLBACK","headers":{"topic":"t","messageId":"m"},"data":"{\\"a\\":NaN}"}',
        '{"a":' * 100_000,
        '{"type":"X","headers":{"topic":"t","messageId":"m"},"data":"'
        + '{\\"a\\":' * 40
        + "1"
        + "}" * 40
        + '"}',
        " " * (LONGEST_FRAME + 1),
    ],
)
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_frame(text)


def test_an_acknowledgement_names_its_push() -> None:
    whole = json.loads(acknowledgement(frame(CARDS, tap()), Answered(200, {"response": {}})))
    assert whole["headers"]["messageId"] == "m-1"
    assert json.loads(whole["data"]) == {"response": {}}


@given(some.dictionaries(some.sampled_from([*message(), *tap()]), json_values))
def test_any_values_are_read_or_refused(changes: dict[str, Any]) -> None:
    for topic, read, data in ((MESSAGES, read_message, message()), (CARDS, read_tap, tap())):
        try:
            read(frame(topic, data | changes), NOW)
        except Malformed:
            continue
