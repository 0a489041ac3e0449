"""The index itself: entries in, scored matches out; whether a match is good enough, the caller decides."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest
from itertools import islice, product
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.kit.words import pinyin
from services.kit.words.postings import Postings
from services.kit.words.spelling import as_written, compact, has_han, is_han, runs, singular, tokens

Key = TypeVar("Key", bound=Hashable)

BEST_PHRASES = 24
"""Phrases kept of a vague search; an entry may own several, so more than the answers wanted."""

LONGEST_PHRASE = 120
"""Letters and characters of the longest phrase that is indexed or looked up; the rest is cut off."""

SHORTEST_INITIALS = 3
"""Characters of the shortest name in front of a bracket that is found by its initials alone."""

OPENING = 3
"""A scan gives up a place as soon as no phrase opens with these first letters."""

EXACT, ALIAS, PINYIN, INITIALS, HOMOPHONE, SWAPPED = 100, 99, 95, 90, 88, 80
NEAR_HOMOPHONE = 78
HEAD, PART, LOOSE, NEAR = 70, 50, 45, 40
"""Scores, 0 to 100. HEAD, PART and LOOSE grow by up to 19 with the share of the phrase that was written."""


class How(StrEnum):
    """How the text and the entry met, best first."""

    CODE = "code"
    BARCODE = "barcode"
    NAME = "exact name"
    ALIAS = "alias"
    PINYIN = "pinyin"
    INITIALS = "initials"
    CONTAINS = "contains"
    TYPO = "typo"


@dataclass(frozen=True, slots=True)
class Match(Generic[Key]):
    """One entry that the text may mean; the score runs from 0 to 100 and 70 or more is a good likeness."""

    key: Key
    score: int
    how: How


@dataclass(frozen=True, slots=True)
class Span(Generic[Key]):
    """A place in a text where something is written exactly as it is called."""

    start: int
    end: int
    keys: tuple[Key, ...]


class _Entry(NamedTuple):
    codes: tuple[str, ...]
    phrases: tuple[int, ...]


class WordIndex(Generic[Key]):
    """Finds entries by what people call them.

    Adding and replacing cost some microseconds per word, so that an index follows its source live;
    a look-up among 100,000 entries costs well under two milliseconds. Not safe for threads that write.
    """

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._entries: dict[Key, _Entry] = {}
        self._codes: dict[str, dict[Key, How]] = {}
        self._phrases: list[str] = []
        self._parts: list[str] = []
        self._lengths: list[int] = []
        self._holders: list[dict[Key, How]] = []
        self._numbers: dict[str, int] = {}
        self._sounds: dict[str, list[int]] = {}
        self._initials: dict[str, list[int]] = {}
        self._openings: set[str] = set()
        self._postings = Postings()
        self._longest = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[Key]:
        return iter(self._entries)

    def add(
        self,
        key: Key,
        *,
        codes: Iterable[str] = (),
        barcodes: Iterable[str] = (),
        names: Iterable[str] = (),
        aliases: Iterable[str] = (),
    ) -> None:
        """Index an entry under everything it is called; an entry with this key is replaced.

        Codes and barcodes match as a whole only; names and aliases also by sound, part and slip.
        Words without any letter or digit are ignored.
        """
        self.remove(key)
        kept_codes: list[str] = []
        for how, texts in ((How.CODE, codes), (How.BARCODE, barcodes)):
            for text in texts:
                if code := compact(text):
                    self._codes.setdefault(code, {}).setdefault(key, how)
                    self._openings.add(code[:OPENING])
                    self._longest = max(self._longest, len(code))
                    kept_codes.append(code)
        numbers: list[int] = []
        for how, texts in ((How.NAME, names), (How.ALIAS, aliases)):
            for text in texts:
                number = self._phrase(text)
                if number is not None:
                    self._holders[number].setdefault(key, how)
                    numbers.append(number)
        self._entries[key] = _Entry(tuple(kept_codes), tuple(numbers))

    def remove(self, key: Key) -> None:
        """Forget an entry; an unknown key is no error. Its words stay indexed without an owner."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        for code in entry.codes:
            owners = self._codes.get(code, {})
            owners.pop(key, None)
            if not owners:
                self._codes.pop(code, None)
        for number in entry.phrases:
            self._holders[number].pop(key, None)

    def _phrase(self, text: str) -> int | None:
        """The number of a phrase, indexing it when it is new; None when it holds no letter."""
        parts = runs(text[:LONGEST_PHRASE])
        phrase = "".join(parts)
        if not phrase:
            return None
        known = self._numbers.get(phrase)
        if known is not None:
            return known
        number = len(self._phrases)
        self._numbers[phrase] = number
        self._phrases.append(phrase)
        self._lengths.append(len(phrase))
        self._parts.append(f" {' '.join(parts)} ")
        self._holders.append({})
        self._openings.add(phrase[:OPENING])
        self._longest = max(self._longest, len(phrase))
        self._postings.add(number, parts)
        if has_han(phrase):
            for sound, initials in pinyin.readings(parts):
                self._sounds.setdefault(pinyin.soften(sound), []).append(number)
                self._initials.setdefault(initials, []).append(number)
            if len(parts) > 1 and len(parts[0]) >= SHORTEST_INITIALS and is_han(parts[0][0]):
                # 中性笔(黑) is zxb to most people.
                for _, initials in pinyin.readings(parts[:1]):
                    self._initials.setdefault(initials, []).append(number)
        return number

    def exact(self, text: str) -> list[Match[Key]]:
        """Entries whose code, barcode, name or alias is this text, whatever its case, width or plural."""
        return self._exact(compact(text))

    def _exact(self, phrase: str) -> list[Match[Key]]:
        found = {
            key: Match(key, EXACT if how is How.NAME else ALIAS, how)
            for key, how in self._holders_of(self._numbers.get(phrase))
        }
        found |= {key: Match(key, EXACT, how) for key, how in self._codes.get(phrase, {}).items()}
        return list(found.values())

    def _holders_of(self, number: int | None) -> list[tuple[Key, How]]:
        return [] if number is None else list(self._holders[number].items())

    def find(self, text: str, limit: int = 6) -> list[Match[Key]]:
        """The entries that the text may mean, best first, at most `limit`.

        The stages go from certain to vague and the first that finds something ends the search:
        exact writing, sound, initials or part of a name, slip.
        """
        parts = runs(text[: LONGEST_PHRASE + 1])
        phrase = "".join(parts)
        if not phrase or len(phrase) > LONGEST_PHRASE:
            return []
        found = self._exact(phrase) or self._by_sound(parts, phrase)
        if not found:
            found = self._by_initials(as_written(text)) + self._by_part(parts, phrase)
        if not found:
            found = self._by_slip(parts, phrase)
        best: dict[Key, Match[Key]] = {}
        for match in sorted(found, key=lambda match: -match.score):
            best.setdefault(match.key, match)
        return list(best.values())[:limit]

    def _matches(self, numbers: Iterable[int], score: int, how: How) -> list[Match[Key]]:
        return [Match(key, score, how) for number in numbers for key in self._holders[number]]

    def _best(self, scored: list[tuple[int, int]], how: How) -> list[Match[Key]]:
        """Matches of the best (score, phrase number) pairs; the others could never be among the answers."""
        best = nlargest(BEST_PHRASES, scored, key=itemgetter(0))
        return [Match(key, score, how) for score, number in best for key in self._holders[number]]

    def _by_sound(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        """Same pinyin: typed as pinyin, or written with other characters that sound alike."""
        if not has_han(phrase):
            numbers = self._sounds.get(pinyin.soften(phrase), ())
            return self._matches((n for n in numbers if self._sounds_as(n, phrase)), PINYIN, How.PINYIN)
        found: list[Match[Key]] = []
        for sound, _ in pinyin.readings(parts):
            for number in self._sounds.get(pinyin.soften(sound), ()):
                score = HOMOPHONE if self._sounds_as(number, sound) else NEAR_HOMOPHONE
                found += self._matches((number,), score, How.TYPO)
        return found

    def _sounds_as(self, number: int, sound: str) -> bool:
        return any(sound == reading for reading, _ in pinyin.readings(self._parts[number].split()))

    def _by_initials(self, phrase: str) -> list[Match[Key]]:
        return self._matches(self._initials.get(phrase, ()), INITIALS, How.INITIALS)

    def _by_part(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        return self._by_whole_part(parts, phrase) or self._by_loose_part(parts, phrase)

    def _by_whole_part(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        """Names of which the text is a part: word by word, row of characters by row of characters."""
        if len(phrase) < 2 and not is_han(phrase):
            return []
        needles = [part if is_han(part[0]) else f" {part} " for part in parts]
        head, names = f"{parts[-1]} ", self._parts
        held = self._postings.holding_all(parts)
        if len(parts) > 1 or len(phrase) > 2:
            for needle in needles:
                held = [number for number in held if needle in names[number]]
        # A head is better than any other part, and of either kind the shorter names are.
        best = self._shortest([number for number in held if head in names[number]])
        found = self._scored(HEAD, best, phrase)
        if len(best) < BEST_PHRASES:
            rest = [number for number in held if head not in names[number]]
            found += self._scored(PART, self._shortest(rest)[: BEST_PHRASES - len(best)], phrase)
        return found

    def holding(self, text: str, limit: int = 6) -> list[Match[Key]]:
        """The entries of whose names the text is a part, best first, at most `limit`, and no others."""
        parts = runs(text[: LONGEST_PHRASE + 1])
        phrase = "".join(parts)
        if not phrase or len(phrase) > LONGEST_PHRASE:
            return []
        best: dict[Key, Match[Key]] = {}
        for match in self._by_whole_part(parts, phrase):
            best.setdefault(match.key, match)
        return list(best.values())[:limit]

    def _shortest(self, numbers: list[int]) -> list[int]:
        """The BEST_PHRASES shortest phrases that an entry owns, in the order of their lengths."""
        by_length = sorted(numbers, key=self._lengths.__getitem__)
        return list(islice((number for number in by_length if self._holders[number]), BEST_PHRASES))

    def _scored(self, base: int, numbers: list[int], phrase: str) -> list[Match[Key]]:
        length, lengths = 19 * len(phrase), self._lengths
        return [
            Match(key, base + length // lengths[number], How.CONTAINS)
            for number in numbers
            for key in self._holders[number]
        ]

    def _by_loose_part(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        """Names that hold every character of the text in another order, as 黑中性笔 for 中性笔(黑)."""
        if not any(is_han(part[0]) for part in parts) or len(phrase) < 3:
            return []
        names, length, lengths = self._phrases, len(phrase), self._lengths
        held = self._postings.sharing_some(parts)
        first = names[held[0]] if held else ""
        # What the first of them lacks most of the others lack too: few are left to look at again.
        for character in sorted(set(phrase), key=first.count):
            many = phrase.count(character)
            if many == 1:
                held = [number for number in held if character in names[number]]
            else:
                held = [number for number in held if names[number].count(character) >= many]
        # All of it in another order is the name itself; a few scattered characters are chance.
        found = [
            ((HEAD if 3 * length >= 2 * lengths[number] else LOOSE) + 19 * length // lengths[number], number)
            for number in held
        ]
        return self._best(found, How.CONTAINS)

    def _by_part_of_sound(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        """Names of which the text is a part by sound: luoshuan, or 六角罗栓, for 内六角螺栓."""
        if is_han(phrase[0]):
            said, how = (pinyin.syllables(phrase) if len(parts) == 1 else []), How.TYPO
        else:
            said, how = pinyin.split(phrase, self._postings.syllables), How.PINYIN
        if len(said) < (3 if how is How.TYPO else 2) or len(phrase) < 3:
            return []
        found: list[tuple[int, int]] = []
        needle = f" {' '.join(said)} "
        for number in sorted(self._postings.sounding_like(said), key=self._lengths.__getitem__):
            if len(found) == BEST_PHRASES:
                break  # The shorter a name, the better; to hear each of the others would take longest of all.
            rows = self._parts[number].split()
            if not self._holders[number]:
                continue
            if len(said) == 2 or any(needle in f" {' '.join(pinyin.syllables(row))} " for row in rows):
                found.append((HEAD + 19 * len(said) // len(self._phrases[number]), number))
        return self._best(found, how)

    def _by_slip(self, parts: list[str], phrase: str) -> list[Match[Key]]:
        found = self._by_swapped_characters(phrase) if has_han(phrase) else []
        return found or self._by_part_of_sound(parts, phrase) or self._by_corrected_words(parts)

    def _by_swapped_characters(self, phrase: str) -> list[Match[Key]]:
        """One Chinese character wrong, missing, too many, or two swapped; digits must be right."""
        if len(phrase) < 3:
            return []
        letters, digits = sorted(phrase), _digits(phrase)
        found: list[Match[Key]] = []
        numbers = list(self._postings.near_length(phrase))
        names = [self._phrases[number] for number in numbers]
        near = process.extract_iter(phrase, names, scorer=OSA.distance, processor=None, score_cutoff=1)
        for name, _, place in near:
            if _digits(name) == digits:
                score = SWAPPED if sorted(name) == letters else NEAR
                found += self._matches((numbers[place],), score, How.TYPO)
        return found

    def _by_corrected_words(self, parts: list[str]) -> list[Match[Key]]:
        """Latin words that no entry knows are replaced by their nearest known neighbours."""
        choices: list[list[tuple[str, int]]] = []
        for part in parts:
            strange = not is_han(part[0]) and not self._postings.knows(part)
            choices.append(self._postings.near_words(part) if strange else [(part, 0)])
        found: list[Match[Key]] = []
        if not all(choices) or all(choice[0][1] == 0 for choice in choices):
            return found
        for corrected in list(product(*choices))[:9]:
            slips = sum(slip for _, slip in corrected)
            words = [singular(word) for word, _ in corrected]
            phrase = "".join(words)
            found += [
                Match(match.key, max(1, min(match.score, 92) - 4 * slips), How.TYPO)
                for match in self._exact(phrase) or self._by_part(words, phrase)
            ]
        return found

    def scan(self, text: str) -> list[Span[Key]]:
        """Places where a code, name or alias stands exactly, longest first, never overlapping.

        Latin words count whole only; a single Chinese character or letter is never taken for a name here,
        because 水 stands in many words that are not water.
        """
        words = list(tokens(text))
        found: list[Span[Key]] = []
        for first in range(len(words)):
            phrase = ""
            for last in range(first, len(words)):
                phrase += words[last].word
                if len(phrase) > self._longest or (
                    len(phrase) >= OPENING and phrase[:OPENING] not in self._openings
                ):
                    break
                if len(phrase) > 1 and (phrase in self._numbers or phrase in self._codes):
                    keys = tuple(match.key for match in self._exact(phrase))
                    if keys:
                        found.append(Span(words[first].start, words[last].end, keys))
        found.sort(key=lambda span: (span.start - span.end, span.start))
        kept: list[Span[Key]] = []
        for span in found:
            if all(span.end <= other.start or other.end <= span.start for other in kept):
                kept.append(span)
        return sorted(kept, key=lambda span: span.start)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
