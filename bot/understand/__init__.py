"""Understanding: one sentence and the company's names in, one intent out; pure, and never a guess."""

from bot.understand import decisions, questions, requests
from bot.understand.heard import hear
from bot.understand.intents import Command, Intent, ItemWord, Likeness, Line, Problem
from bot.understand.sentence import LONGEST_SENTENCE, read
from bot.understand.vocabulary import Vocabulary

__all__ = ["Command", "Intent", "ItemWord", "Likeness", "Line", "Problem", "Vocabulary", "understand"]

RECOGNISERS = (
    questions.recognise_exact,
    decisions.recognise,
    questions.recognise_whole,
    questions.recognise_history,
    requests.recognise,
    questions.recognise_stock,
    questions.recognise_place,
    requests.recognise_bare,
)
"""Asked in this order; the first that is sure of the whole sentence answers."""


def understand(text: str, vocabulary: Vocabulary) -> Intent:
    """What one sentence asks for.

    Small talk and everything that is not certain is UNKNOWN. Any text may be given: nothing raises, and a
    text of more than LONGEST_SENTENCE characters is answered with the problem TOO_LONG at once.
    """
    if len(text) > LONGEST_SENTENCE:
        return Intent(Command.UNKNOWN, problem=Problem.TOO_LONG)
    sentence = read(text)
    heard = hear(sentence, vocabulary)
    if heard.is_read and heard.warehouse is None and "?" not in sentence.text:
        return Intent(Command.UNKNOWN)
    for recognise in RECOGNISERS:
        intent = recognise(heard)
        if intent is not None:
            return intent
    return Intent(Command.UNKNOWN)
