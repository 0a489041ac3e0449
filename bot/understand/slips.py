"""Slips: English command words with one slip of the pen, put right before a sentence is given up."""

import re
from dataclasses import replace

from rapidfuzz.distance import OSA

from bot.understand.sentence import Sentence


def _words(table: str) -> tuple[str, ...]:
    return tuple(table.split())


COMMAND_WORDS = _words(
    """
    request requisition return stock inventory sample samples approve approvals reject withdraw cancel status
    bottle bottles boxes packet packets carton cartons pieces history pending available remaining progress
    movements purpose reorder replenish what left
    """
)
NO_SLIPS = _words(
    """
    stick stack shock sock socks stuck stocks quest simple ample returns requests cancels rejects approves
    approval stocky stork smock that chat want lift deft heft loft
    """
)
"""Words of their own that are one letter away from a command."""

_WORD = re.compile(r"(?<![a-z0-9-])[a-z]{4,14}(?![a-z0-9-])")
_OPENING_WORDS = 6
"""Only so many words are looked at: commands stand early, and reasons are kept as they were written."""


def correct(sentence: Sentence) -> Sentence | None:
    """The sentence with its command words put right; None when there is nothing to put right."""
    said, text, changed = sentence.said, sentence.text, False
    for match in reversed(list(_WORD.finditer(text))[:_OPENING_WORDS]):
        word = match[0]
        if word in NO_SLIPS or word in COMMAND_WORDS:
            continue
        meant = [known for known in COMMAND_WORDS if OSA.distance(word, known, score_cutoff=1) <= 1]
        if len(meant) == 1:
            start, end = match.span()
            said, text, changed = (
                said[:start] + meant[0] + said[end:],
                text[:start] + meant[0] + text[end:],
                True,
            )
    return replace(sentence, said=said, text=text) if changed else None
