"""A word index: finds entries by code, name, alias, pinyin, initials, part of a name or slip of the pen."""

from services.kit.words.index import How, Match, Span, WordIndex
from services.kit.words.spelling import compact

__all__ = ["How", "Match", "Span", "WordIndex", "compact"]
