"""The grammar: the tables of both languages joined, because one sentence may hold words of both."""

from bot.understand import chinese, chinese_orders, english, english_orders
from bot.understand.intents import Command, Hint
from bot.understand.phrases import Phrases, WholeSentence

POLITE = Phrases(chinese.POLITE, english.POLITE)
ITEM_FILLERS = Phrases(chinese.ITEM_FILLERS, english.ITEM_FILLERS)
BARE_FILLERS = Phrases(
    chinese.POLITE, english.POLITE, ("的", "呢", "把", "将", "那", "那么", "of", "the", "more", "also", "and")
)
SAMPLE_FILLERS = Phrases(
    chinese.ITEM_FILLERS, english.ITEM_FILLERS, chinese.SAMPLE_FILLERS, english.SAMPLE_FILLERS
)

NOT_VERBS = Phrases(chinese.NOT_VERBS)
REQUEST_STRONG = Phrases(chinese.REQUEST_STRONG, english.REQUEST_STRONG)
STRONG_VERBS = {
    Command.GIVE_SAMPLE: Phrases(chinese.SAMPLE_STRONG, english.SAMPLE_STRONG),
    Command.RETURN_TO_STOCK: Phrases(chinese.RETURN_STRONG, english.RETURN_STRONG),
    Command.REQUEST_ISSUE: REQUEST_STRONG,
}
"""In the order in which they are looked for: 领样品 is a sample, not an issue."""

WEAK_VERBS = {
    Command.RETURN_TO_STOCK: Phrases(chinese.RETURN_WEAK, english.RETURN_WEAK),
    Command.GIVE_SAMPLE: Phrases(chinese.SAMPLE_WEAK, english.SAMPLE_WEAK),
    Command.REQUEST_ISSUE: Phrases(chinese.REQUEST_WEAK, english.REQUEST_WEAK),
}
CUSTOMER = Phrases(chinese.CUSTOMER, english.CUSTOMER)
"""Who receives samples: 送 and "give" make a sample only of what goes to one of these."""

CONDITIONAL = Phrases(chinese.CONDITIONAL)
CONDITIONS = Phrases(chinese.CONDITIONS, english.CONDITIONS)
NEGATIONS = Phrases(chinese.NEGATIONS, english.NEGATIONS)

PURPOSE = Phrases(chinese.PURPOSE, english.PURPOSE)
STRONG_PURPOSE = Phrases(chinese.PURPOSE, (word for word in english.PURPOSE if word != "for"))
OCCASIONS = Phrases(chinese.OCCASIONS)
NOT_PURPOSE_BEFORE = Phrases(english.NOT_PURPOSE_BEFORE)
NOT_PURPOSE_AFTER = Phrases(english.NOT_PURPOSE_AFTER)
WHY_RETURNED = Phrases(chinese.WHY_RETURNED, english.WHY_RETURNED)
REASON = Phrases(chinese.REASON, english.REASON)

SEPARATORS = Phrases(chinese.SEPARATORS, english.SEPARATORS)
EACH = Phrases(chinese.EACH, english.EACH)
SOME = Phrases(chinese.SOME, english.SOME)
NOT_GOODS = Phrases(chinese.NOT_GOODS, english.NOT_GOODS)
OUT_OF_SCOPE = Phrases(chinese.OUT_OF_SCOPE, english.OUT_OF_SCOPE)

DESTINATIONS = Phrases(chinese.DESTINATIONS, english.DESTINATIONS)
DESTINATIONS_AT_THE_END = Phrases(chinese.DESTINATIONS_AT_THE_END, english.DESTINATIONS_AT_THE_END)
BEFORE_PLACE = Phrases(
    chinese.SURROUNDINGS[0], english.SURROUNDINGS[0], chinese.DESTINATIONS, english.DESTINATIONS
)
BEHIND_PLACE = Phrases(chinese.SURROUNDINGS[1], english.SURROUNDINGS[1])

QUERY_STRONG = Phrases(chinese.QUERY_STRONG, english.QUERY_STRONG)
QUERY_KEYS = Phrases(chinese.QUERY_STRONG, english.QUERY_STRONG, chinese.QUERY_WEAK, english.QUERY_WEAK)
QUERY_FILLERS = Phrases(chinese.QUERY_FILLERS, english.QUERY_FILLERS)
HISTORY_STRONG = Phrases(chinese.HISTORY_STRONG, english.HISTORY_STRONG)
HISTORY_KEYS = Phrases(
    chinese.HISTORY_STRONG, english.HISTORY_STRONG, chinese.HISTORY_WEAK, english.HISTORY_WEAK
)
STRONG_QUESTIONS = Phrases(chinese.QUERY_STRONG, chinese.HISTORY_STRONG)
HISTORY_FILLERS = Phrases(
    english.WHEN,
    chinese.WHEN,
    chinese.QUERY_FILLERS,
    english.QUERY_FILLERS,
    chinese.QUERY_WEAK,
    english.QUERY_WEAK,
    ("库存",),
)

WHOLE_SENTENCES = (
    (
        Command.HELP,
        WholeSentence(
            Phrases(chinese_orders.HELP_KEYS, english_orders.HELP_KEYS),
            Phrases(chinese_orders.HELP_FILLERS, english_orders.HELP_FILLERS),
        ),
    ),
    (
        Command.MY_REQUESTS,
        WholeSentence(
            Phrases(chinese_orders.MY_REQUESTS_KEYS, english_orders.MY_REQUESTS_KEYS),
            Phrases(chinese_orders.MY_REQUESTS_FILLERS, english_orders.MY_REQUESTS_FILLERS),
        ),
    ),
    (
        Command.PENDING_APPROVALS,
        WholeSentence(
            Phrases(chinese_orders.PENDING_KEYS, english_orders.PENDING_KEYS),
            Phrases(chinese_orders.PENDING_FILLERS, english_orders.PENDING_FILLERS),
        ),
    ),
    (
        Command.LOW_STOCK,
        WholeSentence(
            Phrases(chinese.LOW_STOCK_KEYS, english.LOW_STOCK_KEYS),
            Phrases(chinese.LOW_STOCK_FILLERS, english.LOW_STOCK_FILLERS),
        ),
    ),
)

APPROVE = Phrases(chinese_orders.APPROVE, english_orders.APPROVE)
REJECT = Phrases(chinese_orders.REJECT, english_orders.REJECT)
WITHDRAW = Phrases(chinese_orders.WITHDRAW, english_orders.WITHDRAW)
DECISION_FILLERS = Phrases(chinese_orders.DECISION_FILLERS, english_orders.DECISION_FILLERS)
APPROVAL = WholeSentence(APPROVE, DECISION_FILLERS)
WITHDRAWAL = WholeSentence(WITHDRAW, DECISION_FILLERS)

LAST_REQUEST = WholeSentence(
    Phrases(chinese_orders.LAST_REQUEST, english_orders.LAST_REQUEST),
    Phrases(
        WITHDRAW.words,
        chinese.POLITE,
        english.POLITE,
        chinese_orders.BARE_WITHDRAWAL_FILLERS,
        english_orders.BARE_DECISION_FILLERS,
    ),
)

DECISION = WholeSentence(
    Phrases(APPROVE.words - {"ok", "okay", "agree", "i agree", "agreed", "pass", "accept"}, REJECT.words),
    Phrases(
        chinese.POLITE,
        english.POLITE,
        chinese_orders.BARE_DECISION_FILLERS,
        english_orders.BARE_DECISION_FILLERS,
    ),
)
"""A decision that names no order."""

HINTS = (
    (Hint.DECISION, DECISION),
    (
        Hint.WITHDRAWAL,
        WholeSentence(
            WITHDRAW,
            Phrases(
                chinese.POLITE,
                english.POLITE,
                chinese_orders.BARE_WITHDRAWAL_FILLERS,
                english_orders.BARE_DECISION_FILLERS,
            ),
        ),
    ),
    (
        Hint.THANKS,
        WholeSentence(
            Phrases(chinese_orders.THANKS, english_orders.THANKS), Phrases(chinese.POLITE, english.POLITE)
        ),
    ),
    (
        Hint.ASSENT,
        WholeSentence(
            Phrases(chinese_orders.ASSENT, english_orders.ASSENT), Phrases(chinese.POLITE, english.POLITE)
        ),
    ),
    (
        Hint.GREETING,
        WholeSentence(
            Phrases(chinese_orders.GREETINGS, english_orders.GREETINGS),
            Phrases(chinese.POLITE, english.POLITE),
        ),
    ),
)
"""Sentences that ask for nothing certain."""

STATUS = WholeSentence(
    Phrases(chinese_orders.STATUS, english_orders.STATUS),
    Phrases(chinese_orders.STATUS_FILLERS, english_orders.STATUS_FILLERS),
)
STATUS_QUESTION = WholeSentence(
    Phrases(
        chinese_orders.APPROVE,
        english_orders.APPROVE,
        chinese_orders.REJECT,
        english_orders.REJECT,
        chinese_orders.STATUS,
        english_orders.STATUS,
    ),
    Phrases(
        chinese_orders.STATUS_FILLERS, english_orders.STATUS_FILLERS, english_orders.STATUS_QUESTION_OPENERS
    ),
)
_OWN_STATUS = Phrases(
    chinese_orders.STATUS, english_orders.STATUS, chinese_orders.OWN_STATUS, english_orders.OWN_STATUS
)
_OWN_STATUS_FILLERS = Phrases(chinese_orders.STATUS_FILLERS, english_orders.STATUS_FILLERS)
OWN_STATUS = WholeSentence(_OWN_STATUS, _OWN_STATUS_FILLERS)
OWN_STATUS_WORDS = Phrases(_OWN_STATUS.words, _OWN_STATUS_FILLERS.words)
NAMED_ORDER = WholeSentence(
    Phrases(chinese_orders.STATUS_FILLERS, english_orders.STATUS_FILLERS, ("order",)),
    Phrases(chinese_orders.STATUS_FILLERS),
)
QUESTION_OPENERS = Phrases(english_orders.STATUS_QUESTION_OPENERS)
"""English questions open with one of these; "could you" is a request."""

_VERBS = (*STRONG_VERBS.values(), *WEAK_VERBS.values())
GRAMMAR_WORDS = frozenset(
    word
    for table in (
        *_VERBS,
        QUERY_KEYS,
        QUERY_FILLERS,
        HISTORY_KEYS,
        POLITE,
        APPROVE,
        REJECT,
        WITHDRAW,
        PURPOSE,
    )
    for word in table.words
)
"""A name that is one of these words (real catalogues hold items called "check" and "sample") yields to it."""

NO_ITEM = WholeSentence(
    Phrases(GRAMMAR_WORDS, NOT_GOODS.words, ITEM_FILLERS.words, NEGATIONS.words), Phrases(SEPARATORS.words)
)
"""Words that are never half of a name: only a name that is exactly so counts."""
