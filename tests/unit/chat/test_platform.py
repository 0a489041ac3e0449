"""The neutral seam: what a card may be, and that it survives being written down."""

import pytest

from bot.chat.console import flat_card
from bot.chat.encoding import card_from_json, card_to_json, content_from_json, content_to_json
from bot.chat.platform import Button, Card, CardState, Change, Group, Line, Text, Tone

FULL = Card(
    id="c-1",
    title="待发料",
    subtitle="张三 · 行政部",
    lines=(Line("现存", "320 → 315 包", Change("320", "315")), Line("用途", "投标")),
    groups=(Group("A4打印纸 5 包", (Line("批次", "PZ2408-11"),), "先到期先出"),),
    buttons=(Button("hand_over", "发料", Tone.PRIMARY), Button("cancel", "取消")),
    state=CardState.PROCESSING,
    stamp="处理中",
    number="LY1027",
    fallback="回复「发料 1027」",
)


def test_a_card_comes_back_from_json_as_it_was() -> None:
    assert card_from_json(card_to_json(FULL)) == FULL
    assert card_from_json(card_to_json(Card(id="a", title="t"))) == Card(id="a", title="t")
    assert content_from_json(content_to_json(FULL)) == FULL
    assert content_from_json(content_to_json(Text("好"))) == Text("好")


def test_the_console_shows_the_rows_of_groups_among_the_lines() -> None:
    lines = flat_card(FULL)["lines"]
    assert [(line["label"], line["value"]) for line in lines] == [
        ("现存", "320 → 315 包"),
        ("用途", "投标"),
        ("A4打印纸 5 包", "先到期先出"),
        ("批次", "PZ2408-11"),
    ]


@pytest.mark.parametrize("bad", ["", "with space", "a/b", "x" * 65, "卡片", "a\n"])
def test_a_card_id_that_some_platform_could_not_carry_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="card id"):
        Card(id=bad, title="t")


@pytest.mark.parametrize("bad", ["", "Confirm", "1st", "同意", "a-b", "x" * 41])
def test_an_action_that_is_no_plain_name_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="action name"):
        Button(bad, "同意")


def test_a_card_cannot_offer_one_action_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Card(id="a", title="t", buttons=(Button("ok", "好"), Button("ok", "行")))
