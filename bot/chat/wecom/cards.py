"""A neutral card as WeCom's template card: six rows, short words, and a text beside it where that is not
enough.

The product advises lengths rather than refusing longer texts, but cuts on the screen what is longer. Here
nothing is wider than so many Chinese characters, of which a Latin letter takes half: rows that fit stand as
rows, the others as lines above them, and `fits` tells whether anything was left out, so that the whole card
can be sent as text before it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.chat.fitting import ELLIPSIS, card_text, cut_width, width
from bot.chat.platform import Answer, Card, CardState, Line, Tone
from bot.chat.wecom.markup import Tree
from bot.chat.wecom.parts import Message

# Widths in half signs, each twice the number of Chinese characters that the product advises.
TITLE: Final = 52
DESCRIPTION: Final = 60
SUBTITLE: Final = 224
LABEL: Final = 10
VALUE: Final = 52
BUTTON: Final = 20
ROWS: Final = 6
BUTTONS: Final = 6
TEXT_BYTES: Final = 2048
"""UTF-8 bytes of one text message of an app."""
DEAD_KEY: Final = "-"
"""The key of a button that does nothing: no action has this name."""

_STYLES: Final = {Tone.PRIMARY: 1, Tone.DANGER: 3, Tone.NEUTRAL: 4}
_NEUTRAL_STYLE: Final = 4
_LINK: Final = re.compile(r"<(?=\s*/?\s*a\b)", re.IGNORECASE)
_TAGS: Final = {"keyname": "KeyName"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn card. `fits` is False where it shows less than the neutral card says."""

    card: Mapping[str, Any]
    fits: bool


def task_id(card: Card, idempotency_key: str) -> str:
    """The task of one sending of a card: a card that is shown anew needs a new one, a repeat the same."""
    return f"{card.id}@{hashlib.sha256(idempotency_key.encode()).hexdigest()[:12]}"


def is_only_text(card: Card) -> bool:
    """Whether a card has nothing to tap and nothing that ended, such as figures that were asked for.

    Cards of that kind would have to lead to an address; as text everything is there to be read.
    """
    return not card.buttons and card.state is CardState.OPEN


def draw(card: Card, task: str, greyed: bool) -> Drawn:
    """The card of a task. A card without buttons gets a dead one that says how it ended.

    `greyed`: whether the product can show a button that cannot be tapped (`replace_text`); without it the
    dead button can be tapped and leads to nothing.
    """
    texts, rows, fits = _content(card)
    drawn: dict[str, Any] = {"card_type": "button_interaction", "task_id": task}
    whole_title, whole_subtitle = _one_line(card.title), _one_line(card.subtitle)
    title, subtitle = cut_width(whole_title, TITLE), cut_width(whole_subtitle, DESCRIPTION)
    fits = fits and (title, subtitle) == (whole_title, whole_subtitle)
    title = title if title.strip() else ELLIPSIS
    drawn["main_title"] = {"title": title, "desc": subtitle} if subtitle.strip() else {"title": title}
    if texts:
        drawn["sub_title_text"] = texts
    if rows:
        drawn["horizontal_content_list"] = [{"keyname": row.label, "value": row.value} for row in rows]
    if card.buttons:
        # A label that is cut is written out above the buttons, or in the text before the card.
        written = _one_line(texts)
        labels = [_one_line(button.label) for button in card.buttons]
        fits = fits and all(width(label) <= BUTTON or label in written for label in labels)
        fits = fits and len(card.buttons) <= BUTTONS
        drawn["button_list"] = [
            {
                "text": cut_width(_one_line(button.label), BUTTON),
                "style": _STYLES[button.tone],
                "key": button.action,
            }
            for button in card.buttons[:BUTTONS]
        ]
        return Drawn(drawn, fits)
    stamp = _short_stamp(_one_line(card.stamp) or title)
    drawn["button_list"] = [{"text": stamp, "style": _NEUTRAL_STYLE, "key": DEAD_KEY}]
    if greyed:
        drawn["replace_text"] = stamp
    return Drawn(drawn, fits)


def messages(card: Card, task: str, texts: Callable[[str], list[Message]]) -> list[Message]:
    """What is sent for a card that was not there before: where it leaves something out, all of it as
    `texts` first."""
    if is_only_text(card):
        return texts(card_text(card))
    # Grey buttons are for cards that replace another one.
    drawn = draw(card, task, greyed=False)
    if drawn.fits:
        before = []
    else:
        said = card_text(card)
        # Labels that are cut on their buttons are read here.
        labels = [one.label for one in card.buttons if width(one.label) > BUTTON and one.label not in said]
        before = texts("\n".join([said, *(f"[{label}]" for label in labels)]))
    return [*before, {"msgtype": "template_card", "template_card": drawn.card}]


def text_messages(text: str) -> list[Message]:
    """Words of an app, in as many messages as they need."""
    return [{"msgtype": "text", "text": {"content": part}} for part in split(unlinked(text), TEXT_BYTES)]


def with_toast(answer: Answer) -> Card:
    """The card of an answer with its passing word: there is no other place that shows one."""
    card = answer.card
    assert card is not None, "asked for answers with a card only"
    if not answer.toast.strip() or answer.toast in (card.subtitle, card.stamp):
        return card
    words = [answer.toast, card.subtitle] if card.subtitle.strip() else [answer.toast]
    return replace(card, subtitle=" · ".join(words))


def to_tags(card: Mapping[str, Any]) -> Tree:
    """The drawn card with the tags of an answer to a callback: CamelCase, lists repeat their tag."""
    return {_tag(name): _value(value) for name, value in card.items()}


def unlinked(text: str) -> str:
    """Text in which nothing becomes a link: text messages know the tag `a`."""
    return _LINK.sub("＜", text)


def split(text: str, size: int) -> Iterator[str]:
    """The text in parts of at most `size` bytes, parted at line ends, else at spaces, else anywhere."""
    rest = text.strip()
    while len(rest.encode()) > size:
        head = rest.encode()[:size].decode(errors="ignore")
        place = max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or len(head)
        if part := rest[:place].rstrip():
            yield part
        rest = rest[place:].lstrip()
    if rest:
        yield rest


def _content(card: Card) -> tuple[str, list[Line], bool]:
    """The text above the rows, the rows, and whether that is everything."""
    rows = [line for line in card.lines if _is_row(line)]
    # Text stands above the rows: what has no row comes first, so that the order stays.
    beside = [line for line in card.lines if not _is_row(line)] + rows[:-ROWS]
    texts = [card.stamp] if width(card.stamp) > BUTTON else []
    texts += [_said(line) for line in beside]
    for group in card.groups:
        texts += [group.title, *[f"· {_said(line)}" for line in group.lines], group.note]
    whole = "\n".join(text for text in texts if text.strip())
    typed = f"{whole}\n{card.fallback}".strip()
    if card.fallback.strip() and width(typed) <= SUBTITLE:
        return typed, rows[-ROWS:], True
    return _first_lines(whole), rows[-ROWS:], width(whole) <= SUBTITLE


def _first_lines(text: str) -> str:
    """As many whole lines as there is room for; a single line that is too long is cut."""
    if width(text) <= SUBTITLE:
        return text
    kept, room = [], SUBTITLE - width(ELLIPSIS)
    for line in text.splitlines():
        room -= width(line) + len("\n")
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, ELLIPSIS]) if kept else cut_width(text, SUBTITLE)


def _short_stamp(stamp: str) -> str:
    """How a card ended in the words of a button: the outcome without who and when, which the text above
    says."""
    return cut_width(stamp if width(stamp) <= BUTTON else stamp.partition(" · ")[0], BUTTON)


def _said(line: Line) -> str:
    return f"{line.label}: {line.value}" if line.label else line.value


def _is_row(line: Line) -> bool:
    short = 0 < width(line.label) <= LABEL and 0 < width(line.value) <= VALUE
    return short and all(part == _one_line(part) for part in (line.label, line.value))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tag(name: str) -> str:
    return _TAGS.get(name) or "".join(part.capitalize() for part in name.split("_"))


def _value(value: Any) -> Tree:
    if isinstance(value, Mapping):
        return to_tags(value)
    if isinstance(value, str | int):
        return value
    return [_value(one) for one in value]
