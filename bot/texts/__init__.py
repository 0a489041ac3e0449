"""What the bot says, in the person's language: one table of sentences for each language, same keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from bot.texts import chats_en, chats_zh, en, errors_en, errors_zh, zh
from bot.texts.units import in_english
from services.kit.errors import KuguanError

LANGUAGES = {"zh": zh.SENTENCES | chats_zh.SENTENCES, "en": en.SENTENCES | chats_en.SENTENCES}
ERRORS = {"zh": errors_zh.ERRORS, "en": errors_en.ERRORS}
DEFAULT = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language, and how it writes amounts, lists and times."""

    language: str
    zone: ZoneInfo

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence with its facts filled in."""
        return LANGUAGES[self.language][key].format(**facts)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in LANGUAGES[self.language]

    def platform(self, name: str) -> str:
        """What people call a chat product; its own name for one we have no word for."""
        return self(f"platform.{name}") if self.has(f"platform.{name}") else name

    def error(
        self, error: KuguanError, names: Mapping[str, Callable[[str], str]] = MappingProxyType({})
    ) -> str:
        """What went wrong and what to do, by the error's reason; ``names`` turns codes in facts into names."""
        table = ERRORS[self.language]
        named = {fact: names[fact](value) if fact in names else value for fact, value in error.facts.items()}
        sentence = table.get(error.reason) or table["UNREACHABLE" if error.kind == "unreachable" else "OTHER"]
        return sentence.format_map(_Facts(named, error.reason))

    def join(self, parts: list[str]) -> str:
        """Things in a row."""
        return ("、" if self.language == "zh" else ", ").join(parts)

    def amount(self, value: str, unit: str) -> str:
        """A quantity with its unit."""
        return f"{value} {self.unit(unit, value)}".strip()

    def unit(self, unit: str, value: str = "1") -> str:
        """The unit of a quantity."""
        return in_english(value, unit) if self.language == "en" else unit

    def money(self, money: Money) -> str:
        """An amount of money with two decimal places."""
        cents = money.units * 100 + (abs(money.nanos) + 5_000_000) // 10_000_000 * (
            -1 if money.nanos < 0 else 1
        )
        return f"¥{cents // 100:,}.{cents % 100:02d}"

    def clock(self, moment: Timestamp) -> str:
        """A time of day at the company."""
        return moment.ToDatetime(tzinfo=UTC).astimezone(self.zone).strftime("%H:%M")

    def day_clock(self, moment: Timestamp) -> str:
        """A day with a time at the company."""
        return moment.ToDatetime(tzinfo=UTC).astimezone(self.zone).strftime("%m-%d %H:%M")


class _Facts(dict[str, str]):
    """Facts for a sentence: one that is missing must not hide the error it belongs to."""

    def __init__(self, facts: dict[str, str], reason: str) -> None:
        super().__init__(facts)
        self.setdefault("reason", reason)

    def __missing__(self, name: str) -> str:
        return "?"
