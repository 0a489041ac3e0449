"""The word index: entries are found by what people call them, and nothing is found that is not meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.words import How, WordIndex, compact


@pytest.fixture
def index() -> WordIndex[str]:
    """A dozen things of an office and a workshop."""
    words: WordIndex[str] = WordIndex()
    words.add("stapler", codes=["BG-005"], barcodes=["2000000000053"], names=["订书机", "Stapler"])
    words.add("staples", names=["订书钉", "Staples"])
    words.add("black", names=["中性笔(黑)", "Gel pen, black"], aliases=["黑笔", "签字笔"])
    words.add("red", names=["中性笔(红)", "Gel pen, red"], aliases=["红笔"])
    words.add("m8", codes=["WJ-001"], names=["内六角螺栓M8", "Hex socket bolt M8"], aliases=["M8螺栓"])
    words.add("m6", codes=["WJ-002"], names=["内六角螺栓M6", "Hex socket bolt M6"], aliases=["M6螺栓"])
    words.add("paper", names=["A4打印纸", "A4 copy paper"])
    words.add("toner", names=["硒鼓"], aliases=["打印机硒鼓"])
    words.add("helmet", names=["安全帽", "Safety helmet"])
    words.add("lantern", codes=["71053"], names=["WHITE METAL LANTERN"])
    words.add("weights", names=["重量砝码"])
    return words


@pytest.mark.parametrize(
    ("text", "key", "how"),
    [
        ("BG-005", "stapler", How.CODE),
        ("bg005", "stapler", How.CODE),
        ("ＢＧ－００５", "stapler", How.CODE),
        ("2000000000053", "stapler", How.BARCODE),
        ("订书机", "stapler", How.NAME),
        ("STAPLERS", "stapler", How.NAME),
        ("staples", "staples", How.NAME),
        ("签字笔", "black", How.ALIAS),
        ("a4 打印纸", "paper", How.NAME),
        ("Ａ４ Copy-Papers", "paper", How.NAME),
        ("dingshuji", "stapler", How.PINYIN),
        ("ding shu ji", "stapler", How.PINYIN),
        ("dsj", "stapler", How.INITIALS),
        ("a4dyz", "paper", How.INITIALS),
        ("zhongliangfama", "weights", How.PINYIN),
        ("订书鸡", "stapler", How.TYPO),
        ("西古", "toner", How.TYPO),
        ("staplr", "stapler", How.TYPO),
        ("书订机", "stapler", How.TYPO),
        ("lantren", "lantern", How.TYPO),
        ("螺栓M8", "m8", How.CONTAINS),
        ("metal lanterns", "lantern", How.CONTAINS),
        ("黑中性笔", "black", How.CONTAINS),
        ("red pens", "red", How.CONTAINS),
        ("六角罗栓", "m8", How.TYPO),
    ],
)
def test_an_entry_is_found_by_what_it_is_called(text: str, key: str, how: How, index: WordIndex[str]) -> None:
    best = index.find(text)[0]
    assert (best.key, best.how) == (key, how)


@pytest.mark.parametrize("text", ["螺栓", "luoshuan", "hex socket bolt", "neiliujiaoluoshuan"])
def test_a_word_for_several_entries_gives_them_all_with_equal_scores(
    text: str, index: WordIndex[str]
) -> None:
    found = index.find(text)
    assert {match.key for match in found} == {"m8", "m6"}
    assert len({match.score for match in found}) == 1


@pytest.mark.parametrize(
    "text", ["", "!!", "火星石", "M7螺栓", "A5打印纸", "领带", "unicorn", "a", "x" * 5000, "\ud800", "笔记本"]
)
def test_nothing_is_found_where_nothing_is_meant(text: str, index: WordIndex[str]) -> None:
    assert index.find(text) == []


@pytest.mark.parametrize("text", ["安全带", "打印机"])
def test_another_thing_with_a_similar_name_is_no_good_likeness(text: str, index: WordIndex[str]) -> None:
    assert all(match.score < 70 for match in index.find(text))


def test_an_entry_can_be_replaced_and_removed(index: WordIndex[str]) -> None:
    index.add("helmet", names=["头盔"])
    assert index.find("安全帽") == []
    assert [match.key for match in index.find("头盔")] == ["helmet"]
    index.remove("helmet")
    index.remove("helmet")
    assert index.find("头盔") == []
    assert "helmet" not in index


def test_a_scan_finds_names_at_their_places_and_whole_words_only(index: WordIndex[str]) -> None:
    text = "领M8螺栓3个, 2 white  metal lanterns, BG-005 and staplerish"
    spans = index.scan(text)
    assert [(text[span.start : span.end], span.keys) for span in spans] == [
        ("M8螺栓", ("m8",)),
        ("white  metal lanterns", ("lantern",)),
        ("BG-005", ("stapler",)),
    ]


def test_a_long_list_gives_no_more_than_the_limit() -> None:
    many: WordIndex[int] = WordIndex()
    for number in range(2_000):
        many.add(number, names=[f"不锈钢螺丝刀{number}号", f"screwdriver {number}"])
    assert len(many.find("螺丝刀", limit=5)) == 5
    assert len(many.find("screwdrivers", limit=5)) == 5
    assert [match.key for match in many.find("screwdriver 1234")] == [1234]


WORDS = st.text("abcde 螺栓订书机纸A4-", min_size=1, max_size=8)


@given(entries=st.lists(WORDS, max_size=12), text=st.text(max_size=30) | WORDS)
@settings(max_examples=200, deadline=None)
def test_every_entry_is_found_by_its_own_name(entries: list[str], text: str) -> None:
    words: WordIndex[int] = WordIndex()
    for number, name in enumerate(entries):
        words.add(number, names=[name])
    for number, name in enumerate(entries):
        if compact(name):
            assert number in {match.key for match in words.exact(name)}
            assert words.find(name, limit=20)[0].score == 100
    assert all(0 < match.score <= 100 for match in words.find(text))


@given(text=st.text(max_size=60))
@settings(max_examples=300)
def test_the_compact_form_forgets_case_and_width(text: str) -> None:
    once = compact(text)
    assert compact(f" {text}! ") == once
    assert compact(text.replace(" ", "  ")) == once


def test_the_initials_of_what_stands_in_front_of_a_bracket_are_enough(index: WordIndex[str]) -> None:
    found = index.find("zxb")
    assert {match.key for match in found} == {"black", "red"}
    assert {match.how for match in found} == {How.INITIALS}
    assert {match.key for match in index.find("nljls")} == {"m8", "m6"}


def test_of_many_names_that_hold_a_word_heads_come_first_and_then_the_shortest() -> None:
    many: WordIndex[str] = WordIndex()
    for number in range(40):
        many.add(f"part-{number}", names=[f"螺丝刀头{'长' * (40 - number)}"])
    for number in range(3):
        many.add(f"head-{number}", names=[f"{'大' * (9 - number)}螺丝刀"])
    keys = [match.key for match in many.find("螺丝刀", limit=6)]
    assert keys == ["head-2", "head-1", "head-0", "part-39", "part-38", "part-37"]


@pytest.mark.parametrize("said", ["色黑中性笔", "打a4印纸", "笔黑中性"])
def test_every_character_in_another_order_is_found_whichever_is_looked_at_first(said: str) -> None:
    words: WordIndex[str] = WordIndex()
    words.add("pen", names=["中性笔(黑色)"])
    words.add("paper", names=["A4打印纸"])
    words.add("other", names=["中性洗涤剂"])
    assert [match.key for match in words.find(said)][:1] == ["paper" if "纸" in said else "pen"]


def test_only_names_that_hold_the_text_are_told_where_no_more_is_asked(index: WordIndex[str]) -> None:
    assert [match.key for match in index.holding("打印")] == ["paper", "toner"]
    assert [match.key for match in index.holding("copy paper")] == ["paper"]
    assert index.holding("白黑") == index.holding("zxb") == index.holding("") == []
