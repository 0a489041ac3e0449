"""Lines: a list of goods with quantities, as 5支黑笔和2个文件夹 or "3 staplers and a box of masks"."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.understand import amounts, grammar, quantities, units
from bot.understand.heard import Heard
from bot.understand.intents import ItemWord, Likeness, Line, Problem
from bot.understand.phrases import Phrases, Place, trim
from bot.understand.quantities import Quantity
from services.kit.words.spelling import has_han

MOST_LINES = 20
"""A longer list is for a form or an import, not for a sentence."""

LONGEST_WORDS = 60
"""Characters of the longest item word that is looked up."""

_SEPARATOR_SIGN = re.compile(r"[,，、;；。\n&+!?]|(?<!\d)\.|\.(?!\d)|/(?!\d)|再(?=[领退还送])")
_AND_SOME = ("零", "又", "外加", "另加")
"""Between the amounts of one thing: 2箱零3包."""
_ABOUT_ALL = re.compile(r"(?:左右|上下|\bor so)[\s,.。吧]*$")
_SETS = ("套", "set", "sets")
"""So many of each: 一套键盘鼠标."""
_GOOD = (Likeness.SURE, Likeness.CHOICE)


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A line as it was said, with the quantity's place, before anything is decided about it."""

    word: ItemWord
    quantity: Quantity | None
    problem: Problem | None = None

    @property
    def is_good(self) -> bool:
        """Whether the words name an item, for sure or as one of a few."""
        return self.word.likeness in _GOOD

    def as_line(self, own_units: dict[str, tuple[str, ...]]) -> Line:
        """The line with the unit in the item's own words where all candidates agree on it."""
        quantity = self.quantity
        problem = self.problem or (quantity.problem if quantity else None)
        if quantity is None or problem is not None:
            return Line(self.word, problem=problem)
        unit = quantity.unit
        if unit is not None:
            meant = {units.of_item(unit, own_units.get(code, ())) for code in self.word.candidates}
            unit = meant.pop() if len(meant) == 1 else units.of_item(unit, ())
        return Line(self.word, quantity.text, unit if quantity.text else None)


def read(heard: Heard, fillers: Phrases) -> list[SaidLine]:
    """All lines in what is left of the sentence; empty when there are none or too many."""
    said: list[SaidLine] = []
    for place in parts(heard):
        if said and (described := _described(heard, place, said[-1])):
            said[-1] = described
            continue
        for line in _part(heard, place, fillers):
            said = _with(said, line)
        if len(said) > MOST_LINES:
            return []
    each = next((line.quantity for line in said if line.quantity and line.quantity.is_each), None)
    return _shared(said, each)


def parts(heard: Heard) -> list[Place]:
    """The sentence cut at separators that stand outside names and numbers."""
    text = heard.text
    cuts = [match.span() for match in _SEPARATOR_SIGN.finditer(text)]
    cuts += [cut for cut in grammar.SEPARATORS.find(text) if text[cut[0] : cut[1]] != "x"]
    numbers = [
        (n.start, n.end) for n in amounts.find(heard.outside_names) if not heard.is_name(n.start, n.end)
    ]
    cuts = sorted(
        cut
        for cut in cuts
        if not heard.is_name(*cut) and not any(start < cut[1] and cut[0] < end for start, end in numbers)
    )
    edges = [(0, 0), *cuts, (len(text), len(text))]
    places = [(one[1], other[0]) for one, other in pairwise(edges)]
    return [place for place in places if any(c.isalnum() for c in text[place[0] : place[1]])]


def _described(heard: Heard, place: Place, last: SaidLine) -> SaidLine | None:
    """领螺栓,M8的: words that end in 的 tell which of the goods in front of them is meant."""
    words = heard.said(*place).strip()
    if not words.endswith("的") or quantities.find(heard, *place):
        return None
    word = heard.resolve(words + last.word.text)
    return replace(last, word=word) if word.likeness is Likeness.SURE else None


def _with(said: list[SaidLine], line: SaidLine) -> list[SaidLine]:
    """The lines with one more; a quantity alone belongs to the line before it, or to all if it says each."""
    if line.word.text:
        return [*_shared(said, line.quantity), line]
    if line.quantity is None or not said:
        return said if line.quantity is None else [*said, line]
    if line.quantity.is_each:
        return _shared(said, line.quantity)
    if said[-1].quantity is None:
        return [*said[:-1], replace(said[-1], quantity=line.quantity)]
    return [*said[:-1], replace(said[-1], problem=Problem.SEVERAL_QUANTITIES)]


def _shared(said: list[SaidLine], quantity: Quantity | None) -> list[SaidLine]:
    """The lines, those without a quantity given this one when it was said for each."""
    if quantity is None or not quantity.is_each:
        return said
    return [one if one.quantity else replace(one, quantity=quantity) for one in said]


def _part(heard: Heard, place: Place, fillers: Phrases) -> list[SaidLine]:
    """The lines of one part: usually one, several where words and quantities take turns."""
    about = _ABOUT_ALL.search(heard.text, *place)
    if about is not None:
        said = _part(heard.without(*about.span()), (place[0], about.start()), fillers)
        return [replace(line, problem=Problem.APPROXIMATE) if line.quantity else line for line in said]
    found = quantities.find(heard, *place)
    words = _words_between(heard, place, found, fillers)
    if not found:
        start, end = words[0] if words else place
        one = quantities.implied(heard, place, (start, end)) if words else None
        if one is None:
            return _without_quantity(heard, words)
        return [_line(heard, [trim(heard.text, (one.end, end), fillers, heard.names)], one)]
    if not words:
        return [_only_quantity(heard, place, found, fillers)]
    if len(found) == 1:
        return _one_quantity(heard, words, found[0])
    if len(found) == len(words) and _take_turns(words, found):
        lines: list[SaidLine] = []
        for word, quantity in zip(words, found, strict=True):
            lines.append(_line(heard, [word], quantity))
        return lines
    return [replace(_line(heard, words, None), problem=Problem.SEVERAL_QUANTITIES)]


def _words_between(heard: Heard, place: Place, found: list[Quantity], fillers: Phrases) -> list[Place]:
    edges = [(place[0], place[0]), *((q.start, q.end) for q in found), (place[1], place[1])]
    gaps = [trim(heard.text, (one[1], other[0]), fillers, heard.names) for one, other in pairwise(edges)]
    return [gap for gap in gaps if gap[0] < gap[1] and heard.text[slice(*gap)].strip() not in _AND_SOME]


def _only_quantity(heard: Heard, place: Place, found: list[Quantity], fillers: Phrases) -> SaidLine:
    """A part without words: its unit may be the thing itself (5本 names nothing, "5 bottles" may)."""
    quantity = found[0]
    if len(found) > 1:
        return SaidLine(ItemWord(""), quantity, Problem.SEVERAL_QUANTITIES)
    if quantity.unit is not None and quantity.unit.isascii() and len(quantity.unit) > 3:
        word = heard.resolve(quantity.unit)
        if word.likeness in _GOOD:
            return SaidLine(word, replace(quantity, unit=None))
    return SaidLine(ItemWord(""), quantity)


def _one_quantity(heard: Heard, words: list[Place], quantity: Quantity) -> list[SaidLine]:
    line = _line(heard, words, quantity)
    is_set = quantity.unit in _SETS and len(words) == 1 and len(_names_alone(heard, words[0])) > 1
    if is_set:
        quantity = replace(quantity, unit=None)
    if is_set or (quantity.is_each and not line.is_good and len(words) == 1):
        return [replace(one, quantity=quantity) for one in _without_quantity(heard, words)]
    if line.is_good or len(words) == 1:
        return [line]
    # "A4纸 5包 火星石": the words around the quantity name two things.
    first, second = (_line(heard, [word], None) for word in words)
    if first.is_good:
        return [replace(first, quantity=quantity), second]
    return [first, replace(second, quantity=quantity)] if second.is_good else [line]


def _take_turns(words: list[Place], found: list[Quantity]) -> bool:
    kinds = [
        kind for _, kind in sorted([(w[0], "word") for w in words] + [(q.start, "number") for q in found])
    ]
    return all(one != other for one, other in pairwise(kinds))


def _without_quantity(heard: Heard, words: list[Place]) -> list[SaidLine]:
    """Words without a quantity: one item, or several with blanks between them when each piece is known."""
    if not words:
        return []
    whole = _line(heard, words, None)
    if not whole.is_good and (names := _names_alone(heard, words[0])):
        return [_line(heard, [name], None) for name in names]
    pieces = whole.word.text.split()
    if whole.is_good or len(pieces) < 2 or len(pieces) > MOST_LINES:
        return [whole]
    apart = [heard.resolve(piece) for piece in pieces]
    if all(word.item and (has_han(word.text) or heard.vocabulary.items.exact(word.text)) for word in apart):
        return [SaidLine(word, None) for word in apart]
    return [whole]


def _names_alone(heard: Heard, place: Place) -> list[Place]:
    """The names where a place holds two or more and nothing else, as in 鼠标键盘."""
    inside = sorted({name for name in heard.names if place[0] <= name[0] and name[1] <= place[1]})
    edges = [place[0], *(edge for name in inside for edge in name), place[1]]
    gaps = [heard.text[one:other] for one, other in zip(edges[::2], edges[1::2], strict=True)]
    return inside if len(inside) > 1 and not "".join(gaps).strip() else []


def _line(heard: Heard, words: list[Place], quantity: Quantity | None) -> SaidLine:
    said = " ".join(" ".join(_unread(heard, place).split()) for place in words)
    said += ")" * (said.count("(") > said.count(")"))
    if len(said) > LONGEST_WORDS:
        return SaidLine(ItemWord(said[:LONGEST_WORDS]), quantity)
    word = heard.resolve(said)
    if quantity is not None and quantity.unit is not None and units.is_size(quantity.unit):
        own = heard.vocabulary.units.get(word.item or "", ())
        if word.item and units.of_item(quantity.unit, own) not in own:
            quantity = None  # a size, as in 500ml洗手液, and no quantity
    named = {name for name in heard.names for place in words if place[0] <= name[0] and name[1] <= place[1]}
    if len(named) > 1 and word.likeness is not Likeness.SURE and quantity is not None:
        # One of several goods would be taken for all of them, and the others be lost.
        return SaidLine(word, quantity, Problem.SEVERAL_QUANTITIES)
    return SaidLine(word, quantity)


def _unread(heard: Heard, place: Place) -> str:
    """The words at a place as written, without what was blanked out between them."""
    start, end = place
    said = heard.sentence.said[start:end]
    return "".join(
        written if kept != " " else " " for written, kept in zip(said, heard.text[start:end], strict=True)
    )
