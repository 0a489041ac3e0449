"""Differences: what was just asked for, more or less of it by so much: 少要一包, 再加两包, "two more"."""

import re
from dataclasses import replace

from bot.understand import grammar, lines
from bot.understand.heard import Heard
from bot.understand.intents import Change, Command, Intent

_NUMERAL = r"(?=\s?[\d一二两三四五六七八九十半])"
_VERB = r"(?:要|领|拿|来|给|订|发|用|加)?(?:我|他|她)?"
_LESS = re.compile(
    rf"""
    (?:再|先|就|还是)?少{_VERB}(?:上|个)?{_NUMERAL} | (?:再|就|还是)?(?:减掉|减去|减少|扣掉|去掉|减){_NUMERAL}
    | (?:reduce|decrease|lower|cut)\s(?:it\s|that\s|them\s)?by(?=\s)
    | (?<![a-z])(?:less|fewer)(?:\sof)?(?![a-z])
    """,
    re.VERBOSE,
)
_MORE = re.compile(
    rf"""
    (?:再|还|就)?多{_VERB}{_NUMERAL} | 再(?:加上|加|来|要|拿|领|给|添|补)我?{_NUMERAL}
    | (?:加上|加|添){_NUMERAL}
    | (?:increase|raise)\s(?:it\s|that\s|them\s)?by(?=\s)
    | (?<![a-z])more(?:\sof)?(?![a-z])
    """,
    re.VERBOSE,
)
_AROUND = re.compile(
    r"(?:那就|那|请|麻烦|帮我|还是|吧|就行|就好|就够了?|了|也行|不对|嗯|哦|好的?|对了)"
    r"|(?<![a-z])(?:please|actually|sorry|ok|okay|oh|and|add|just|then|no|wait|for me|make it|make that"
    r"|give me|i need|i want|we need|i'd like|can i have|can i get|could i have|could i get)(?![a-z])"
)
_ASKS = re.compile(r"[吗几?]|多少|\bhow\b")


def recognise(heard: Heard) -> Intent | None:
    """By how much what waits shall change. What more is wanted of goods that are named is a request of its
    own where nothing waits; None for every other sentence."""
    if _ASKS.search(heard.text):
        return None
    for change, marks in ((Change.LESS, _LESS), (Change.MORE, _MORE)):
        found = [match.span() for match in marks.finditer(heard.text) if not heard.is_name(*match.span())]
        if len(found) == 1:
            return _by_so_much(heard.without(*found[0]), change)
    return None


def _by_so_much(heard: Heard, change: Change) -> Intent | None:
    for match in _AROUND.finditer(heard.text):
        if not heard.is_name(*match.span()):
            heard = heard.without(*match.span())
    said = lines.read(heard, grammar.ITEM_FILLERS)
    if len(said) != 1 or said[0].problem or not (said[0].is_good or not said[0].word.text):
        return None
    line = said[0].as_line(heard.vocabulary.units)
    if line.quantity is None:
        return None
    if change is Change.MORE and line.word.text:
        return Intent(Command.REQUEST_ISSUE, lines=(line,), warehouse=heard.warehouse, is_more=True)
    return Intent(Command.CORRECT_REQUEST, lines=(replace(line, change=change),))
