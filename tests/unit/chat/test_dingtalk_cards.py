"""Cards as DingTalk shows them: everything fits, and a person can read how they look.

`python -m tests.unit.chat.test_dingtalk_cards` writes the files under tests/data/cards/dingtalk anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.cards import draw
from bot.chat.dingtalk.cards import (
    MAX_ROWS,
    MAX_TEXT_BYTES,
    MAX_TITLE,
    card_parameters,
    notice_parameters,
    plain_card,
    plain_text,
)
from bot.chat.platform import Button, Card, CardState, Group, Line, Tone
from tests.fakes.dingtalk import TEMPLATE_FILE, DingTalkFake
from tests.fakes.dingtalk_gateway import Instance
from tests.unit.bot.test_cards import every_card

FOLDER = Path(__file__).parents[3] / "tests" / "data" / "cards" / "dingtalk"
LARGEST_CARD = 16_000
"""UTF-8 bytes of all parameters: DingTalk publishes no limit; its messages hold more than this."""

SAMPLES = {
    "approval-open.zh": Card(
        "card-1",
        "请审批 · 领用 LY1027",
        "张三 · 行政部",
        (
            Line("A4打印纸", "−5 包:现存 320 → 315"),
            Line("用途", "新员工入职"),
            Line("参考金额", "¥90.00"),
            Line("为什么找您", "部门主管"),
        ),
        buttons=(Button("approve", "同意", Tone.PRIMARY), Button("reject", "拒绝", Tone.DANGER)),
        fallback="也可以回复:同意 1027 / 拒绝 1027 原因",
    ),
    "approval-done.zh": Card(
        "card-1",
        "请审批 · 领用 LY1027",
        "张三 · 行政部",
        (Line("A4打印纸", "−5 包:现存 320 → 315"),),
        state=CardState.DONE,
        stamp="已同意 · 李霞 14:05",
    ),
    "approval-refused.en": Card(
        "card-1",
        "Please decide · Requisition LY1027",
        "Zhang San · Office",
        (Line("A4 copy paper", "−5 包: in stock 320 → 315"), Line("Purpose", "A new colleague starts")),
        state=CardState.REFUSED,
        stamp="Refused · Li Xia 14:05",
    ),
    "hand-over-open.zh": Card(
        "card-2",
        "请发料 · 领用 LY1027",
        "给张三",
        (Line("部门", "行政部"), Line("用途", "新员工入职")),
        (
            Group(
                "A4打印纸 · 主仓",
                (Line("变动", "−5 包:现存 320 → 315"), Line("批次", "L2026-03 · 5 包 · 2027-03-01 到期")),
            ),
            Group("硒鼓 · 主仓", (Line("变动", "−2 个:现存 2 → 0"),), "缺 1 个"),
        ),
        (Button("hand_over", "发料", Tone.PRIMARY),),
    ),
    "choice-open.zh": Card(
        "card-3",
        "“纸”是哪一种?",
        "点一下就继续",
        tuple(Line(f"{number}. 打印纸 {number} 号", f"BG-00{number} · 包") for number in range(1, 6)),
        buttons=(
            *[Button(f"choose_{number}", f"{number}. 打印纸 {number} 号") for number in range(1, 6)],
            Button("cancel", "都不是"),
        ),
    ),
    "list-too-long.en": Card(
        "card-4",
        "Stock of everything in the main warehouse and all of the small ones beside it",
        lines=tuple(Line(f"Item number {number}", f"{number * 10} pieces") for number in range(60)),
        buttons=(Button("more", "More of it, please, and then still more"),),
    ),
}

texts = some.text(max_size=400)
labels = some.text(max_size=60)
lines = some.builds(Line, labels, texts)
tones = some.sampled_from(Tone)


@some.composite
def cards(draw: some.DrawFn) -> Card:
    """Any card the seam lets through."""
    actions = draw(
        some.lists(some.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True), unique=True, max_size=8)
    )
    return Card(
        draw(some.from_regex(r"[0-9A-Za-z_-]{1,64}", fullmatch=True)),
        draw(texts),
        draw(texts),
        tuple(draw(some.lists(lines, max_size=60))),
        tuple(draw(some.lists(some.builds(Group, texts, some.lists(lines, max_size=8).map(tuple), texts)))),
        tuple(Button(action, draw(labels), draw(tones)) for action in actions),
        draw(some.sampled_from(CardState)),
        draw(texts),
        fallback=draw(texts),
    )


def drawn(card: Card, notice: str = "") -> str:
    """A card as the template draws it, its buttons in brackets."""
    fake = DingTalkFake()
    fake.cards[card.id] = Instance({**card_parameters(card), **notice_parameters(notice)}, "STREAM")
    shown = fake.drawn(card.id, "somebody")
    assert fake.wrong == []
    words = shown.text.removesuffix("\n".join(shown.buttons.values())).rstrip("\n")
    return "\n".join([words, *[f"[{label}]  → {action}" for action, label in shown.buttons.items()]]) + "\n"


def check(card: Card) -> None:
    parameters = card_parameters(card)
    assert len(parameters["title"]) <= MAX_TITLE
    assert len(parameters["body"].split("\n")) <= MAX_ROWS
    assert len(json.dumps(parameters, ensure_ascii=False).encode()) <= LARGEST_CARD
    assert [one["event"]["params"]["actionId"] for one in json.loads(parameters["buttons"])] == [
        button.action for button in card.buttons
    ]
    assert all(len(one["text"]) <= 60 for one in json.loads(parameters["buttons"]))
    assert parameters["has_buttons"] == ("yes" if card.buttons else "no")


@given(cards())
def test_any_card_fits_and_keeps_all_of_its_buttons(card: Card) -> None:
    check(card)
    assert len(plain_card(card).encode()) <= MAX_TEXT_BYTES


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_card_of_the_bot_fits_without_being_cut(language: str) -> None:
    for row, facts in every_card(language):
        card = draw(row, facts)
        check(card)
        assert "…" not in json.dumps(card_parameters(card), ensure_ascii=False)


@given(cards())
def test_nobodys_words_look_like_a_row_of_the_card(card: Card) -> None:
    rows = card_parameters(card)["body"].split("\n") if card.lines or card.groups else []
    made = len(card.lines) + sum(1 + len(group.lines) + bool(group.note) for group in card.groups)
    assert len(rows) <= max(made, 1)


@given(some.text(max_size=30_000))
def test_a_long_message_is_cut_inside_what_one_message_holds(text: str) -> None:
    said = plain_text(text)
    assert len(said.encode()) <= MAX_TEXT_BYTES
    assert said == text or said.endswith("…")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_card_looks_as_in_its_file(name: str) -> None:
    assert drawn(SAMPLES[name]) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_the_folder_holds_no_other_files() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.txt" for name in SAMPLES}


def test_the_passing_word_stands_on_the_card_of_who_tapped() -> None:
    assert "已由他人处理" in drawn(SAMPLES["approval-done.zh"], "已由他人处理")


def test_the_template_declares_what_the_card_sends_and_draws_nothing_else() -> None:
    editor: dict[str, Any] = json.loads(json.loads(TEMPLATE_FILE.read_text(encoding="utf-8"))["editorData"])
    declared = {one["name"] for one in editor["variableList"]}
    sent = set(card_parameters(SAMPLES["approval-open.zh"])) | set(notice_parameters(""))
    assert sent == declared == set(editor["mockData"]["cardData"])
    components = {one["componentName"] for one in editor["schema"]["componentsMap"]}
    (root,) = editor["schema"]["componentsTree"]
    assert {root["componentName"], *[node["componentName"] for node in root["children"]]} == components


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, card in SAMPLES.items():
        (FOLDER / f"{name}.txt").write_text(drawn(card), encoding="utf-8")
