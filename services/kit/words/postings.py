"""Postings: which phrases hold a word, a pair of characters or a character, so that few are looked at."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice, pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.kit.words.pinyin import syllables
from services.kit.words.spelling import is_han

SCAN_LIMIT = 500
"""Most phrases that one look-up compares letter by letter; a more frequent word says nothing alone."""

SHORTEST_CORRECTED = 5
"""Letters of the shortest Latin word that is corrected: "take" is no slip for "tape"."""

JOIN_LIMIT = 10_000
"""Most phrases of one word that are compared by number with those of another."""

NEAR_WORDS = 3
"""Most corrections that are tried for one misspelt Latin word."""


class Postings:
    """Inverted lists over phrase numbers; numbers are only ever added, the reader skips dead ones."""

    def __init__(self) -> None:
        self._words: dict[str, array[int]] = {}
        self._pairs: dict[str, array[int]] = {}
        self._characters: dict[str, array[int]] = {}
        self._longest = 0
        self._spellings: dict[str, list[str]] = {}
        self._sounds: dict[str, array[int]] = {}
        self.syllables: set[str] = set()

    def add(self, number: int, parts: list[str]) -> None:
        """Note the phrase `number`, given as its Latin words and rows of Chinese characters."""
        length = sum(map(len, parts))
        self._longest = max(self._longest, length)
        for part in parts:
            if not is_han(part[0]):
                self._add_word(part, number)
                continue
            said = syllables(part)
            self.syllables.update(said)
            _note(self._sounds, map(" ".join, pairwise(said)), number)
            _note(self._pairs, map("".join, pairwise(part)), number)
            _note(self._characters, [f"{character}{length}" for character in set(part)], number)

    def _add_word(self, word: str, number: int) -> None:
        if word not in self._words and len(word) > 2 and word.isalpha():
            for pair in _pairs_of(word):
                self._spellings.setdefault(pair, []).append(word)
        _note(self._words, (word,), number)

    def knows(self, word: str) -> bool:
        """Whether a Latin word occurs in any phrase."""
        return word in self._words

    def holding_all(self, parts: list[str]) -> list[int]:
        """Phrases that may hold every part: those of the rarest word or pair, at most SCAN_LIMIT."""
        lists: list[array[int]] = []
        for part in parts:
            if not is_han(part[0]):
                lists.append(self._words.get(part, _NOTHING))
            else:
                lists += [self._pairs.get(a + b, _NOTHING) for a, b in pairwise(part)]
        if len(lists) > 1:
            rarest, second = sorted(lists, key=len)[:2]
            if len(rarest) > SCAN_LIMIT:
                both = set(second[:JOIN_LIMIT]).intersection(rarest[:JOIN_LIMIT])
                return sorted(both)[:SCAN_LIMIT]
            return rarest.tolist()
        if lists:
            return lists[0][:SCAN_LIMIT].tolist()
        lists = self._of_lengths(parts[0], range(1, self._longest + 1))
        return list(islice(chain.from_iterable(lists), SCAN_LIMIT))

    def _of_lengths(self, character: str, lengths: range) -> list[array[int]]:
        keys = (f"{character}{length}" for length in lengths)
        return [self._characters[key] for key in keys if key in self._characters]

    def sharing_some(self, parts: list[str]) -> list[int]:
        """Phrases that share the rarest known pair of Chinese characters or Latin word with the parts."""
        lists = [self._words[part] for part in parts if part in self._words]
        for part in parts:
            pairs = (a + b for a, b in pairwise(part) if is_han(a))
            lists += [self._pairs[pair] for pair in pairs if pair in self._pairs]
        return min(lists, key=len)[:SCAN_LIMIT].tolist() if lists else []

    def sounding_like(self, said: list[str]) -> list[int]:
        """Phrases that may hold these syllables in a row: those of the rarest pair, at most SCAN_LIMIT."""
        lists = [self._sounds.get(f"{a} {b}", _NOTHING) for a, b in pairwise(said)]
        return min(lists, key=len)[:SCAN_LIMIT].tolist() if lists else []

    def near_length(self, text: str) -> set[int]:
        """Phrases at most one character longer or shorter sharing one of the two rarest Chinese characters.

        One slip spoils one character, so of any two at least one is right.
        """
        lengths = range(len(text) - 1, len(text) + 2)
        rows = [self._of_lengths(character, lengths) for character in set(filter(is_han, text))]
        rows.sort(key=lambda row: sum(map(len, row)))
        return set(islice(chain.from_iterable(chain.from_iterable(rows[:2])), SCAN_LIMIT))

    def near_words(self, word: str) -> list[tuple[str, int]]:
        """Known Latin words one slip away (two from eight letters on), nearest first, with their distance.

        The distance is 2 for each slip, but 1 for a vowel left out, a letter doubled or two letters swapped.
        """
        if not word.isalpha() or len(word) < SHORTEST_CORRECTED:
            return []
        allowed = 1 if len(word) < 8 else 2
        lists = [self._spellings[pair] for pair in set(_pairs_of(word)) if pair in self._spellings]
        lists.sort(key=len)
        # A slip spoils at most three of the pairs, so one of the rarest 3·slips + 1 is right.
        rare = lists[: 3 * allowed + 1]
        candidates = {near for row in rare for near in row if abs(len(near) - len(word)) <= allowed}
        if len(word) < 6:
            candidates = {near for near in candidates if near[0] == word[0]}
        found = process.extract(
            word, candidates, scorer=OSA.distance, processor=None, score_cutoff=allowed, limit=4 * NEAR_WORDS
        )
        weighed = [(near, 2 * int(slips) - _is_light_slip(word, near)) for near, slips, _ in found]
        return sorted(weighed, key=lambda pair: (pair[1], pair[0]))[:NEAR_WORDS]


_NOTHING: array[int] = array("I")


def _note(postings: dict[str, array[int]], keys: Iterable[str], number: int) -> None:
    for key in keys:
        row = postings.get(key)
        if row is None:
            postings[key] = array("I", (number,))
        else:
            row.append(number)


def _is_light_slip(written: str, meant: str) -> bool:
    if sorted(written) == sorted(meant):
        return True
    skeleton = str.maketrans("", "", "aeiou")
    if len(written) < len(meant):
        return written.translate(skeleton) == meant.translate(skeleton)
    return [letter for letter, _ in groupby(written)] == [letter for letter, _ in groupby(meant)]


def _pairs_of(word: str) -> Iterator[str]:
    marked = f"^{word}$"
    return (marked[place : place + 2] for place in range(len(marked) - 1))
