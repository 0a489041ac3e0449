"""Frames of WeCom's AI bot, read as events: who, where, what, and the same key for each delivery."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.platform import Address, AddressKind, ClickIn, TextIn
from bot.chat.wecom_bot.frames import EVENT, MESSAGE, Reader

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NAMED, UNNAMED = Reader("wwcorp", "库管 小助手"), Reader("wwcorp", "")
DIRECT = {"msgid": "m1", "chattype": "single", "from": {"userid": "lisi"}, "create_time": 1_700_000_000}
GROUP = {**DIRECT, "chattype": "group", "chatid": "wr-1"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)


def text(content: str, where: dict[str, Any]) -> dict[str, Any]:
    return {**where, "msgtype": "text", "text": {"content": content}}


@pytest.mark.parametrize(
    ("reader", "said", "heard"),
    [
        (UNNAMED, "@库管 查库存", "查库存"),
        (UNNAMED, "  @库管\u2005查库存", "查库存"),
        (UNNAMED, "查库存 @张三", "查库存 @张三"),
        (UNNAMED, "@库管", ""),
        (NAMED, "@库管 小助手 查库存", "查库存"),
        (NAMED, "查库存 @库管 小助手", "查库存"),
        (NAMED, "@张三 查库存", "@张三 查库存"),
        (NAMED, "a@库管 小助手b", "a@库管 小助手b"),
    ],
)
def test_a_mention_of_the_bot_is_taken_off_in_groups(reader: Reader, said: str, heard: str) -> None:
    (event,) = reader.events(MESSAGE, text(said, GROUP), NOW)
    assert isinstance(event, TextIn)
    assert (event.text, event.address) == (heard, Address(AddressKind.GROUP, "wr-1"))


def test_a_mention_stays_in_a_direct_chat() -> None:
    (event,) = UNNAMED.events(MESSAGE, text("@库管 查库存", DIRECT), NOW)
    assert isinstance(event, TextIn)
    assert event.text == "@库管 查库存"
    assert event.sent_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def tap(event: dict[str, Any]) -> dict[str, Any]:
    return {**DIRECT, "msgtype": "event", "event": {"eventtype": "template_card_event", **event}}


def test_a_tap_is_read_nested_and_flat() -> None:
    facts = {"event_key": "approve", "task_id": "card-1@abc"}
    (nested,) = NAMED.events(EVENT, tap({"template_card_event": facts}), NOW)
    (flat,) = NAMED.events(EVENT, tap(facts), NOW)
    assert nested == flat
    assert isinstance(nested, ClickIn)
    assert (nested.card_id, nested.action, nested.dedupe_key) == ("card-1", "approve", "event:m1")


def test_a_tap_without_an_id_has_a_key_of_what_was_tapped() -> None:
    body = tap({"event_key": "approve", "task_id": "card-1@abc"})
    (event,) = NAMED.events(EVENT, {**body, "msgid": None}, NOW)
    assert event.dedupe_key == "event:lisi:1700000000:card-1@abc:approve"


@pytest.mark.parametrize(
    "event",
    [
        {"event_key": "-", "task_id": "card-1@abc"},
        {"event_key": "Approve", "task_id": "card-1@abc"},
        {"event_key": "approve", "task_id": "编号"},
        {"event_key": "approve", "task_id": "c" * 65},
        {"event_key": "approve"},
        {},
    ],
)
def test_a_tap_on_what_is_not_ours_is_passed_over(event: dict[str, Any]) -> None:
    assert NAMED.events(EVENT, tap(event), NOW) == []


@pytest.mark.parametrize(
    "changes", [{"from": None}, {"from": {"userid": ""}}, {"from": {"userid": "u" * 300}}]
)
def test_nobodys_words_are_passed_over(changes: dict[str, Any]) -> None:
    assert NAMED.events(MESSAGE, text("查库存", {**DIRECT, **changes}), NOW) == []


@given(st.dictionaries(st.sampled_from([*GROUP, "msgtype", "text", "event", "mixed", "image"]), JSON))
def test_no_body_is_too_odd_to_be_read(body: dict[str, Any]) -> None:
    for command in (MESSAGE, EVENT):
        for kind in ("text", "event", "mixed", "image", "voice"):
            for event in NAMED.events(command, {**GROUP, "msgtype": kind, **body}, NOW):
                assert event.dedupe_key
                assert event.sender.user_id
