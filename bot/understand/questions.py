"""Questions: sentences that change nothing: stock, history, and the fixed sentences such as help."""

import re
from dataclasses import replace

from bot.understand import grammar, lines, owners, periods, quantities
from bot.understand.chinese import PLACE
from bot.understand.english_orders import NOT_ALONE
from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent, ItemWord, Likeness, Line
from bot.understand.phrases import Phrases, Place
from bot.understand.units import CHINESE as CHINESE_UNITS
from bot.understand.units import WORDS as UNIT_WORDS
from services.kit.words.spelling import fold

_HOW_MUCH_IS = re.compile(
    r"\bhow much (?:is|are|does|do|for)\b(?!.*\b(?:left|remaining|available|there|have|in stock|got)\b)"
)
_I_HAVE = re.compile(r"\s*(?:我|我们|他|她|他们)有(?!没|多少|几|哪)(?!.*[吗?])")
_ASKS_FOR_STOCK = re.compile(r"库存|存量|存货|结存|现存|可用量|在库|^[\s?.!]*(?:stock|inventory)[\s?.!]*$")
_ASKS_HOW_MANY = re.compile(
    r"^\s*(?:how (?:much|many)|any|do we (?:still )?have|is there|are there|have we got)\b.*"
    r"\b(?:left|remaining|available|in stock|we have|have we|we got|is there|are there)\b"
    r"|^\s*do we (?:still )?have any\b"
)
_HOW_MANY = re.compile(r"\bhow (?:many|much)\b")
_FOR_PEOPLE = re.compile(
    r"\bfor (?:all )?(?:\d+|the|our|all|us|everyone|everybody)(?: of us)?"
    r"(?: (?:people|persons|guests|staff|employees|colleagues|visitors|team))?(?=\s*(?:$|[?.!,]))"
    r"|(?<=够)\s*[\d一两二三四五六七八九十百]+\s*个?人(?:用|喝|吃|领|分)?"
)
"""For whom it shall be enough: a number of people is no quantity of goods."""
_CLAUSE = re.compile(r"[^,;。!?\n]+")
MOST_CLAUSES = 4
_ANY_PLACE = re.compile(
    "仓库|库房|仓里|库里|(?:all|whole|entire|everything in) (?:the |our )?(?:stock|inventory)"
)
_OWNER = re.compile(
    rf"[\u4e00-\u9fff\d]{{0,6}}(?:{PLACE}(?:里|那边|这边)?|[领要用买借拿订])的"
    rf"(?:[\d一二两三四五六七八九十]+\s?(?:{'|'.join(CHINESE_UNITS)}))?\s*"
)
"""Whose goods are asked about, in front of their name: 前台的抽纸, 领导要的3个文件夹."""
_EVER = re.compile(r"(?P<verb>(?:领用?|拿|退|用)过).*(?P<asks>吗|没有?|么)[\s?。!]*$")
"""我领过键盘吗: asks for what one took oneself."""
_IS_LEFT = re.compile(r"还有|还剩|剩多少|剩几|有没有|库存")
_CONTINUES = re.compile(r"^[^吗?几]*[,，、;；\s]还有(?!多少|几|吗|没)[^吗?几]*$")
"""5包A4纸,还有2卷胶带 goes on with a list: here 还有 asks nothing."""
_UNIT_BEHIND = ("多少", "几")
_SHORTEST_NUMBER = 3
"""Digits of a number that may stand for a name."""
_ONLY_PLACE = re.compile(
    r"有什么|有哪些|有啥|啥|什么|哪些|东西|物料|商品|货|"
    r"what's|what is|what|which|items?|things?|goods|everything|all"
)


def recognise_whole(heard: Heard) -> Intent | None:
    """Fixed sentences without items: help, my requests, pending approvals, low stock."""
    if set(heard.text.strip(" 。.!")) == {"?"}:
        return Intent(Command.HELP)
    if heard.text.strip(" ?.!") in NOT_ALONE:
        return None
    for command, sentence in grammar.WHOLE_SENTENCES:
        if sentence.covers(heard.text):
            place = heard.warehouse if command is Command.LOW_STOCK else None
            return Intent(command, warehouse=place)
    return None


def recognise_exact(heard: Heard) -> Intent | None:
    """A scanned barcode or typed code and nothing else."""
    word = heard.sentence.said
    found = heard.vocabulary.items.exact(word) if len(word) <= lines.LONGEST_WORDS else []
    if not found or heard.text.strip() in grammar.GRAMMAR_WORDS:
        return None
    return Intent(Command.QUERY_STOCK, (heard.resolve(word),))


def recognise_history(heard: Heard) -> Intent | None:
    """The movements of items, everybody's or somebody's: 键盘 流水, 我上个月领了几包A4纸."""
    _, whose = owners.take(heard)
    rest, is_strong = _without_keys(heard, grammar.HISTORY_KEYS, grammar.HISTORY_STRONG)
    ever = _EVER.search(heard.text)
    if rest is None and ever is not None and whose is not None:
        rest = heard.without(*ever.span("verb")).without(*ever.span("asks"))
    if rest is None:
        return None
    for match in _HOW_MANY.finditer(rest.text):
        rest = rest.without(*match.span())
    rest, _ = owners.take(rest)
    rest, period = periods.take(rest)
    words = _item_words(rest, grammar.HISTORY_FILLERS)
    if not is_strong and (not words or any(not word.item and len(word.text) < 2 for word in words)):
        return None
    intent = _about_items(Command.STOCK_HISTORY, heard, words, is_strong=is_strong)
    return intent and replace(intent, period=period, whose=whose)


def recognise_stock(heard: Heard) -> Intent | None:
    """How much there is: 打印纸还剩多少, "do we have any masks left"."""
    if grammar.OUT_OF_SCOPE.find(heard.text) or _HOW_MUCH_IS.search(heard.text):
        return None
    if _CONTINUES.search(heard.text) and quantities.find(heard, 0, heard.text.index("还有")):
        return None
    heard = _without_owner(heard)
    for match in _FOR_PEOPLE.finditer(heard.text):
        heard = heard.without(*match.span())
    rest, is_strong = _without_keys(heard, grammar.QUERY_KEYS, grammar.QUERY_STRONG)
    if rest is None or _is_told(heard, rest):
        return None
    words = _item_words(rest, grammar.QUERY_FILLERS) or _unit_as_goods(heard, rest)
    if words == [] and heard.warehouse is None and not _ASKS_FOR_STOCK.search(heard.text):
        return None
    intent = _about_items(Command.QUERY_STOCK, heard, words, is_strong=is_strong)
    return intent and replace(intent, asked=_asked(rest, intent.items))


def _asked(rest: Heard, items: tuple[ItemWord, ...]) -> tuple[Line, ...]:
    """5包A4纸够吗, "are there 20 masks": the goods with how much of them, where that is said."""
    if not quantities.find(rest, 0, len(rest.text)):
        return ()
    said = lines.read(rest, grammar.QUERY_FILLERS)
    if [line.word for line in said] != list(items) or not any(line.quantity for line in said):
        return ()
    return tuple(line.as_line(rest.vocabulary.units) for line in said)


def recognise_clause(heard: Heard) -> Intent | None:
    """The one clause that asks about known goods, where the others ask for nothing: 货架还有吗,展厅要."""
    clauses = [match.span() for match in _CLAUSE.finditer(heard.text) if match[0].strip()]
    if not 1 < len(clauses) <= MOST_CLAUSES:
        return None
    asked: list[Intent] = []
    for start, end in clauses:
        if quantities.find(heard, start, end) and not grammar.CONDITIONAL.find(heard.text[start:end]):
            return None
        alone = heard.without(0, start).without(end, len(heard.text))
        intent = recognise_stock(alone) if grammar.QUERY_KEYS.find(alone.text, alone.names) else None
        if intent is None:
            asked += _about_what_was_told(heard, alone)
        elif intent.items and intent.names_what_is_known:
            asked.append(intent)
    return asked[0] if len(asked) == 1 else None


def _about_what_was_told(heard: Heard, alone: Heard) -> list[Intent]:
    """牛奶快过期了,还剩多少: a clause that only asks is about the one thing that the others name."""
    if _IS_LEFT.search(alone.text) is None or grammar.OUT_OF_SCOPE.find(alone.text):
        return []
    rest, _ = _without_keys(alone, grammar.QUERY_KEYS, grammar.QUERY_STRONG)
    named = {heard.resolve(heard.said(*name)) for name in heard.names}
    if rest is None or _is_told(alone, rest) or _item_words(rest, grammar.QUERY_FILLERS) or len(named) != 1:
        return []
    (word,) = named
    return [Intent(Command.QUERY_STOCK, (word,), warehouse=heard.warehouse)] if word.item else []


def recognise_place(heard: Heard) -> Intent | None:
    """What a warehouse holds: 冷库有什么, "what's in the cold store"."""
    if heard.warehouse is None and not _ANY_PLACE.search(heard.text):
        return None
    rest, _ = _without_keys(heard, grammar.QUERY_KEYS, grammar.QUERY_STRONG)
    rest = rest or heard
    asked = _ONLY_PLACE.search(rest.text)
    if asked is None:
        return None
    for match in _ONLY_PLACE.finditer(rest.text):
        rest = rest.without(*match.span())
    if _item_words(rest, grammar.QUERY_FILLERS):
        return None
    return Intent(Command.QUERY_STOCK, warehouse=heard.warehouse)


def _without_owner(heard: Heard) -> Heard:
    for match in _OWNER.finditer(heard.text):
        start, end = match.span()
        if heard.is_name(end, end + 1) and not heard.is_name(start, end):
            heard = heard.without(start, end)
    return heard


def _unit_as_goods(heard: Heard, rest: Heard) -> list[ItemWord] | None:
    """仓库还有多少米: the measure word that was asked in, where it is all that is named and names goods."""
    for start, end in grammar.QUERY_KEYS.find(heard.text, heard.names):
        last = _behind_unit(heard, (start, end))
        if heard.text[start:end].endswith(_UNIT_BEHIND) and heard.vocabulary.items.exact(
            heard.text[end:last]
        ):
            return [heard.resolve(heard.text[end:last])]
    return _item_words(rest, grammar.QUERY_FILLERS)


def _is_told(heard: Heard, rest: Heard) -> bool:
    """没有打印纸 and 我有3个U盘 tell; 有没有打印纸 and 还有打印纸没 ask."""
    if _I_HAVE.match(heard.text):
        return True
    place = heard.text.find("没有")
    return place >= 0 and rest.text[place : place + 2] == "没 "


def _without_keys(heard: Heard, keys: Phrases, strong: Phrases) -> tuple[Heard | None, bool]:
    """The sentence without the words that ask, and whether one of them is strong; None without any."""
    found = keys.find(heard.text, heard.names)
    is_strong = any(heard.text[start:end] in strong.words for start, end in found)
    rest = heard
    for start, end in found:
        rest = rest.without(start, _behind_unit(heard, (start, end)))
    return (rest if found else None), is_strong


def _behind_unit(heard: Heard, place: Place) -> int:
    """多少杯, "how many boxes of": the unit that is asked in belongs to the question."""
    start, end = place
    asked = heard.text[start:end]
    if not asked.endswith(_UNIT_BEHIND) and asked != "how many":
        return end
    begin = end + 1 if heard.text[end : end + 1] == " " else end
    for unit_end in UNIT_WORDS.ends(heard.text, begin):
        of = heard.text.startswith(" of ", unit_end)
        if not heard.is_name(begin, unit_end) and (of or not asked.isascii()):
            return unit_end
    return end


def _item_words(heard: Heard, fillers: Phrases) -> list[ItemWord] | None:
    """The items asked about, empty when none is named, None when something else is named as well."""
    said = [_number_as_goods(heard, line) for line in lines.read(heard, fillers)]
    if any(not line.word.text for line in said):
        said = [line for line in said if line.word.text]
    words = [line.word for line in said]
    if any(word.likeness is Likeness.NONE and grammar.NOT_GOODS.find(fold(word.text)) for word in words):
        return None
    return words


def _number_as_goods(heard: Heard, line: lines.SaidLine) -> lines.SaidLine:
    """6204库存: the number is part of a name, for nobody asks about an amount."""
    quantity = line.quantity
    if line.word.text or quantity is None or quantity.unit is not None:
        return line
    number = heard.text[quantity.start : quantity.end].strip()
    word = heard.resolve(number) if len(number) >= _SHORTEST_NUMBER else line.word
    return lines.SaidLine(word, None) if word.likeness in (Likeness.SURE, Likeness.CHOICE) else line


def _about_items(
    command: Command, heard: Heard, words: list[ItemWord] | None, *, is_strong: bool
) -> Intent | None:
    """A question about known items; with a strong word also about one that nobody knows."""
    if words is None:
        return None
    counted = (_ASKS_HOW_MANY if heard.text.isascii() else _IS_LEFT).search(heard.text) is not None
    good = all(
        word.likeness in (Likeness.SURE, Likeness.CHOICE)
        or (counted and word.likeness is Likeness.DOUBTFUL and len(words) == 1 and _is_one_name(word))
        for word in words
    )
    if not good and not (is_strong and len(words) == 1 and _stands_apart(heard, words[0])):
        return None
    return Intent(command, tuple(words), warehouse=heard.warehouse)


def _is_one_name(word: ItemWord) -> bool:
    """三号库 A4纸 is more than a name that is misspelt, and one character less."""
    text = fold(word.text)
    return text.isascii() or (len(text) > 1 and " " not in text)


def _stands_apart(heard: Heard, word: ItemWord) -> bool:
    """火星石库存 and 库存 火星石 ask for an item; 库存积压严重 says something about 库存."""
    start = heard.text.find(fold(word.text))
    return not any(
        start in grammar.STRONG_QUESTIONS.ends(heard.text, first) for first in range(max(start, 0))
    )
