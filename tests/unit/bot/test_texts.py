"""The bot says everything in both languages, with the same facts, and nothing mixed."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from bot.texts import ERRORS, LANGUAGES, Words, units
from bot.understand.units import of_item
from services.kit.errors import KINDS, KuguanError, RemoteError
from services.orders.domain.kinds import KINDS as KINDS_OF_ORDERS
from services.stock.domain import ledger

HAN = re.compile(r"[㐀-鿿]")
ROOT = Path(__file__).parents[3]

# Reasons that never reach a person in a chat: they belong to programs, imports and administration.
NOT_SAID_IN_CHATS = {
    "ALREADY_MOVED", "ALREADY_OPENED", "BROKER_DOWN", "CANNOT_READ", "CANNOT_STAND_IN", "CLIENTS_FILE_WRONG",
    "CREDENTIAL_REFUSED", "DOCUMENT_OF_ORDERS", "DUPLICATE_BARCODE", "DUPLICATE_CODE", "DUPLICATE_ROW",
    "EVENT_TOO_LARGE", "GATE_ENDED", "IDENTITY_UNKNOWN", "LOT_EXPIRY_DIFFERS", "LOT_MISSING",
    "MANAGER_CYCLE",
    "MAY_NOT_VOUCH", "MESSAGE_UNREADABLE", "MORE_THAN_ORDERED", "NAME_MISSING", "NOT_TRACKED", "OWN_RIGHTS",
    "PROMISE_ENDED", "RULE_NOT_WAITING",
    "SECOND_ADMINISTRATOR_NEEDED", "SERIAL_ELSEWHERE", "SERIAL_MISSING", "SERIAL_QUANTITY", "SETTING_INVALID",
    "SETTING_MISSING", "STOCK_HAS_MOVED", "STREAM_DIFFERS", "TOO_MANY_DELEGATIONS", "UNKNOWN_LINE",
}  # fmt: skip


def facts_of(sentence: str) -> set[str]:
    """The names of the facts a sentence has places for."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def errors(kind: type[KuguanError] = KuguanError) -> Iterator[type[KuguanError]]:
    """Every error declared in the services."""
    for error in kind.__subclasses__():
        yield error
        yield from errors(error)


@pytest.fixture(scope="module")
def declared() -> dict[str, type[KuguanError]]:
    """Errors by reason, without the kinds they belong to and those of other tests."""
    for package in ("services.kit", "services.stock", "services.orders", "services.approvals"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    skipped = {*KINDS.values(), RemoteError}
    ours = [error for error in errors() if error not in skipped and error.__module__.startswith("services.")]
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).upper(): error for error in ours}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_movement_has_a_name(language: str) -> None:
    movements = {ledger.OPENING, ledger.OTHER_ISSUE, *(kind.movement for kind in KINDS_OF_ORDERS)}
    assert [movement for movement in movements if f"movement.{movement}" not in LANGUAGES[language]] == []


def test_both_languages_have_the_same_sentences_with_the_same_facts() -> None:
    for tables in (LANGUAGES, ERRORS):
        assert tables["zh"].keys() == tables["en"].keys()
        for key, sentence in tables["zh"].items():
            # Units are Chinese words of the catalogue, so English examples leave them out.
            assert facts_of(sentence) - {"unit"} == facts_of(tables["en"][key]) - {"unit"}, key


def test_no_english_sentence_holds_a_chinese_character() -> None:
    for tables in (LANGUAGES, ERRORS):
        for key, sentence in tables["en"].items():
            assert not HAN.search(sentence), key


def test_every_error_that_can_reach_a_person_has_a_sentence(declared: dict[str, type[KuguanError]]) -> None:
    missing = declared.keys() - ERRORS["zh"].keys() - NOT_SAID_IN_CHATS
    assert not missing
    assert declared.keys() >= NOT_SAID_IN_CHATS, "a reason that is gone need not be listed"


def test_an_error_sentence_asks_only_for_facts_the_error_has(declared: dict[str, type[KuguanError]]) -> None:
    for reason, sentence in ERRORS["zh"].items():
        error = declared.get(reason)
        if error is not None:
            known = set(getattr(error, "__dataclass_fields__", {}))
            assert facts_of(sentence) <= known, reason


def test_every_sentence_the_code_asks_for_is_there() -> None:
    """Literal keys in calls of ``words("…")`` and of ``tell(tx, person, "…")``."""
    asked = set()
    for path in (ROOT / "bot").rglob("*.py"):
        if "understand" in path.parts:
            continue  # says nothing; its words are those of people
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                asked |= {(path.name, key) for key in literal_keys(node)}
    missing = {(name, key) for name, key in asked if key not in LANGUAGES["zh"]}
    assert asked
    assert not missing


def literal_keys(call: ast.Call) -> list[str]:
    """The keys of sentences that a call names literally."""
    name = ast.unparse(call.func)
    position = 2 if name == "tell" else 0
    if not (name == "tell" or name.split(".")[-1] == "words") or len(call.args) <= position:
        return []
    key = call.args[position]
    if isinstance(key, ast.IfExp):
        return [part.value for part in (key.body, key.orelse) if is_key(part)]  # type: ignore[attr-defined]
    return [str(key.value)] if is_key(key) and isinstance(key, ast.Constant) else []


def is_key(node: ast.expr) -> bool:
    """Whether an argument is the literal key of a sentence, not a language."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in LANGUAGES


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("1", "包", "1 pack"),
        ("5", "包", "5 packs"),
        ("−1", "盒", "−1 box"),
        ("0.5", "千克", "0.5 kg"),
        ("2", "个", "2 pcs"),
        ("3", "坛", "3 坛"),
        ("3", "pallet", "3 pallet"),
    ],
)
def test_amounts_are_said_with_the_units_of_the_language(value: str, unit: str, said: str) -> None:
    assert Words("en", ZoneInfo("Asia/Shanghai")).amount(value, unit) == said
    assert Words("zh", ZoneInfo("Asia/Shanghai")).amount(value, unit) == f"{value} {unit}"


def test_the_bot_understands_every_unit_that_it_says_in_english() -> None:
    for unit, words in units._ENGLISH.items():
        for word in words:
            assert of_item(word, (unit,)) == unit, (word, unit)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_ended_without_goods_is_not_called_done(language: str) -> None:
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    done = words("state.ORDER_STATE_FULFILLED")
    for state in ("REJECTED", "CANCELLED", "EXPIRED"):
        assert done not in words(f"state.ORDER_STATE_{state}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_document_is_denied_to_those_who_only_may_not_see_it(language: str) -> None:
    """An approver who decided about it asks too: whose it is says nothing about whether they may see it."""
    said = Words(language, ZoneInfo("Asia/Shanghai"))("order.not_found", reference="1004")
    assert "不能查看" in said or "may not see" in said


@pytest.mark.parametrize(("language", "awaited"), [("zh", "等他人审批"), ("en", "approvers")])
def test_who_agreed_is_told_what_is_waited_for(language: str, awaited: str) -> None:
    assert awaited in Words(language, ZoneInfo("Asia/Shanghai"))("stamp.you_agreed")
