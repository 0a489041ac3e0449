"""Courtesies: sentences that ask for nothing certain, and what they are about, so that the answer can fit."""

from bot.understand import grammar
from bot.understand.heard import Heard
from bot.understand.intents import Hint


def recognise(heard: Heard) -> Hint | None:
    """What a sentence without a command is about: a bare 同意 names no order, 谢谢 asks for nothing."""
    for hint, sentence in grammar.HINTS:
        if sentence.covers(heard.text):
            return hint
    return None
