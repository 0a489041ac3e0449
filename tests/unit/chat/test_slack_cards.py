"""Cards as Slack shows them: everything fits, nobody's words become markup, and a person can read the files.

`python -m tests.unit.chat.test_slack_cards` writes the files under tests/data/cards/slack anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.cards import draw as draw_row
from bot.chat.fitting import card_text
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.chat.slack.cards import (
    BESIDE_LIMIT,
    BLOCKS_LIMIT,
    SHORTCUTS,
    TEXT_LIMIT,
    WORDS_LIMIT,
    draw,
    escape,
    home,
    pieces,
    question,
)
from bot.texts import LANGUAGES
from tests.fakes.slack_blocks import buttons_of, problem_of, title_of, unescaped, words_of
from tests.unit.bot.test_cards import every_card
from tests.unit.chat.wecom_cards import NAMED, cards

FOLDER = Path(__file__).parents[2] / "data" / "cards" / "slack"
REASON = Button("reject", "拒绝", Tone.DANGER, "拒绝的原因(可不填)")
SAMPLES = {
    **NAMED,
    "approval_with_reason": replace(
        NAMED["approval_open"], buttons=(NAMED["approval_open"].buttons[0], REASON)
    ),
    "words_like_markup": Card(
        "card-9",
        "领用 <!channel> *急* :fire: & <@U0BOSS>",
        lines=(Line("用途_x_", "<https://evil.example|点这里> `rm` ~删~\n> 引用"), Line("", "")),
        buttons=(Button("cancel", "取消 <b>"),),
    ),
}
words = some.text(some.characters(exclude_categories=["Cs"]), max_size=3000)
long_cards = some.builds(
    Card,
    some.just("card-1"),
    words,
    words,
    some.lists(some.builds(Line, words, words), max_size=300).map(tuple),
    stamp=words,
    fallback=words,
    state=some.sampled_from(CardState),
)


def looks(card: Card) -> str:
    """A card in plain lines, as it is arranged on the screen."""
    return "\n".join(row for block in draw(card).blocks for row in _rows(block)) + "\n"


def _rows(block: dict[str, Any]) -> Iterator[str]:
    kind = block["type"]
    if kind == "header":
        yield f"# {block['text']['text']}"
    elif kind == "context":
        yield from (f"· {_said(one)}" for one in block["elements"])
    elif kind == "actions":
        for one in block["elements"]:
            style = one.get("style", "plain")
            yield f"[{one['text']['text']}]  {style} → {one['action_id']} ({one['value']})"
    elif "fields" in block:
        fields = [_said(one) for one in block["fields"]]
        yield from (f"{label} | {value}" for label, value in zip(fields[::2], fields[1::2], strict=True))
    else:
        yield _said(block["text"])


def _said(text: dict[str, Any]) -> str:
    return str(text["text"]) if text["type"] == "plain_text" else f"{text['text']} (markup)"


def check(card: Card) -> None:
    drawn = draw(card)
    assert problem_of(drawn.blocks) == ""
    assert len(drawn.blocks) <= BLOCKS_LIMIT
    assert 0 < len(unescaped(drawn.text)) <= BESIDE_LIMIT
    shown = words_of(drawn.blocks)
    assert len(shown) <= WORDS_LIMIT + 400
    assert [
        (one["action_id"].partition(":")[2], one["value"].split(" ")[0]) for one in buttons_of(drawn.blocks)
    ] == [(button.action, card.id) for button in card.buttons]
    assert drawn.fits or "…" in shown or len(shown) > WORDS_LIMIT // 2 or len(drawn.blocks) > 40


@given(cards())
@example(Card("a", ""))
@example(Card("a", " \n", lines=(Line("", ""),), stamp="\t", fallback=" "))
@example(Card("a", "&" * 500, lines=(Line("<" * 3000, "&" * 3000),)))
@example(Card("a", "t", buttons=tuple(Button(f"choose_{n}", "长" * 200, asks="?" * 3000) for n in range(60))))
def test_any_card_is_taken_with_all_of_its_buttons(card: Card) -> None:
    check(card)


@given(long_cards)
def test_a_card_with_too_much_to_say_is_shortened_and_says_so(card: Card) -> None:
    check(card)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_card_of_the_bot_fits_whole(language: str) -> None:
    for row, facts in every_card(language):
        card = draw_row(row, facts)
        check(card)
        drawn = draw(card)
        assert drawn.fits
        shown = words_of(drawn.blocks)
        for line in (*card.lines, *(line for group in card.groups for line in group.lines)):
            assert line.label.strip() in shown
            assert line.value.strip() in shown
        assert card.fallback in shown
        assert title_of(drawn.blocks) == card.title


@given(words, words)
def test_nobodys_words_become_markup(title: str, value: str) -> None:
    drawn = draw(Card("a", title, value, (Line(title, value),)))
    for text in _texts(drawn.blocks):
        if text["type"] == "mrkdwn":
            inside = text["text"][1:-1]
            assert not set(inside) & set("*_~`<>\n")
            assert inside.count("&") == sum(inside.count(one) for one in ("&amp;", "&lt;", "&gt;"))
        else:
            assert text["emoji"] is False
    assert "<" not in drawn.text
    assert ">" not in drawn.text


@given(words)
def test_escaping_loses_nothing(text: str) -> None:
    assert unescaped(escape(text)) == text


@given(some.text(max_size=200).map(lambda text: text * 200))
def test_a_long_text_comes_in_pieces_that_hold_all_of_it(text: str) -> None:
    parts = pieces(text)
    assert parts
    assert all(part.strip() and len(part) <= TEXT_LIMIT for part in parts)
    if text.strip():
        assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_home_tab_offers_the_five_shortcuts(language: str) -> None:
    view = home(LANGUAGES[language])
    assert problem_of(view["blocks"], "home") == ""
    assert [one["action_id"] for one in buttons_of(view["blocks"])] == [f"say:{name}" for name in SHORTCUTS]


@given(words, words)
def test_any_question_fits_its_window(label: str, asks: str) -> None:
    view = question(label, asks, "{}")
    assert problem_of(view["blocks"], "modal") == ""
    assert 1 <= len(view["title"]["text"]) <= 24
    assert 1 <= len(view["submit"]["text"]) <= 24


def test_the_words_beside_the_blocks_say_everything() -> None:
    card = NAMED["hand_over_two_items"]
    assert unescaped(draw(card).text) == card_text(card)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_card_looks_as_in_its_file(name: str) -> None:
    assert looks(SAMPLES[name]) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_the_blocks_of_a_card_are_those_of_the_file() -> None:
    """One card in full, to be pasted into Slack's Block Kit Builder."""
    blocks = {"blocks": draw(SAMPLES["approval_with_reason"]).blocks}
    assert blocks == json.loads((FOLDER / "approval_with_reason.json").read_text(encoding="utf-8"))


def test_the_folder_holds_no_other_files() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SAMPLES)


def _texts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, card in SAMPLES.items():
        (FOLDER / f"{name}.txt").write_text(looks(card), encoding="utf-8")
    pasted = {"blocks": draw(SAMPLES["approval_with_reason"]).blocks}
    written = json.dumps(pasted, ensure_ascii=False, indent=2)
    (FOLDER / "approval_with_reason.json").write_text(written + "\n", encoding="utf-8")
