"""Any card the bot can make is one that Feishu takes, and says everything there is room for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import draw
from bot.chat.feishu.cards import BYTES_LIMIT, ELEMENTS_LIMIT, render, weight
from bot.chat.platform import Button, Card, CardState, Change, Group, Line, Tone
from deploy.previews.company import facts, order, row, task
from tests.fakes.feishu_cards import buttons_of, checked, title_of, walk, words_of

GOLDEN = Path(__file__).parents[2] / "data" / "cards" / "feishu"

APPROVE = Button("approve", "同意", Tone.PRIMARY)
REJECT = Button("reject", "拒绝", Tone.DANGER, "拒绝的理由(可不填)")
SAMPLES = {
    "approval-open": Card(
        "c-1",
        "审批:领用 LY1027",
        "张三 · 办公室",
        (
            Line("A4打印纸", "−5 包:现存 320 → 315 · 可用(现在) 315 包", Change("320", "315")),
            Line("用途", "投标"),
            Line("参考金额", "¥90.00"),
            Line("为什么找您", "您是申请人的主管(由主管审批)"),
        ),
        buttons=(APPROVE, REJECT),
        number="LY1027",
        fallback="也可以回复:同意 1027 / 拒绝 1027 理由",
    ),
    "approval-done": Card(
        "c-1",
        "审批:领用 LY1027",
        "张三 · 办公室",
        (Line("A4打印纸", "−5 包:现存 320 → 315"),),
        state=CardState.DONE,
        stamp="已同意 · 李霞 14:05",
        number="LY1027",
    ),
    "approval-refused": Card(
        "c-1",
        "Approval: requisition LY1027",
        "Zhang San · Office",
        (Line("A4 copy paper", "−5 pack: on hand 320 → 315"),),
        state=CardState.REFUSED,
        stamp="Refused · Li Xia 14:05 · over the month's budget",
        number="LY1027",
    ),
    "hand-over": Card(
        "c-2",
        "交接:LY1027",
        "张三 · 办公室 · 主仓",
        groups=(
            Group("A4打印纸 5 包", (Line("批次 L1", "3 包 · 2026-12-01 到期"), Line("批次 L2", "2 包"))),
            Group("签字笔 1 盒", (Line("批次 —", "1 盒"),), "先到期的先出"),
        ),
        buttons=(Button("hand_over", "已交接", Tone.PRIMARY), Button("short", "缺货")),
        number="LY1027",
        fallback="也可以回复:发料 1027",
    ),
    "choice": Card(
        "c-3",
        "「A4」是哪一个?",
        "回复数字也可以",
        tuple(
            Line(f"{number}. A4打印纸 {weight} 克", f"BG-00{number} · 包")
            for number, weight in ((1, 70), (2, 80))
        ),
        buttons=(
            Button("choose_1", "1. A4打印纸 70 克"),
            Button("choose_2", "2. A4打印纸 80 克"),
            Button("cancel", "都不是"),
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_cards_look_as_they_did(name: str) -> None:
    """The files are for reading; KUGUAN_WRITE_GOLDEN=1 writes them anew."""
    file = GOLDEN / f"{name}.json"
    drawn = json.dumps(render(SAMPLES[name]), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("KUGUAN_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(drawn, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == drawn
    checked(drawn)


words = st.text(max_size=80) | st.text(
    alphabet='库管审批领用出库A4打印纸<at id=all>*_[](#)"\\\n ', max_size=2000
)
lines = st.builds(Line, words, words)
groups = st.builds(Group, words, st.lists(lines, max_size=12).map(tuple), words)
buttons = st.lists(
    st.builds(
        Button,
        st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
        words,
        st.sampled_from(Tone),
        st.just("") | words,
    ),
    max_size=12,
    unique_by=lambda button: button.action,
).map(tuple)
cards = st.builds(
    Card,
    st.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True),
    words,
    words,
    st.lists(lines, max_size=120).map(tuple),
    st.lists(groups, max_size=12).map(tuple),
    buttons,
    st.sampled_from(CardState),
    words,
    words,
    words,
)


@settings(max_examples=150)
@given(cards)
def test_any_card_is_taken_and_keeps_its_buttons(card: Card) -> None:
    drawn = render(card)
    elements, size = weight(drawn)
    assert elements <= ELEMENTS_LIMIT
    assert size <= BYTES_LIMIT
    checked(json.dumps(drawn, ensure_ascii=False))
    assert set(buttons_of(drawn)) == {button.action for button in card.buttons}
    for action, button in buttons_of(drawn).items():
        assert button["behaviors"][0]["value"] == {"card": card.id, "action": action}


def test_a_card_of_usual_size_says_every_word() -> None:
    for card in SAMPLES.values():
        said = words_of(render(card))
        for line in (*card.lines, *(line for group in card.groups for line in group.lines)):
            assert line.label in said
            assert line.value in said
        for part in (card.subtitle, card.stamp, card.fallback, *(group.title for group in card.groups)):
            assert part in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_approval_card_of_the_bot_says_every_word(language: str) -> None:
    card = draw(row("approval", "lixia"), facts("lixia", language, order=order(), task=task()))
    drawn = render(card)
    checked(json.dumps(drawn, ensure_ascii=False))
    assert set(buttons_of(drawn)) == {"approve", "reject"}
    for line in card.lines:
        assert line.label in words_of(drawn)
        assert line.value in words_of(drawn)


def test_a_long_label_stands_above_its_value() -> None:
    long, short = Line("A4打印纸 70克 500张", "−5 包"), Line("Reference amount", "¥90.00")
    elements = render(Card("c", "领用", lines=(long, short, Line("用途", "投标"))))["body"]["elements"]
    columns = [[len(column["elements"]) for column in element["columns"]] for element in elements]
    assert columns == [[2], [1, 1], [1, 1]]


def test_choices_that_stand_below_each_other_are_of_one_width() -> None:
    names = ("1. 鼠标", "2. A4打印纸 70 克 500 张")
    buttons = tuple(Button(f"choose_{number}", name) for number, name in enumerate(names, 1))
    drawn = buttons_of(render(Card("c", "哪一个?", buttons=buttons)))
    assert {button["width"] for button in drawn.values()} == {"fill"}


def test_many_rows_stand_closer_before_any_is_left_out() -> None:
    card = Card("c", "盘点", lines=tuple(Line(f"物料 {number}", f"{number} 包") for number in range(60)))
    said = words_of(render(card))
    assert all(f"物料 {number}: {number} 包" in said for number in range(60))


def test_what_is_left_out_is_counted() -> None:
    card = Card("c", "盘点", lines=tuple(Line(f"物料 {number}", f"{number} 包") for number in range(100)))
    assert "… +20" in words_of(render(card))


def test_long_words_end_at_a_word() -> None:
    card = Card("c", "盘点 " * 100, lines=(Line("备注", "the quick brown fox " * 2000),))
    drawn = render(card)
    assert title_of(drawn).endswith("盘点…")
    assert words_of(drawn).endswith("quick brown…") or words_of(drawn).endswith("…")


def test_what_people_wrote_is_never_markup() -> None:
    card = Card("c", "<at id=all></at>", lines=(Line("**用途**", "[点我](http://x.example)"),))
    assert not {element["tag"] for element in walk(render(card))} & {"markdown", "lark_md"}
