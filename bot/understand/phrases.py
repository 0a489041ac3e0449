"""Phrases: tables of fixed words, found at word boundaries, and sentences made of nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

Place = tuple[int, int]


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


class Phrases:
    """A table of fixed words. A Latin word counts only whole; Chinese has no gaps, so it counts anywhere."""

    def __init__(self, *words: Iterable[str]) -> None:
        self.words: set[str] = set()
        self._lengths_by_first: dict[str, tuple[int, ...]] = {}
        self._lengths_by_last: dict[str, tuple[int, ...]] = {}
        for group in words:
            for word in group:
                self.add(word)

    def add(self, word: str) -> None:
        """Take a word into the table; one that is there already stays once."""
        if word and word not in self.words:
            self.words.add(word)
            for lengths, end in ((self._lengths_by_first, word[0]), (self._lengths_by_last, word[-1])):
                known = {*lengths.get(end, ()), len(word)}
                lengths[end] = tuple(sorted(known, reverse=True))

    def ends(self, text: str, start: int) -> Iterator[int]:
        """The ends of all words of the table that stand at `start`, the longest first."""
        lengths = self._lengths_by_first.get(text[start : start + 1])
        if lengths is None or _is_inside(text, start):
            return
        room = len(text) - start
        for length in lengths:
            if length <= room and text[start : start + length] in self.words:
                end = start + length
                if not _is_cut(text, end):
                    yield end

    def starts(self, text: str, end: int) -> Iterator[int]:
        """The starts of all words of the table that end at `end`, the longest first."""
        lengths = self._lengths_by_last.get(text[end - 1 : end]) if end else None
        if lengths is None or _is_cut(text, end):
            return
        for length in lengths:
            start = end - length
            if start >= 0 and text[start:end] in self.words and not _is_inside(text, start):
                yield start

    def find(self, text: str, kept: Sequence[Place] = ()) -> list[Place]:
        """All places where a word stands, from the left, the longest at each place, never overlapping.

        What overlaps one of the `kept` places is left out: 有没有货架 asks 有没有, not 有没有货.
        """
        found: list[Place] = []
        beginnings, characters = _beginnings(text)
        if self._lengths_by_first.keys().isdisjoint(characters):
            return found
        reached = 0
        for place, character in beginnings:
            if place >= reached and character in self._lengths_by_first:
                end = next((end for end in self.ends(text, place) if _free(place, end, kept)), None)
                if end is not None:
                    found.append((place, end))
                    reached = end
        return found


@lru_cache(maxsize=64)
def _beginnings(text: str) -> tuple[Sequence[tuple[int, str]], frozenset[str]]:
    """Where a word may begin and with what characters; many tables look through the same sentence."""
    found = tuple((place, character) for place, character in enumerate(text) if not _is_inside(text, place))
    return found, frozenset(character for _, character in found)


def _is_inside(text: str, start: int) -> bool:
    """Whether a place is in the middle of a Latin word; a digit in front is no part of it: 5kg, 20pcs."""
    before = text[start - 1 : start]
    return bool(before) and _is_latin(before) and not before.isdigit() and _is_latin(text[start])


def _is_cut(text: str, end: int) -> bool:
    """Whether a Latin word goes on behind a place."""
    return end < len(text) and _is_latin(text[end]) and _is_latin(text[end - 1])


class WholeSentence:
    """Sentences that consist of key words and fillers only, and hold at least one key word.

    So 什么东西要补货 is understood in any order of its words, and one foreign word makes it something else.
    """

    def __init__(self, keys: Phrases, fillers: Phrases) -> None:
        self._keys = keys
        self._fillers = fillers

    def covers(self, text: str) -> bool:
        """Whether the text is such a sentence; blanks and punctuation do not count."""
        reached = [0] * (len(text) + 1)  # per place: 1 reachable without a key, 2 with one
        reached[0] = 1
        for place, character in enumerate(text):
            if not reached[place]:
                continue
            if not character.isalnum():
                reached[place + 1] |= reached[place]
                continue
            for end in self._fillers.ends(text, place):
                reached[end] |= reached[place]
            for end in self._keys.ends(text, place):
                reached[end] |= 2
        return bool(reached[len(text)] & 2)


def trim(text: str, place: Place, fillers: Phrases, kept: Sequence[Place] = ()) -> Place:
    """The narrower place that is left when fillers, blanks and punctuation are taken off both ends.

    What overlaps one of the `kept` places stays: it is somebody's name.
    """
    start, end = place
    while start < end:
        if not text[start].isalnum():
            start += 1
        elif not text[end - 1].isalnum():
            end -= 1
        else:
            after = next((e for e in fillers.ends(text, start) if e <= end and _free(start, e, kept)), None)
            before = next((s for s in fillers.starts(text, end) if s >= start and _free(s, end, kept)), None)
            if after is not None:
                start = after
            elif before is not None:
                end = before
            else:
                break
    return start, end


def _free(start: int, end: int, kept: Sequence[Place]) -> bool:
    return all(end <= first or last <= start for first, last in kept)
