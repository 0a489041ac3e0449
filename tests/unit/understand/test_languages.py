"""Languages: a sentence tells its own, a number, a code or a button's word tells none."""

import pytest

from bot.understand.languages import language_of, wanted_language


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("领5包A4纸", "zh"),
        ("need 3 mice", "en"),
        ("5 packs of A4 paper", "en"),
        ("two boxes of masks", "en"),
        ("make it 4", "en"),
        ("mouse broken", "en"),
        ("how many masks", "en"),
        ("help", "en"),
        ("approve 1027", "en"),
        ("ok", None),
        ("1", None),
        ("cancel", None),
        ("Confirm", None),
        ("BG-001", None),
        ("xsq", None),
        ("wo yao 5 bao A4 zhi", None),
        ("", None),
    ],
)
def test_a_sentence_tells_its_language_or_nothing(said: str, language: str | None) -> None:
    assert language_of(said) == language


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("切换成英文", "en"),
        ("说英文", "en"),
        ("speak English please", "en"),
        ("can we use English", "en"),
        ("用中文回复", "zh"),
        ("switch to Chinese", "zh"),
        ("I need an English book", None),
        ("领1本英文词典", None),
    ],
)
def test_a_language_is_asked_for_by_a_whole_sentence(said: str, language: str | None) -> None:
    assert wanted_language(said) == language
