"""What is heard in a sentence before it is understood: the names in it and the warehouse it is about."""

import re
from dataclasses import dataclass, field, replace

from bot.understand import grammar, items
from bot.understand.intents import ItemWord, Likeness
from bot.understand.phrases import Place
from bot.understand.sentence import Sentence, blank
from bot.understand.vocabulary import Vocabulary
from services.kit.words import Span
from services.kit.words.spelling import fold

_QUESTION_PARTICLE = re.compile(r"(?<![什怎那这多要])么(?=[\s?。!,]*$)")
_OR_NOT = re.compile(r"((?:有|能|可以).*[^要是行好能对了])不(?=[\s?。!]*$)")
_OR_NONE = re.compile(r"(有[^\s没]{2,}?\s?)没有(?=[\s?。!]*$)")
_BULLET = re.compile(r"(?:^|\n)[^\S\n]*[-•·]\s*|(?:^|\s)?[①-⑳]\s*")
_NUMBERING = re.compile(r"(?:^|[^\da-z.])\s*\(?(?P<number>\d{1,2})(?:[.)](?!\d)|、)\s*")
_NUMBER_IN_BRACKETS = re.compile(r"\((\d+)\)")
_PAINT = "\u25a0"
SHORTEST_NUMBER_CODE = 5
"""A code of fewer digits alone is read as a number when it stands in a sentence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence with the places of known names. `text` is worked on: what is read is blanked out of it."""

    sentence: Sentence
    vocabulary: Vocabulary
    text: str
    names: tuple[Place, ...] = ()
    source: str | None = None
    destination: str | None = None
    destination_said: str = ""
    is_split: bool = False
    """Whether goods of several warehouses are spoken of."""
    resolved: dict[str, ItemWord] = field(default_factory=dict, compare=False)

    def resolve(self, said: str) -> ItemWord:
        """The items that some words may mean; each is looked up once in a sentence."""
        if said not in self.resolved:
            word = items.resolve(said, self.vocabulary)
            if grammar.NO_ITEM.covers(fold(said)) and not self.vocabulary.items.exact(said):
                word = ItemWord(said)  # "time" stands in many names and names none
            self.resolved[said] = word
        return self.resolved[said]

    def without(self, start: int, end: int) -> "Heard":
        """The same with one place blanked out."""
        return replace(self, text=blank(self.text, start, end))

    def said(self, start: int, end: int) -> str:
        """The words at a place as they were written."""
        return self.sentence.said[start:end].strip()

    def is_name(self, start: int, end: int) -> bool:
        """Whether a place overlaps a known name."""
        return any(start < last and first < end for first, last in self.names)

    @property
    def outside_names(self) -> str:
        """The text with every name painted over, so that LB-002,1,200 holds the number 1,200."""
        text = self.text
        for start, end in self.names:
            text = text[:start] + _PAINT * (end - start) + text[end:]
        return text

    def names_goods(self, start: int, end: int) -> bool:
        """Whether the words at a place mean an item, or one of a few."""
        return self.resolve(self.said(start, end)).likeness in (Likeness.SURE, Likeness.CHOICE)

    @property
    def warehouse(self) -> str | None:
        """The one warehouse that the sentence is about, whether goods are there or shall come there."""
        return self.source or self.destination

    @property
    def is_read(self) -> bool:
        """Whether nothing is left that could mean something."""
        return not any(character.isalnum() for character in self.text)


def hear(sentence: Sentence, vocabulary: Vocabulary) -> Heard:
    """Find item names, which protect the words and numbers in them, and the warehouse, which is taken out."""
    text = _OR_NONE.sub(r"\1吗 ", _QUESTION_PARTICLE.sub("吗", sentence.text))
    text = _NUMBER_IN_BRACKETS.sub(r" \1 ", _without_numbering(_OR_NOT.sub(r"\1吗", text)))
    names = [
        (span.start, span.end)
        for span in vocabulary.items.scan(text)
        if _is_worth_protecting(text[span.start : span.end])
    ]
    heard = Heard(sentence, vocabulary, text, tuple(names))
    places = [span for span in vocabulary.warehouses.scan(text) if not _inside_longer(span, names)]
    if any(len(span.keys) != 1 for span in places):
        return heard
    sources: set[str] = set()
    for span in places:
        if _is_in_purpose(text, span.start):
            continue
        end = span.end - 1 if _is_stock_word(text, span, vocabulary) else span.end
        place = _with_surroundings(text, span.start, end)
        if _is_destination(text, place, span.start):
            said = sentence.said[place[0] : end].strip()
            heard = replace(heard, destination=span.keys[0], destination_said=said)
        else:
            sources.add(span.keys[0])
        heard = heard.without(*place)
    kept = tuple(name for name in names if heard.text[name[0] : name[1]].strip())
    source = next(iter(sources)) if len(sources) == 1 else None
    return replace(heard, names=kept, source=source, is_split=len(sources) > 1)


def _without_numbering(text: str) -> str:
    """The text without the marks of a list's lines: 1. 2. 3. or ①②③, when it begins with the first."""
    marks = [(match.start(), match.end()) for match in _BULLET.finditer(text)]
    if not marks:
        for match in _NUMBERING.finditer(text):
            if int(match["number"]) == len(marks) + 1:
                marks.append((match.start() if match[0][0] in "\n 1(" else match.start() + 1, match.end()))
    if len(marks) < 2 or marks[0][0]:
        return text
    for start, end in marks:
        # What stood between two lines on one row goes on separating them.
        text = text[:start] + (";" if start else " ") + " " * (end - start - 1) + text[end:]
    return text


def _is_worth_protecting(name: str) -> bool:
    if name.isdigit():
        return len(name) >= SHORTEST_NUMBER_CODE
    return name not in grammar.GRAMMAR_WORDS


def _inside_longer(span: Span[str], names: list[Place]) -> bool:
    return any(
        start <= span.start and span.end <= end and end - start > span.end - span.start
        for start, end in names
    )


def _is_stock_word(text: str, span: Span[str], vocabulary: Vocabulary) -> bool:
    """主仓库存 is the 库存 of 主仓, not something of 主仓库."""
    ends_in_stock = text[span.end - 1 : span.end + 1] == "库存"
    return ends_in_stock and bool(vocabulary.warehouses.exact(text[span.start : span.end - 1]))


def _is_in_purpose(text: str, name: int) -> bool:
    """用于门店开业 names what goods are for; a warehouse behind a comma is one again."""
    clause = re.split(r"[,，。;；\n]", text[:name])[-1]
    return bool(grammar.STRONG_PURPOSE.find(clause)) and not clause.rstrip().endswith(
        ("从", "由", "from the", "from")
    )


def _is_destination(text: str, place: Place, name: int) -> bool:
    """发到门店仓 is where goods go; 去冷库领 is where they are, and 领5包A4纸到门店仓 where they go."""
    opening = text[place[0] : name].strip()
    if opening in grammar.DESTINATIONS.words:
        return True
    is_last = not any(character.isalnum() for character in text[place[1] :])
    return opening in grammar.DESTINATIONS_AT_THE_END.words and is_last and bool(text[: place[0]].strip())


def _with_surroundings(text: str, start: int, end: int) -> Place:
    """The warehouse with the words around it, as in 从冷库里 or "in the cold store"."""
    behind = end
    while (after := next(grammar.BEHIND_PLACE.ends(text, behind), None)) is not None:
        behind = after
        while behind < len(text) and text[behind] == " ":
            behind += 1
    before = len(text[:start].rstrip(" "))
    opening = next(grammar.BEFORE_PLACE.starts(text, before), None)
    return (start if opening is None else opening), behind
