"""What Slack tells, read: the words of a message, who said it where, and which of it is for the bot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.platform import AddressKind, ClickIn, ImageIn, Inbound, TextIn
from bot.chat.slack.cards import escape
from bot.chat.slack.events import Heard, Question, Unreadable, plain, read_event, read_interaction
from bot.chat.slack.refusals import Gone, failure, seconds_of
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import BOT, TEAM, Message, direct

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ZHANG = "U0ZHANG001"


def heard(event: dict[str, Any], bot: str = BOT, **more: Any) -> list[Heard]:
    return read_event({**FakeSlack().told(event), **more}, bot, NOW)


def message(text: str = "查库存", **more: Any) -> dict[str, Any]:
    return {**FakeSlack().written(ZHANG, text), "text": text, **more}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("领5包A4纸 &amp; 墨盒 &lt;黑&gt;", "领5包A4纸 & 墨盒 <黑>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        (f"<@{BOT}> 查库存", "查库存"),
        (f"<@{BOT}|kuguan> 查库存", "查库存"),
        (f"请 <@{BOT}> 查库存", "请   查库存"),
        ("<@U0OTHER001> 要5包", "@U0OTHER001 要5包"),
        ("<@U0OTHER001|李四> 要5包", "@李四 要5包"),
        ("<#C0GENERAL1|general> 见", "#general 见"),
        ("<!here> 谁要纸", "@here 谁要纸"),
        ("<https://a.example/x|a.example>", "a.example"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("5\xa0包", "5 包"),
        ("a\x00b\x1b[31m\ud800c", "ab[31mc"),
        ("  \n ", ""),
        ("<", "<"),
        ("x" * 9000, "x" * 4000),
    ],
)
def test_words_are_read_as_they_were_typed(text: str, read: str) -> None:
    assert plain(text, BOT) == read


def test_the_first_mention_goes_where_the_bot_does_not_know_itself_yet() -> None:
    assert plain("<@U0ANYBODY> 查库存", "") == "查库存"


@given(some.text(some.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_what_slack_escapes_comes_back(text: str) -> None:
    expected = text.replace("\xa0", " ").strip()
    assert plain(escape(text), BOT) == expected


def test_a_message_says_who_where_and_when() -> None:
    [event] = heard(message(ts="1700000000.000100"))
    assert isinstance(event, TextIn)
    assert event.dedupe_key == f"{direct(ZHANG)}:1700000000.000100"
    assert event.sent_at == datetime(2023, 11, 14, 22, 13, 20, 100, UTC)
    assert (event.tenant, event.sender.user_id, event.received_at) == (TEAM, ZHANG, NOW)


def test_somebody_from_another_company_keeps_their_own_workspace() -> None:
    [event] = heard(message(user_team="T0OTHER001", team="T0OTHER001"))
    assert isinstance(event, TextIn)
    assert event.tenant == "T0OTHER001"
    [event] = heard({key: value for key, value in message().items() if key != "team"})
    assert isinstance(event, TextIn)
    assert event.tenant == TEAM


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
def test_in_a_channel_only_what_calls_the_bot_is_heard(kind: str) -> None:
    place = {"channel": "C0GENERAL1", "channel_type": kind}
    assert heard(message("纸还有吗", **place)) == []
    [event] = heard(message(f"<@{BOT}> 纸还有吗", **place, thread_ts="1600000000.1"))
    assert isinstance(event, TextIn)
    assert (event.address.kind, event.address.id) == (AddressKind.GROUP, "C0GENERAL1:1600000000.1")
    # Before it knows its own id the bot learns it from the event.
    assert len(heard(message(f"<@{BOT}> 纸还有吗", **place), bot="")) == 1


def test_both_tellings_of_a_mention_have_one_key() -> None:
    written = message(f"<@{BOT}> 纸", channel="C0GENERAL1", channel_type="channel")
    [first] = heard(written)
    [second] = heard({**written, "type": "app_mention"})
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert first.dedupe_key == second.dedupe_key


def test_pictures_come_one_by_one_and_other_files_not_at_all() -> None:
    fake = FakeSlack()
    files = [fake.picture(f"F0{number}", b"x") for number in range(3)]
    files.append(fake.picture("F0PDF", b"x", "application/pdf"))
    files += [{"id": 7}, {"id": "F0SHARED", "file_access": "check_file_info"}]
    events = heard(message("", subtype="file_share", files=files))
    assert len(events) == 4
    pictures = [event for event in events if isinstance(event, ImageIn)]
    assert [one.media.data["file"] for one in pictures] == ["F00", "F01", "F02", "F0SHARED"]
    assert len({one.dedupe_key for one in pictures}) == 4


@pytest.mark.parametrize(
    "broken",
    [
        {"user": None},
        {"user": "zhang"},
        {"user": "U0ZHANG001/../x"},
        {"ts": "now"},
        {"ts": "²³.1"},
        {"channel": "#general"},
        {"thread_ts": "x"},
        {"team": None, "user_team": 7},
    ],
)
def test_what_is_no_event_of_slack_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        heard(message(**broken), team_id="no team")


def test_a_moment_that_no_clock_shows_is_now() -> None:
    [event] = heard(message(ts="999999999999.1"))
    assert isinstance(event, TextIn)
    assert event.sent_at == NOW


def tap(**changes: Any) -> dict[str, Any]:
    button = {"action_id": "tap:approve", "value": "card-1", "text": {"type": "plain_text", "text": "同意"}}
    shown = Message("C0GENERAL1", "1700000000.000100", BOT, "", thread="1600000000.1")
    return {**FakeSlack().tapped(ZHANG, shown, button), **changes}


def test_a_tap_in_a_thread_is_answered_there() -> None:
    click = read_interaction(tap(), NOW)
    assert isinstance(click, ClickIn)
    assert click.address.id == "C0GENERAL1:1600000000.1"
    assert click.card_ref is not None
    assert dict(click.card_ref.data) == {"channel": "C0GENERAL1", "ts": "1700000000.000100"}
    assert click.tenant == TEAM


def test_a_button_that_asks_needs_a_trigger_to_ask() -> None:
    action = {"action_id": "ask:reject", "action_ts": "1.1", "value": "card-1 为什么"}
    question = read_interaction(tap(actions=[action]), NOW)
    assert isinstance(question, Question)
    assert (question.click.action, question.asks, question.label) == ("reject", "为什么", "reject")
    assert isinstance(read_interaction(tap(actions=[action], trigger_id=""), NOW), ClickIn)


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "other", "action_ts": "1.1"},
        {"action_id": "say:everything", "action_ts": "1.1"},
    ],
)
def test_buttons_of_others_are_none_of_ours(action: dict[str, Any]) -> None:
    assert read_interaction(tap(actions=[action]), NOW) is None
    assert read_interaction({"type": "shortcut"}, NOW) is None
    assert read_interaction({"type": "view_submission", "view": {"callback_id": "x"}}, NOW) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": []},
        {"actions": [7]},
        {"actions": [{"action_id": "tap:approve", "action_ts": "1.1", "value": "../card"}]},
        {"actions": [{"action_id": "tap:APPROVE", "action_ts": "1.1", "value": "card-1"}]},
        {"user": None},
        {"channel": None},
        {"message": {}},
        {"user": {"id": ZHANG}, "team": None},
    ],
)
def test_what_is_no_tap_of_slack_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_interaction(tap(**changes), NOW)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("ratelimited", RateLimited),
        ("invalid_auth", AuthFailed),
        ("token_expired", AuthFailed),
        ("missing_scope", AuthFailed),
        ("channel_not_found", RecipientUnreachable),
        ("not_in_channel", RecipientUnreachable),
        ("user_not_found", RecipientUnreachable),
        ("message_not_found", Gone),
        ("cant_update_message", Gone),
        ("invalid_blocks", PayloadRejected),
        ("internal_error", Transient),
        ("something_new", Transient),
        ("", Transient),
    ],
)
def test_each_error_name_has_its_meaning(error: str, kind: type[ChannelError]) -> None:
    assert type(failure("chat.update", 200, {"ok": False, "error": error}, {})) in (
        kind,
        *kind.__subclasses__(),
    )


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7), ("0", 1), ("", 30), ("soon", 30), ("²", 30), ("99999", 3600), ("9" * 99, 30)],
)
def test_how_long_to_wait_is_bounded(told: str, seconds: float) -> None:
    assert seconds_of({"retry-after": told}) == seconds
    assert seconds_of({"Retry-After": told}) == seconds
