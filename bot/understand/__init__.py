"""Understanding: one sentence and the company's names in, one intent out; pure, and never a guess."""

from bot.understand import (
    answers,
    corrections,
    courtesies,
    decisions,
    delegations,
    differences,
    own,
    questions,
    repeats,
    requests,
    slips,
)
from bot.understand.answers import Amount
from bot.understand.heard import hear
from bot.understand.intents import (
    ME,
    MY_DEPARTMENT,
    NOT_WANTED,
    Change,
    Command,
    Hint,
    Intent,
    ItemWord,
    Likeness,
    Line,
    Problem,
)
from bot.understand.sentence import LONGEST_SENTENCE, Sentence, read
from bot.understand.vocabulary import Vocabulary

__all__ = [
    "ME",
    "MY_DEPARTMENT",
    "NOT_WANTED",
    "Amount",
    "Change",
    "Command",
    "Hint",
    "Intent",
    "ItemWord",
    "Likeness",
    "Line",
    "Problem",
    "Vocabulary",
    "amount_alone",
    "understand",
]

RECOGNISERS = (
    questions.recognise_exact,
    repeats.recognise,
    delegations.recognise,
    decisions.recognise,
    differences.recognise,
    corrections.recognise,
    courtesies.recognise_hand_over,
    questions.recognise_whole,
    own.recognise,
    questions.recognise_history,
    requests.recognise,
    questions.recognise_stock,
    questions.recognise_place,
    requests.recognise_bare,
    questions.recognise_clause,
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
    intent = _understand(sentence, vocabulary)
    if intent.problem is None and (intent.command is Command.UNKNOWN or not intent.names_what_is_known):
        corrected = slips.correct(sentence)
        second = None if corrected is None else _understand(corrected, vocabulary)
        if second is not None and second.command is not Command.UNKNOWN and second.names_what_is_known:
            return second
    return intent


def amount_alone(text: str, vocabulary: Vocabulary) -> Amount | None:
    """The amount, where a text is an amount and nothing else: the answer to "how many?"."""
    if len(text) > LONGEST_SENTENCE:
        return None
    return answers.amount_alone(hear(read(text), vocabulary))


def _understand(sentence: Sentence, vocabulary: Vocabulary) -> Intent:
    heard = hear(sentence, vocabulary)
    if heard.is_read and heard.warehouse is None and "?" not in sentence.text:
        return Intent(Command.UNKNOWN)
    for recognise in RECOGNISERS:
        intent = recognise(heard)
        if intent is not None:
            return intent
    return Intent(Command.UNKNOWN, hint=courtesies.recognise(heard))
