"""What Slack tells: events and taps, read from untrusted JSON into the words of the bot."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from bot.chat.platform import (
    ACTION,
    CARD_ID,
    Address,
    AddressKind,
    CardRef,
    ClickIn,
    EnterIn,
    ImageIn,
    Inbound,
    Json,
    MessageRef,
    Sender,
    TextIn,
)
from bot.chat.slack.cards import ASK, REASON, REASON_LIMIT, SAY, SHORTCUTS, TAP

PLATFORM: Final = "slack"
TEXT_LIMIT: Final = 4000
"""Characters of a sentence that are read; nothing the bot understands is longer."""
FILES_LIMIT: Final = 10

_USER: Final = re.compile(r"[UW][A-Z0-9]{1,40}")
_TEAM: Final = re.compile(r"[TE][A-Z0-9]{1,40}")
_PLACE: Final = re.compile(r"[CDG][A-Z0-9]{1,40}")
_MOMENT: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,10}")
_FILE: Final = re.compile(r"F[A-Z0-9]{1,40}")
_OTHER: Final = re.compile(r"[0-9A-Za-z_.:-]{1,80}")
_LINK: Final = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class Unreadable(Exception):
    """Not what Slack sends. The text says which part, and repeats nothing of what was sent."""


@dataclass(frozen=True)
class HomeOpened:
    """Somebody looks at the home tab."""

    user: str


@dataclass(frozen=True)
class Shortcut:
    """A button of the home tab: `words` are to be said as if `said.sender` had typed them."""

    name: str
    said: TextIn


@dataclass(frozen=True)
class Question:
    """A tap on a button that asks for words first; `trigger` opens a window for three seconds."""

    click: ClickIn
    trigger: str
    label: str
    asks: str


Heard: TypeAlias = TextIn | ImageIn | ClickIn | EnterIn | HomeOpened | Shortcut | Question


def parsed(data: bytes | str) -> Mapping[str, Any]:
    """A JSON object; raises Unreadable."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("no JSON object")
    return value


def read_event(payload: Mapping[str, Any], bot: str, now: datetime) -> list[Heard]:
    """What an `event_callback` tells, nothing if it is not for us. `bot` is the bot's user id, "" if unknown.

    Raises Unreadable.
    """
    if payload.get("type") != "event_callback":
        return []
    event = _part(payload, "event")
    bot = bot or _own_id(payload)
    if event.get("type") == "app_home_opened":
        return _opened(payload, event, now)
    if event.get("type") not in ("message", "app_mention"):
        return []
    if event.get("bot_id") or event.get("subtype") not in (None, "", "file_share"):
        return []
    if bot and event.get("user") == bot:
        return []
    return _message(payload, event, bot, now)


def read_interaction(payload: Mapping[str, Any], now: datetime) -> Heard | None:
    """What a tap or a sent window says, None if it is not ours. Raises Unreadable."""
    if payload.get("type") == "block_actions":
        return _tap(payload, now)
    if payload.get("type") == "view_submission":
        return _answered(payload, now)
    return None


def metadata_of(click: ClickIn) -> str:
    """What a window keeps of the tap that opened it."""
    reference = dict(click.card_ref.data) if click.card_ref else {}
    thread = click.address.id.partition(":")[2]
    return json.dumps({"card": click.card_id, "action": click.action, "thread": thread, **reference})


# ------------------------------------------------------------ events


def _opened(payload: Mapping[str, Any], event: Mapping[str, Any], now: datetime) -> list[Heard]:
    user = _id(event, "user", _USER)
    if event.get("tab") == "home":
        return [HomeOpened(user)]
    team = _id(payload, "team_id", _TEAM)
    # Told each time somebody looks; greeted once.
    return [
        EnterIn(
            platform=PLATFORM,
            tenant=team,
            sender=Sender(user),
            address=Address.direct(user),
            dedupe_key=f"enter:{user}",
            sent_at=now,
            received_at=now,
        )
    ]


def _message(payload: Mapping[str, Any], event: Mapping[str, Any], bot: str, now: datetime) -> list[Heard]:
    place, moment = _id(event, "channel", _PLACE), _id(event, "ts", _MOMENT)
    user = _id(event, "user", _USER)
    text = _string(event.get("text"))
    is_direct = place.startswith("D") or event.get("channel_type") == "im"
    mentioned = event.get("type") == "app_mention" or bool(bot and f"<@{bot}" in text)
    if not is_direct and not mentioned:
        return []
    thread = _string(event.get("thread_ts")) or moment
    if _MOMENT.fullmatch(thread) is None:
        raise Unreadable("thread_ts")
    inbound = Inbound(
        platform=PLATFORM,
        tenant=_team_of(event, payload),
        sender=Sender(user),
        address=Address.direct(user) if is_direct else Address(AddressKind.GROUP, f"{place}:{thread}"),
        # A mention comes twice, as message and as app_mention, each with an event_id of its own.
        dedupe_key=f"{place}:{moment}",
        sent_at=_time(moment, now),
        received_at=now,
    )
    heard: list[Heard] = []
    words = plain(text, bot)
    if words:
        heard.append(TextIn(**_fields(inbound), text=words))
    for file in _pictures(event):
        one = replace(inbound, dedupe_key=f"{inbound.dedupe_key}:{file['file']}")
        heard.append(ImageIn(**_fields(one), media=MessageRef(PLATFORM, file)))
    return heard


def plain(text: str, bot: str) -> str:
    """The words of a message as they were typed: no mention of the bot, no markup, no escapes."""

    def words(found: re.Match[str]) -> str:
        inside, label = found[1], found[2]
        if inside.startswith("@") and bot and inside[1:] == bot:
            return " "
        if inside[:1] in ("@", "#", "!"):
            return f"{'#' if inside[0] == '#' else '@'}{label or inside[1:]}"
        return label or inside.removeprefix("mailto:")

    if not bot:
        # The mention that calls us stands first, whoever we are.
        text = re.sub(r"^\s*<@[UW][A-Z0-9]+(?:\|[^<>]*)?>", "", text)
    read = _LINK.sub(words, text)
    read = read.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\xa0", " ")
    return cleaned(read)[:TEXT_LIMIT].strip()


def cleaned(text: str) -> str:
    """Without control characters and without halves of characters, which no database keeps."""
    return "".join(
        one
        for one in text
        if (one >= " " or one in "\n\t") and one != "\x7f" and not "\ud800" <= one <= "\udfff"
    )


def _pictures(event: Mapping[str, Any]) -> list[dict[str, Json]]:
    files = event.get("files")
    found: list[dict[str, Json]] = []
    for file in files[:FILES_LIMIT] if isinstance(files, list) else []:
        if not isinstance(file, dict) or _FILE.fullmatch(_string(file.get("id"))) is None:
            continue
        kind = _string(file.get("mimetype"))
        # Files from other workspaces come without anything but an id.
        if kind.startswith("image/") or (not kind and file.get("file_access") == "check_file_info"):
            url = _string(file.get("url_private_download")) or _string(file.get("url_private"))
            found.append({"file": file["id"], "url": cleaned(url)[:2000]})
    return found


# ------------------------------------------------------------ taps


def _tap(payload: Mapping[str, Any], now: datetime) -> Heard | None:
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise Unreadable("actions")
    action = actions[0]
    name, moment = _id(action, "action_id", _OTHER), _id(action, "action_ts", _MOMENT)
    sender = _sender(payload)
    inbound = Inbound(
        platform=PLATFORM,
        tenant=_tenant(payload),
        sender=sender,
        address=Address.direct(sender.user_id),
        dedupe_key=f"tap:{sender.user_id}:{moment}:{name}",
        sent_at=_time(moment, now),
        received_at=now,
    )
    if name.startswith(SAY):
        shortcut = name.removeprefix(SAY)
        said = TextIn(**_fields(inbound), text=shortcut)
        return Shortcut(shortcut, said) if shortcut in SHORTCUTS else None
    kind = next((kind for kind in (TAP, ASK) if name.startswith(kind)), None)
    if kind is None:
        return None
    reference, address = _where(payload, sender.user_id)
    card, _, asks = _string(action.get("value")).partition(" ")
    click = ClickIn(
        **_fields(
            replace(inbound, address=address, dedupe_key=f"{inbound.dedupe_key}:{reference.data['ts']}")
        ),
        card_id=_matching(card, CARD_ID, "value"),
        action=_matching(name.removeprefix(kind), ACTION, "action_id"),
        card_ref=reference,
    )
    trigger = _string(payload.get("trigger_id"))
    label = action.get("text")
    if kind == TAP or not trigger:
        return click
    words = _string(label.get("text")) if isinstance(label, dict) else ""
    return Question(click, trigger, words or click.action, asks or words or click.action)


def _answered(payload: Mapping[str, Any], now: datetime) -> ClickIn | None:
    view = _part(payload, "view")
    if view.get("callback_id") != REASON:
        return None
    kept = parsed(_string(view.get("private_metadata")))
    values = view.get("state")
    for name in ("values", REASON, REASON):
        values = values.get(name) if isinstance(values, dict) else None
    said = _string(values.get("value")) if isinstance(values, dict) else ""
    sender = _sender(payload)
    reference, address = _located(
        _id(kept, "channel", _PLACE), _id(kept, "ts", _MOMENT), _string(kept.get("thread")), sender.user_id
    )
    return ClickIn(
        platform=PLATFORM,
        tenant=_tenant(payload),
        sender=sender,
        address=address,
        dedupe_key=f"view:{sender.user_id}:{_id(view, 'id', _OTHER)}",
        sent_at=now,
        received_at=now,
        card_id=_matching(_string(kept.get("card")), CARD_ID, "private_metadata"),
        action=_matching(_string(kept.get("action")), ACTION, "private_metadata"),
        text=cleaned(said)[:REASON_LIMIT].strip(),
        card_ref=reference,
    )


def _where(payload: Mapping[str, Any], user: str) -> tuple[CardRef, Address]:
    """Which message was tapped, and where words about it belong."""
    place, message = _id(_part(payload, "channel"), "id", _PLACE), _part(payload, "message")
    return _located(place, _id(message, "ts", _MOMENT), _string(message.get("thread_ts")), user)


def _located(place: str, moment: str, thread: str, user: str) -> tuple[CardRef, Address]:
    reference = CardRef(PLATFORM, {"channel": place, "ts": moment})
    if place.startswith("D"):
        return reference, Address.direct(user)
    thread = _matching(thread or moment, _MOMENT, "thread_ts")
    return reference, Address(AddressKind.GROUP, f"{place}:{thread}")


def _sender(payload: Mapping[str, Any]) -> Sender:
    user = _part(payload, "user")
    name = _string(user.get("name")) or _string(user.get("username"))
    return Sender(_id(user, "id", _USER), name=cleaned(name)[:60])


def _tenant(payload: Mapping[str, Any]) -> str:
    """The workspace the person belongs to."""
    user, team = _part(payload, "user"), payload.get("team")
    own = _string(user.get("team_id")) or (_string(team.get("id")) if isinstance(team, dict) else "")
    return _matching(own, _TEAM, "team_id")


def _team_of(event: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """The workspace of the writer: in channels shared with other companies not the one we are in."""
    for team in (event.get("user_team"), event.get("team")):
        if _TEAM.fullmatch(_string(team)):
            return _string(team)
    return _id(payload, "team_id", _TEAM)


# ------------------------------------------------------------ untrusted parts


def _own_id(payload: Mapping[str, Any]) -> str:
    given = payload.get("authorizations")
    first = given[0] if isinstance(given, list) and given else None
    found = _string(first.get("user_id")) if isinstance(first, dict) and first.get("is_bot") else ""
    return found if _USER.fullmatch(found) else ""


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if not isinstance(value, dict):
        raise Unreadable(name)
    return value


def _id(payload: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    return _matching(_string(payload.get(name)), form, name)


def _matching(value: str, form: re.Pattern[str], name: str) -> str:
    if form.fullmatch(value) is None:
        raise Unreadable(name)
    return value


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(moment: str, now: datetime) -> datetime:
    """When something was sent; a moment that no clock shows is now."""
    try:
        return datetime.fromtimestamp(float(moment), UTC)
    except (ValueError, OverflowError, OSError):
        return now


def _fields(inbound: Inbound) -> dict[str, Any]:
    return {name: getattr(inbound, name) for name in _INBOUND}


_INBOUND: Final[Sequence[str]] = (
    "platform", "tenant", "sender", "address", "dedupe_key", "sent_at", "received_at", "door",
)  # fmt: skip
