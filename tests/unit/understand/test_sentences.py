"""Sentences: each of the tables' sentences means exactly what the table says, in exactly that shape."""

from typing import Any

import pytest

from bot.understand import Command, Likeness, Vocabulary, understand


def test_a_sentence_means_what_the_table_says(
    said: str, meant: dict[str, Any], vocabulary: Vocabulary
) -> None:
    assert understand(said, vocabulary).as_json() == meant


def test_what_was_said_comes_in_the_order_of_the_samples(vocabulary: Vocabulary) -> None:
    intent = understand("从冷库领3盒牛奶 用于培训", vocabulary)
    assert list(intent.as_json()) == ["command", "lines", "warehouse", "purpose"]
    assert list(intent.as_json()["lines"][0]) == ["item", "quantity", "unit"]  # type: ignore[index]


def test_an_ambiguous_word_offers_at_most_five_choices() -> None:
    many = Vocabulary()
    for number in range(40):
        many.add_item(f"T-{number}", names=(f"螺丝刀{number}号",), units=("把",))
    line = understand("领2把螺丝刀", many).lines[0]
    assert line.word.likeness is Likeness.CHOICE
    assert len(line.word.candidates) == 5
    assert line.word.is_vague


def test_two_items_of_one_name_are_never_decided_between() -> None:
    twins = Vocabulary()
    twins.add_item("A", names=("台灯",))
    twins.add_item("B", names=("台灯",))
    intent = understand("领1个台灯", twins)
    assert intent.command is Command.REQUEST_ISSUE
    assert intent.lines[0].word.item is None
    assert set(intent.lines[0].word.candidates) == {"A", "B"}


def test_a_request_is_clear_only_with_certain_items_and_quantities(vocabulary: Vocabulary) -> None:
    assert understand("领5包A4纸", vocabulary).is_clear
    assert not understand("领A4纸", vocabulary).is_clear
    assert not understand("领5个螺栓", vocabulary).is_clear
    assert not understand("领-5包A4纸", vocabulary).is_clear


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("领2箱A4纸", "箱"),
        ("领2瓶A4纸", "瓶"),
        ("request 2 cases of A4 copy paper", "箱"),
        ("request 2 cans of A4 copy paper", "can"),
    ],
)
def test_a_unit_is_the_items_own_or_stays_as_said(said: str, unit: str, vocabulary: Vocabulary) -> None:
    assert understand(said, vocabulary).lines[0].unit == unit


def test_an_item_called_like_a_verb_does_not_silence_the_verb() -> None:
    real = Vocabulary()
    for code, name in (("1", "SAMPLE"), ("2", "check"), ("3", "CHILLI LIGHTS")):
        real.add_item(code, names=(name,))
    assert understand("check chilli lights stock", real).as_json() == {
        "command": "query_stock",
        "items": ["3"],
    }


@pytest.mark.parametrize(
    "name",
    [
        "SET OF 3 CAKE TINS PANTRY DESIGN",
        "TEA FOR ONE POLKADOT",
        "SALT & PEPPER SET",
        "PADDED HANGERS PINK CHECK",
    ],
)
def test_numbers_and_small_words_inside_a_name_belong_to_the_name(name: str) -> None:
    real = Vocabulary()
    real.add_item("X1", names=(name,))
    assert understand(f"request 4 {name.lower()} for the shop", real).as_json() == {
        "command": "request_issue",
        "lines": [{"item": "X1", "quantity": "4"}],
        "purpose": "the shop",
    }


def test_a_letter_between_chinese_characters_counts_nothing() -> None:
    brand = Vocabulary()
    brand.add_item("T-1", names=("老A剪刀",), units=("把",))
    assert understand("领2箱老A剪刀", brand).as_json()["lines"] == [
        {"item": "T-1", "quantity": "2", "unit": "箱"}
    ]


def test_names_that_are_forgotten_are_no_longer_understood() -> None:
    words = Vocabulary()
    words.add_item("T-1", names=("台灯",), units=("盏",))
    assert understand("台灯库存", words).items[0].item == "T-1"
    words.remove_item("T-1")
    assert understand("台灯库存", words).items[0].item is None
