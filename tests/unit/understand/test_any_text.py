"""Any text: whatever is typed, pasted or attacked with, the answer comes, is small and invents nothing."""

import json
import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.understand import Command, Problem, Vocabulary, understand
from bot.understand.sentence import LONGEST_SENTENCE, read

WORDS = """
    领 领用 退 样品 送客户 同意 驳回 撤销 LY88 88 进度 库存 还有多少 流水 A4纸 黑笔 M8螺栓 6204轴承
    螺栓 火星石
    5包 两箱 -3个 0 半 一百二十 x2 和 、 , ， 用于 会议 因为 冷库 LK 谢谢 请 吗 ? 我要 不要 了 request need
    staplers a dozen boxes of and for return NaN 1e999 ٣ 各 左右
"""
PIECES = st.sampled_from(WORDS.split())
SENTENCES = st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=14).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=LONGEST_SENTENCE + 40)


@given(text=ANYTHING | SENTENCES)
@settings(max_examples=400, deadline=None)
@example(text="\ud800\udfff" * 50)
@example(text="领5包A4纸\u202e\u0000用于会议")
@example(text="é" * 300)
def test_any_text_has_a_bounded_answer(text: str, vocabulary: Vocabulary) -> None:
    intent = understand(text, vocabulary)
    said = intent.as_json()
    assert len(json.dumps(said)) < 20_000
    assert len(intent.lines) <= 20
    for line in intent.lines:
        assert len(line.word.candidates) <= 5
        assert line.quantity is None or re.fullmatch(r"\d{1,12}(\.\d{1,9})?", line.quantity)
        assert line.quantity is None or float(line.quantity) > 0
        assert line.quantity is None or line.problem is None


@given(text=SENTENCES)
@example(text="还有多少 staplers boxes")
@settings(max_examples=200, deadline=None)
def test_width_and_case_change_no_meaning(text: str, vocabulary: Vocabulary) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text.upper())
    plain, other = understand(text, vocabulary), understand(wide, vocabulary)
    assert other.command is plain.command
    assert [line.quantity for line in other.lines] == [line.quantity for line in plain.lines]
    assert [word.candidates for word in other.items] == [word.candidates for word in plain.items]


@given(text=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_a_sentence_and_its_folded_text_keep_the_same_places(text: str) -> None:
    sentence = read(text)
    assert len(sentence.said) == len(sentence.text)
    assert not any(unicodedata.category(c) in ("Cs", "Cf") for c in sentence.said)
    assert read(sentence.said) == sentence


@given(text=SENTENCES)
@example(text="领 A4纸 了 了 了")
@settings(max_examples=200, deadline=None)
def test_everything_quoted_was_said(text: str, vocabulary: Vocabulary) -> None:
    intent = understand(text, vocabulary)
    for quoted in (intent.purpose, intent.reason):
        # What was said in two places stands beside each other.
        assert all(part in read(text).said for part in (quoted or "").split(", "))
    if intent.reference is not None:
        assert re.sub(r"\D", "", intent.reference) in text


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\0" * 400, "🎉" * 300, "\u202e" * 300, "\ud800" * 300, "。。。", "\u0301" * 400]
)
def test_text_without_words_is_unknown(text: str, vocabulary: Vocabulary) -> None:
    assert understand(text, vocabulary).command is Command.UNKNOWN


@pytest.mark.parametrize("text", ["领" * 501, "A4纸" * 400_000, " " * 501])
def test_a_text_that_is_too_long_is_not_read(text: str, vocabulary: Vocabulary) -> None:
    intent = understand(text, vocabulary)
    assert (intent.command, intent.problem) == (Command.UNKNOWN, Problem.TOO_LONG)


@pytest.mark.parametrize(
    "repeated",
    ["领5包", "A4纸", "领5包A4纸,", "9,", "和", "还有多少", "a ", "x2", "LY88 ", "half a ", "用于"],
)
def test_a_sentence_of_one_word_repeated_is_answered(repeated: str, vocabulary: Vocabulary) -> None:
    assert understand(repeated * (LONGEST_SENTENCE // len(repeated)), vocabulary).command in Command
