"""Courtesies: sentences that ask for nothing certain, and what they are about, so that the answer can fit."""

import re

from bot.understand import grammar
from bot.understand.heard import Heard
from bot.understand.intents import Command, Hint, Intent

_HAND_OVER = re.compile(
    r"\W*(?:(?:发料|收料|交接|hand over|take back)\s*(?:[a-z]{2})?\s*\d{0,12}"
    r"|(?:[a-z]{2})?\d{1,12}\s*(?:发料|收料))\W*"
)


def recognise_hand_over(heard: Heard) -> Intent | None:
    """A bare 发料 or 发料 1027 is the button of a card in words, and never asks for goods called 料."""
    if _HAND_OVER.fullmatch(heard.text) is None:
        return None
    return Intent(Command.UNKNOWN, hint=Hint.HAND_OVER)


def recognise(heard: Heard) -> Hint | None:
    """What a sentence without a command is about: a bare 同意 names no order, 谢谢 asks for nothing."""
    for hint, sentence in grammar.HINTS:
        if sentence.covers(heard.text):
            return hint
    return None
