"""Template cards: any card keeps WeCom's lengths, nothing is lost in silence, and people can read them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.fitting import card_text
from bot.chat.platform import Answer, Button, Card, CardState, Line
from bot.chat.wecom.cards import (
    DEAD_KEY,
    draw,
    is_only_text,
    messages,
    split,
    task_id,
    text_messages,
    to_tags,
    unlinked,
    with_toast,
)
from bot.chat.wecom.markup import write
from bot.chat.wecom_bot.frames import plain
from tests.fakes.wecom_cards import problem_of, shown_card
from tests.unit.chat.wecom_cards import NAMED, cards

GOLDEN = Path(__file__).parents[2] / "data" / "cards"
TASK = re.compile(r"[0-9A-Za-z_@-]{1,128}")
KINDS = {"wecom": True, "wecom_bot": False}


@pytest.mark.parametrize("greyed", KINDS.values(), ids=KINDS)
@given(card=cards())
def test_any_card_keeps_the_products_lengths(greyed: bool, card: Card) -> None:
    drawn = draw(card, task_id(card, "key"), greyed)
    assert problem_of(drawn.card, TASK, greyed) == ""
    assert [one["key"] for one in drawn.card["button_list"]] == (
        [button.action for button in card.buttons][:6] or [DEAD_KEY]
    )


@given(cards())
def test_a_card_that_fits_shows_every_word(card: Card) -> None:
    drawn = draw(card, "card@1", greyed=True)
    if not drawn.fits:
        return
    shown = one_line(shown_card("key", drawn.card, greyed=not card.buttons).text)
    words = [card.title, card.subtitle, *[button.label for button in card.buttons]]
    words += [word for line in card.lines for word in (line.label, line.value)]
    words += [group.title for group in card.groups] + [group.note for group in card.groups]
    for word in words:
        for line in word.splitlines():
            assert one_line(line) in shown


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_a_card_that_ended_says_how_on_its_button_and_when_above() -> None:
    ended = Card("c", "领用 LY1001", state=CardState.CLOSED, stamp="部分完成 · 14:05 · 等到货")
    drawn = draw(ended, "c@1", greyed=True).card
    assert (drawn["replace_text"], drawn["sub_title_text"]) == ("部分完成", ended.stamp)


def test_an_english_card_needs_no_text_before_it() -> None:
    (only,) = messages(NAMED["approval_english"], "c@1", text_messages)
    assert only["template_card"]["main_title"]["title"] == "Approve requisition LY1027"


def test_a_label_that_is_cut_is_read_in_the_text_before() -> None:
    label = "The goods were never brought, close it"
    card = Card("c", "退料", buttons=(Button("close", label),))
    words, _ = messages(card, "c@1", text_messages)
    assert f"[{label}]" in words["text"]["content"]


def test_too_much_text_ends_at_a_line() -> None:
    card = Card("c", "盘点", lines=tuple(Line("0.5mm 黑色中性笔", "−24 盒 " * 4) for _ in range(9)))
    drawn = draw(card, "c@1", greyed=True)
    assert not drawn.fits
    assert drawn.card["sub_title_text"].endswith("−24 盒 \n…")


@given(cards())
def test_a_card_is_drawn_the_same_and_its_task_names_its_sending(card: Card) -> None:
    first, second = task_id(card, "one"), task_id(card, "two")
    assert first != second
    assert first.partition("@")[0] == second.partition("@")[0] == card.id
    assert draw(card, first, greyed=True) == draw(card, first, greyed=True)


@given(cards())
def test_a_card_can_be_written_into_an_answer(card: Card) -> None:
    written = write("TemplateCard", to_tags(draw(card, "card@1", greyed=True).card))
    assert "<CardType>button_interaction</CardType>" in written
    assert len(written.encode()) < 16 * 1024


@given(st.text(max_size=400), st.integers(8, 64))
def test_parts_of_a_text_fit_and_lose_nothing_but_space(text: str, size: int) -> None:
    text = text.encode(errors="ignore").decode()
    parts = list(split(text, size))
    assert all(0 < len(part.encode()) <= size for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_text_is_parted_at_line_ends() -> None:
    assert list(split("第一行\n第二行\n第三行", 20)) == ["第一行\n第二行", "第三行"]
    assert list(split("one two three", 8)) == ["one two", "three"]


def test_a_passing_word_stands_before_the_subtitle() -> None:
    card = NAMED["approval_done"]
    assert with_toast(Answer(card, "库存变了")).subtitle == "库存变了 · 张三 · 市场部"
    assert with_toast(Answer(card, card.stamp)) == card


@pytest.mark.parametrize("product", KINDS)
@pytest.mark.parametrize("name", NAMED)
def test_cards_look_as_the_drawings_that_people_read(product: str, name: str) -> None:
    card = NAMED[name]
    drawn = draw(card, f"{card.id}@0", KINDS[product])
    before = card_text(card) if is_only_text(card) or not drawn.fits else ""
    shown = {"text before the card": before.splitlines(), "template_card": drawn.card}
    text = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
    path = GOLDEN / product / f"{name}.json"
    if os.environ.get("KUGUAN_DRAW_CARDS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("A4打印纸 −5 包", "A4打印纸 −5 包"),
        ("item_code_7", "item_code_7"),
        ("_斜体_ __粗体__", "＿斜体＿ ＿＿粗体＿＿"),
        ("[点我](http://evil.example.com.example)", "［点我］(http://evil.example.com.example)"),
        ("# 标题", "＃ 标题"),
        ("一\n---\n二", "一  \n－－－  \n二"),
        ("- 一", "－ 一"),
        ("-5 包", "-5 包"),
        ("**粗** `码` ~~删~~ <b> > 引 | 表", "＊＊粗＊＊ ｀码｀ ～～删～～ ＜b＞ ＞ 引 ｜ 表"),
    ],
)
def test_text_is_never_markup(said: str, shown: str) -> None:
    assert plain(said) == shown


@pytest.mark.parametrize(
    "tag", ['<a href="http://evil.example.com">同意</a>', "< A href=x>", "</a >", "<\ta>"]
)
def test_no_text_of_an_app_becomes_a_link(tag: str) -> None:
    assert "<" not in unlinked(tag)
    assert unlinked("5 < 7, <b>, <abc>") == "5 < 7, <b>, <abc>"


@given(st.text(max_size=200))
def test_no_text_can_format_or_link(text: str) -> None:
    assert not re.search(r"[*`\[\]<>~|\\]|(^|\n)\s*#", plain(text))
