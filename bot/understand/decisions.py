"""Decisions: sentences about one order: approve, reject, take back, ask how far it is."""

import re

from bot.understand import grammar, quantities, references
from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent, Problem
from bot.understand.phrases import Phrases, Place, WholeSentence, trim
from bot.understand.references import Reference

_QUESTION = re.compile(r"[?吗呢]|没有?\s*[。.!]*$|是否|有没有")
_SEPARATED = re.compile(r"\s*[,:;。\n-]")
_MARK = re.compile(r"[,:;。\n]")
_BEFORE_REASON = re.compile(r"(?:[了吧](?=[\s,:;。]))?[\s,:;。.-]*")
_PUNCTUATION = " ,，。;；"
_TOLD = re.compile(r"(?:批|过|同意|准)了[\s.。!]*$")
_ABOUT_THE_REASON = re.compile("(?:理由|原因)[不没太]")
"""理由不足 is a reason itself, 理由:不足 names one."""
_IN_DOUBT = re.compile(r"\b(?:should|shall) (?:i|we)\b|该不该|要不要|是不是[该要]|是否[该要]")
_IS_CONDITION = re.compile(
    r"但|不过|只[^是]|仅|除|如果|要是|假如|先|等|再说|换成|改|少|多|不(?!用客气|客气)|没|别|勿|拒|驳|减|一半|部分|\d"
    r"|[?？吗]|(?<![a-z])(?:but|only|except|if|unless|when|after|before|until|not|n't|no|instead|however|reject|refuse"
    r"|decline|change|less|fewer|half|part|once|provided|wait|first)(?![a-z])"
)
"""What may take a part of an approval back, or put it off; then nothing is approved."""
_REASON_BEGINS = re.compile(
    r"[,:;。\n]|因为|由于|(?:原因|理由)(?:是|为)?[\s:]*\S|\b(?:because|due to|as it|since)\b"
)
_NO_COMMAND = re.compile(
    r"能不能|能否|可不可以|可否|行不行|好不好|是否|谁|怎么|怎样|如何|为什么|为啥|为何|什么|还能|还可以"
    r"|(?:原因|理由)[\s。!]*$|(?:批|准|同意|通过|拒绝|驳回|否决|拒)(?:之|以)?后|不\S{0,3}不(?:行|可|成)|非\S{1,3}不可"
    r"|(?:批|准|同意|通过|拒绝|驳回|拒)(?:掉)?的(?:是|人|话|那)"
    r"|批\s*[\d一二两三四五六七八九十半].*批|不批\s*\d+\s*[^\W\d]"
    r"|明天|后天|晚点|晚些|待会|等会|等我|等下|再批|再说|再定|下周|下个?月|先等|暂不|暂时|缓一?缓"
    r"|\b(?:yet|until|till|tomorrow|tonight|later|next (?:week|month|time)|after|once|when|unless|if|or not"
    r"|why|who|how|was|were|would|should|been|but|maybe|perhaps|before)\b"
    r"|\b(?:is|are|got|gets) \w*(?:approved|rejected|refused|declined)"
    r"|\bi (?:can't|cannot|can not|couldn't|won't)\b"
)
"""What makes words with a number and a verb no command: a question, a report, something put off."""
_COMPARED = re.compile(r"\s*(?:的)?(?:重复|一样|相同|冲突|合并)")
_BETWEEN_NUMBERS = Phrases(grammar.DECISION_FILLERS.words, grammar.SEPARATORS.words)
_SAID_OF_GOODS = frozenset({"send back"})
"""Verbs that refuse an order and return goods."""
_NEGATION_BEFORE = re.compile(r"(?:不|别|没|未|勿|莫|不要|不能|not|don't|never|cannot|can't)\s*$")


def recognise(heard: Heard) -> Intent | None:
    """The intent of a sentence with an order number; None when it is about something else.

    A decision must be the whole sentence: 同意 88 但是改成3包 is no approval.
    """
    found = references.find(heard)
    if not found:
        return _last_request(heard)
    if _IN_DOUBT.search(heard.text):
        return None
    reference = found[0]
    if _is_no_command(heard, reference):
        # The document is shown, with its buttons where it waits for whoever asks.
        return Intent(Command.REQUEST_STATUS, reference=reference.number)
    rest = heard.without(reference.start, reference.end)
    if _is_question(heard.text):
        asked = _question(rest, reference)
        rejected = None if asked else _with_reason(rest, reference, grammar.REJECT, Command.REJECT)
        return rejected if rejected and rejected.reason else asked
    if len({each.number for each in found}) > 1 and not _is_in_reason(heard.text, *found[:2]):
        several = _is_about_several(heard, found)
        if not several and not found[0].is_prefixed:
            return _decision(rest, reference) or _question(rest, reference)
        return Intent(Command.UNKNOWN, problem=Problem.SEVERAL_REFERENCES) if several else None
    return _decision(rest, reference) or _question(rest, reference)


def _is_no_command(heard: Heard, reference: Reference) -> bool:
    """Whether a sentence speaks of a decision that nobody makes with it; what stands in a reason does not
    count."""
    if not any(table.find(heard.text) for table in (grammar.APPROVE, grammar.REJECT)):
        return False
    reason = _REASON_BEGINS.search(heard.text, reference.end)
    return _NO_COMMAND.search(heard.text[: reason.start() if reason else len(heard.text)]) is not None


def _is_about_several(heard: Heard, found: list[Reference]) -> bool:
    """Whether a decision names several orders; bare numbers must be all that it names: 同意1027和1028."""
    tables = (grammar.APPROVE, grammar.REJECT, grammar.WITHDRAW)
    if found[0].is_prefixed:
        return any(table.find(heard.text) for table in tables)
    for reference in found:
        heard = heard.without(reference.start, reference.end)
    for place in grammar.SEPARATORS.find(heard.text):
        heard = heard.without(*place)
    return any(WholeSentence(table, grammar.DECISION_FILLERS).covers(heard.text) for table in tables)


def _is_in_reason(text: str, first: Reference, second: Reference) -> bool:
    """Whether the second number tells why the first is refused, as in "reject LY88 duplicate of LY87"."""
    if not first.is_prefixed or not grammar.REJECT.find(text[: first.end]):
        return False
    if _COMPARED.match(text, second.end):
        return True
    between = text[first.end : second.start]
    start, end = trim(text, (first.end, second.start), _BETWEEN_NUMBERS)
    decided = any(table.find(between) for table in (grammar.APPROVE, grammar.REJECT, grammar.WITHDRAW))
    return start < end and not decided


def _last_request(heard: Heard) -> Intent | None:
    """撤回刚才的申请 names no number; which request is meant, whoever answers finds out or asks."""
    mark = None if grammar.LAST_REQUEST.covers(heard.text) else _MARK.search(heard.text)
    asked, end = (heard.text, 0) if mark is None else (heard.text[: mark.start()], mark.end())
    if not grammar.WITHDRAW.find(asked) or not grammar.LAST_REQUEST.covers(asked):
        return None
    reason = heard.said(end, len(heard.text)).strip(_PUNCTUATION) if end else ""
    is_why = reason and not any(one.text for one in quantities.find(heard, end, len(heard.text)))
    return Intent(Command.WITHDRAW_REQUEST, reason=reason or None) if is_why or not reason else None


def _is_question(text: str) -> bool:
    start, _ = trim(text, (0, len(text)), grammar.POLITE)
    asked = next(grammar.QUESTION_OPENERS.ends(text, start), None) is not None
    polite = text.lstrip().startswith(("could", "can", "would", "will", "please"))
    return asked or (_QUESTION.search(text) is not None and not polite)


def _question(rest: Heard, reference: Reference) -> Intent | None:
    asked = grammar.STATUS.covers(rest.text)
    asked = asked or (_is_question(rest.text) and grammar.STATUS_QUESTION.covers(rest.text))
    asked = asked or (reference.is_prefixed and (rest.is_read or grammar.NAMED_ORDER.covers(rest.text)))
    return Intent(Command.REQUEST_STATUS, reference=reference.number) if asked else None


def _decision(rest: Heard, reference: Reference) -> Intent | None:
    rejected = _with_reason(rest, reference, grammar.REJECT, Command.REJECT)
    if rejected is not None:
        return rejected
    # "LY88 通过了" tells or asks what has happened; it decides nothing.
    if grammar.APPROVAL.covers(rest.text) and not _TOLD.search(rest.text, reference.end):
        return Intent(Command.APPROVE, reference=reference.number)
    approved = _with_advice(rest, reference)
    if approved is not None:
        return approved
    return _with_reason(rest, reference, grammar.WITHDRAW, Command.WITHDRAW_REQUEST)


def _with_advice(rest: Heard, reference: Reference) -> Intent | None:
    """同意1001,注意节约: behind a whole approval and a comma, advice that takes nothing of it back."""
    mark = _MARK.search(rest.text, reference.end)
    if mark is None or not grammar.APPROVAL.covers(rest.text[: mark.start()]):
        return None
    said = rest.said(mark.end(), len(rest.text)).strip(_PUNCTUATION)
    behind = rest.text[mark.end() :]
    counted = any(one.text for one in quantities.find(rest, mark.end(), len(rest.text)))
    if counted or _IS_CONDITION.search(behind):
        return None
    return Intent(Command.APPROVE, reference=reference.number, reason=said) if said else None


def _with_reason(rest: Heard, reference: Reference, verbs: Phrases, command: Command) -> Intent | None:
    """Verb and number in either order, then perhaps the reason; or the reason, a comma, verb and number."""
    for start, end in verbs.find(rest.text):
        if _NEGATION_BEFORE.search(rest.text, 0, start):
            return None
        first, last = min(start, reference.start), max(end, reference.end)
        between = _between((start, end), (reference.start, reference.end))
        text = rest.without(start, end).text
        if not _is_filler(text, between):
            continue
        before, behind = (0, first), (last, len(text))
        if _is_filler(text, before):
            is_doubtful = command is Command.WITHDRAW_REQUEST or rest.text[start:end] in _SAID_OF_GOODS
            reason = _reason(rest, text, behind, reference, is_doubtful)
        elif _is_filler(text, behind) and _SEPARATED.match(text[:first].rstrip()[-1:] or " "):
            reason = rest.said(*before).strip(_PUNCTUATION)
        else:
            continue
        if reason is not None:
            return Intent(command, reference=reference.number, reason=reason or None)
    return None


def _between(one: Place, other: Place) -> Place:
    first, second = sorted((one, other))
    return first[1], max(first[1], second[0])


def _is_filler(text: str, place: Place) -> bool:
    start, end = trim(text, place, grammar.DECISION_FILLERS)
    return start >= end


def _behind_courtesy(text: str, place: Place) -> Place:
    """The place behind 了, 吧 and "please", up to the mark that a reason follows."""
    mark = _MARK.search(text, *place)
    if mark is not None and _is_filler(text, (place[0], mark.start())):
        return mark.start(), place[1]
    return place


def _reason(heard: Heard, text: str, place: Place, reference: Reference, is_doubtful: bool) -> str | None:
    """The reason as written, "" when there is none, None when what follows cannot be a reason.

    取消 is said of many things: 取消 3 点的会议, and "send back" of goods: send back 3 mice. After a bare
    number such a doubtful verb takes a reason only behind a mark.
    """
    start, end = _behind_courtesy(text, place)
    marked = _SEPARATED.match(text, start) is not None
    start = _BEFORE_REASON.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing as well
    for word_end in grammar.REASON.ends(text, start):
        if not _ABOUT_THE_REASON.match(text, start):
            start, marked = word_end, True
        break
    if _is_filler(text, (start, end)):
        return ""
    start = _BEFORE_REASON.match(text, start).end()  # type: ignore[union-attr]
    if is_doubtful and not reference.is_prefixed and not marked:
        return None
    said = heard.said(start, end).strip(_PUNCTUATION)
    return said[1:-1].strip() if said[:1] + said[-1:] in ("()", "（）", "[]", "【】") else said
