"""Asides: words beside the goods are told, never dropped, and an amount for each person is no total."""

import pytest

from bot.understand import Command, Hint, Problem, Vocabulary, amount_alone, understand


@pytest.mark.parametrize(
    ("said", "asides"),
    [
        ("帮李霞领5包A4纸", ("帮李霞",)),
        ("替王五领5包A4纸", ("替王五",)),
        ("给行政部领5包A4纸", ("给行政部",)),
        ("领5包A4纸给行政部", ("给行政部",)),
        ("明天领5包A4纸", ("明天",)),
        ("下周一要5包A4纸", ("下周一",)),
        ("5包A4纸,明天要", ("明天要",)),
        ("周五前领5包A4纸", ("周五前",)),
        ("A4纸 要5包 发到门店仓", ("发到门店仓",)),
        ("领5包A4纸到门店仓", ("到门店仓",)),
        ("领5包A4纸,急用", ("急用",)),
        ("明天开会,领5包A4纸", ("明天开会",)),
        ("request 5 packs of A4 copy paper by Friday", ("by Friday",)),
        (
            "request 5 packs of A4 copy paper on behalf of Li Xia by Friday",
            ("on behalf of Li Xia", "by Friday"),
        ),
        ("request 5 packs of A4 copy paper to the front desk", ("to the front desk",)),
    ],
)
def test_what_is_said_beside_the_goods_is_kept_as_it_was_said(
    said: str, asides: tuple[str, ...], vocabulary: Vocabulary
) -> None:
    intent = understand(said, vocabulary)
    assert (intent.command, intent.asides) == (Command.REQUEST_ISSUE, asides)
    (line,) = intent.lines
    assert (line.word.item, line.quantity, line.unit) == ("BG-001", "5", "包")
    assert intent.warehouse is None


def test_where_goods_are_is_not_where_they_go(vocabulary: Vocabulary) -> None:
    assert understand("去冷库领2盒牛奶", vocabulary).warehouse == "LK"
    both = understand("从主仓领2箱可乐送到门店仓", vocabulary)
    assert (both.warehouse, both.asides) == ("ZC", ("送到门店仓",))
    assert understand("退2个鼠标到主仓", vocabulary).warehouse == "ZC"


@pytest.mark.parametrize(
    "said",
    [
        "每人领1包A4纸",
        "各领一包A4纸给每个人",
        "领A4纸每人一包",
        "领A4纸,一人一包",
        "A4纸每个人发2包",
        "领A4纸 人手一包",
        "给每个部门领2包A4纸",
        "one pack of A4 copy paper each for everyone",
        "2 packs of A4 copy paper per person",
        "领A4纸各1包",
    ],
)
def test_an_amount_for_each_person_is_no_total(said: str, vocabulary: Vocabulary) -> None:
    (line,) = understand(said, vocabulary).lines
    assert (line.word.item, line.quantity, line.problem) == ("BG-001", None, Problem.PER_HEAD)


def test_an_amount_for_each_of_several_things_is_one(vocabulary: Vocabulary) -> None:
    for said in ("领A4纸和胶带各5个", "A4纸和胶带各领5个", "A4纸、胶带,各要5个"):
        assert [line.quantity for line in understand(said, vocabulary).lines] == ["5", "5"], said


@pytest.mark.parametrize(
    ("said", "purpose"),
    [
        ("领5包A4纸 用于给<@张三>", "给<@张三>"),
        ("领5包A4纸 用于会议(三楼)", "会议(三楼)"),
        ("领5包A4纸 用于<@U12>的会议。谢谢", "<@U12>的会议"),
        ("领5包A4纸 投标", "投标"),
        ("领5包A4纸,新员工入职", "新员工入职"),
    ],
)
def test_a_purpose_is_kept_to_the_letter(said: str, purpose: str, vocabulary: Vocabulary) -> None:
    assert understand(said, vocabulary).purpose == purpose


def test_two_requests_or_two_sources_in_a_sentence_are_not_mixed(vocabulary: Vocabulary) -> None:
    assert understand("领5包A4纸\n退2个鼠标", vocabulary).problem is Problem.SEVERAL_REQUESTS
    split = understand("从主仓领3包A4纸,从冷库领2盒牛奶", vocabulary)
    assert (split.command, split.problem) == (Command.UNKNOWN, Problem.SEVERAL_WAREHOUSES)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("谢谢", Hint.THANKS),
        ("hello", Hint.GREETING),
        ("同意", Hint.DECISION),
        ("撤回", Hint.WITHDRAWAL),
        ("好的", Hint.ASSENT),
        ("确认!", Hint.ASSENT),
        ("ok", Hint.ASSENT),
        ("发料", Hint.HAND_OVER),
        ("发料 LY1027", Hint.HAND_OVER),
        ("hand over 1027", Hint.HAND_OVER),
        ("今天领导不在", None),
        ("我同意你的看法", None),
    ],
)
def test_a_hint_names_what_a_sentence_is_about_and_asks_for_nothing(
    said: str, hint: Hint | None, vocabulary: Vocabulary
) -> None:
    intent = understand(said, vocabulary)
    assert (intent.command, intent.hint) == (Command.UNKNOWN, hint)
    assert intent.as_json() == {"command": "unknown"}


@pytest.mark.parametrize(
    ("said", "quantity", "unit"),
    [("5支", "5", "支"), ("十二", "12", None), ("要两箱,谢谢", "2", "箱"), ("3 packs please", "3", "pack")],
)
def test_an_amount_alone_answers_how_many(
    said: str, quantity: str, unit: str | None, vocabulary: Vocabulary
) -> None:
    amount = amount_alone(said, vocabulary)
    assert amount is not None
    assert (amount.quantity, amount.unit_of(())) == (quantity, unit)


@pytest.mark.parametrize("said", ["一些", "5到8支", "0", "-3", "每人2支", "5支黑笔", "好的", "5支和3支", ""])
def test_a_doubtful_amount_answers_nothing(said: str, vocabulary: Vocabulary) -> None:
    assert amount_alone(said, vocabulary) is None


@pytest.mark.parametrize(
    "said", ["stick of dynamite", "sock of rice", "quest 5 staplers", "requst 5 unicorns"]
)
def test_a_slip_is_put_right_only_where_the_rest_is_known(said: str, vocabulary: Vocabulary) -> None:
    assert understand(said, vocabulary).command is Command.UNKNOWN


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("send back 3 mice", ("return_to_stock", "3")),
        ("send back 2 boxes of staples, wrong size", ("return_to_stock", "2")),
    ],
)
def test_goods_sent_back_are_no_refusal_of_the_order_with_their_number(
    said: str, meaning: tuple[str, str], vocabulary: Vocabulary
) -> None:
    told = understand(said, vocabulary).as_json()
    assert (told["command"], told["lines"][0].get("quantity")) == meaning  # type: ignore[index]
    for refusal in ("send back 1027", "send back 1027: wrong size", "send back LY1027 wrong size"):
        assert understand(refusal, vocabulary).command is Command.REJECT
