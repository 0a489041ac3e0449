"""Intents: what one sentence asks for, with everything that was said and nothing that was not."""

from dataclasses import dataclass
from enum import StrEnum

MOST_CHOICES = 5
"""A choice card offers no more than this."""


NOT_WANTED = "0"
"""The quantity of goods that a correction takes off a request."""


ME = "me"
MY_DEPARTMENT = "my department"
"""Whose movements are asked about, where it is no department by its name."""


class Command(StrEnum):
    """What a sentence may ask of the warehouse keeper."""

    QUERY_STOCK = "query_stock"
    REQUEST_ISSUE = "request_issue"
    RETURN_TO_STOCK = "return_to_stock"
    GIVE_SAMPLE = "give_sample"
    PENDING_APPROVALS = "pending_approvals"
    APPROVE = "approve"
    REJECT = "reject"
    MY_REQUESTS = "my_requests"
    REQUEST_STATUS = "request_status"
    WITHDRAW_REQUEST = "withdraw_request"
    CORRECT_REQUEST = "correct_request"
    REPEAT_REQUEST = "repeat_request"
    DELEGATE_APPROVALS = "delegate_approvals"
    MY_DELEGATIONS = "my_delegations"
    END_DELEGATION = "end_delegation"
    LOW_STOCK = "low_stock"
    STOCK_HISTORY = "stock_history"
    HELP = "help"
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """Why a quantity was said but cannot be taken, or why a whole sentence was not read."""

    NEGATIVE = "negative"
    ZERO = "zero"
    NOT_A_NUMBER = "not_a_number"
    TOO_LARGE = "too_large"
    TOO_PRECISE = "too_precise"
    APPROXIMATE = "approximate"
    SEVERAL_QUANTITIES = "several_quantities"
    PER_HEAD = "per_head"
    SEVERAL_REFERENCES = "several_references"
    SEVERAL_REQUESTS = "several_requests"
    SEVERAL_WAREHOUSES = "several_warehouses"
    TOO_LONG = "too_long"


class Change(StrEnum):
    """How a correction changes a quantity that stands there, where it does not replace it."""

    MORE = "more"
    LESS = "less"


class Hint(StrEnum):
    """What a sentence that asks for nothing certain may be about: nothing is done on a hint alone."""

    GREETING = "greeting"
    THANKS = "thanks"
    DECISION = "decision"
    WITHDRAWAL = "withdrawal"
    ASSENT = "assent"
    HAND_OVER = "hand_over"
    HAND_OVER_PART = "hand_over_part"
    NOT_HERE = "not_here"


class Likeness(StrEnum):
    """How surely a word means its candidates: one for certain, one of several, perhaps, nothing known."""

    SURE = "sure"
    CHOICE = "choice"
    DOUBTFUL = "doubtful"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ItemWord:
    """Words that name an item, and the codes of the items they may mean, best first, at most MOST_CHOICES."""

    text: str
    candidates: tuple[str, ...] = ()
    likeness: Likeness = Likeness.NONE
    is_vague: bool = False
    """Whether more items are meant as well as these than fit on a choice card."""

    @property
    def item(self) -> str | None:
        """The item's code when there is no doubt, else None."""
        return self.candidates[0] if self.likeness is Likeness.SURE else None

    def as_json(self) -> dict[str, object]:
        """The item's code, or the words as said and what they may mean."""
        if self.item is not None:
            return {"item": self.item}
        said: dict[str, object] = {"text": self.text} if self.text else {}
        if self.candidates:
            said["candidates"] = list(self.candidates)
        return said


@dataclass(frozen=True, slots=True)
class Line:
    """One item with its quantity.

    `quantity` is an exact decimal text above zero, in a correction also NOT_WANTED, or None when none was
    said or `problem` says why it cannot be taken. `unit` is the item's own name of the unit where the item
    has it, else the word as said, and None when none was said.
    """

    word: ItemWord
    quantity: str | None = None
    unit: str | None = None
    problem: Problem | None = None
    change: Change | None = None
    """In a correction: that the quantity is a difference to the one that stands there."""

    def as_json(self) -> dict[str, object]:
        """The line with only the keys that were said."""
        said = self.word.as_json()
        if self.quantity is not None:
            said["quantity"] = self.quantity
        if self.unit is not None:
            said["unit"] = self.unit
        if self.problem is not None:
            said["problem"] = self.problem.value
        if self.change is not None:
            said["change"] = self.change.value
        return said


@dataclass(frozen=True, slots=True)
class Intent:
    """The meaning of one sentence. Slots that were not said are None or empty."""

    command: Command
    items: tuple[ItemWord, ...] = ()
    lines: tuple[Line, ...] = ()
    warehouse: str | None = None
    reference: str | None = None
    purpose: str | None = None
    reason: str | None = None
    problem: Problem | None = None
    person: str | None = None
    """Who shall decide, or decides, in somebody's place, as said."""
    since: str | None = None
    """The first day of a delegation, as said; like asides it is for whoever answers."""
    until: str | None = None
    """The last day of a delegation, or how long it lasts, as said."""
    asked: tuple[Line, ...] = ()
    """In a question about stock, of how much of each item it is whether there is enough; or nothing."""
    period: str | None = None
    """The time that movements are asked about, as said; like asides it is for whoever answers."""
    whose: str | None = None
    """Whose movements are asked about: ME, MY_DEPARTMENT, or a department as said; None means everybody's."""
    asides: tuple[str, ...] = ()
    """What was said about a request beside all this, as said: for whom, by when, where to, how urgent."""
    hint: Hint | None = None
    is_more: bool = False
    """Whether the goods are wanted as well as those that were asked for just before: 再加两包."""

    @property
    def names_what_is_known(self) -> bool:
        """Whether every word that names an item names one that exists, or one of a few."""
        words = [*self.items, *(line.word for line in self.lines)]
        return all(word.likeness in (Likeness.SURE, Likeness.CHOICE) for word in words)

    @property
    def is_clear(self) -> bool:
        """Whether every item is certain and every line has a quantity: nothing is left to ask."""
        return all(word.item for word in self.items) and all(
            line.word.item and line.quantity and not line.problem for line in self.lines
        )

    def as_json(self) -> dict[str, object]:
        """The intent with only the keys that were said, in the order of mention.

        `items` holds the codes that are certain; words that are not stand under `unclear` with their text and
        candidates. A line without a certain item has `text` (and `candidates`) in place of `item`. Asides and
        hints are for whoever answers; they are no part of what is asked for.
        """
        said: dict[str, object] = {"command": self.command.value}
        if certain := [word.item for word in self.items if word.item is not None]:
            said["items"] = certain
        if unclear := [word.as_json() for word in self.items if word.item is None]:
            said["unclear"] = unclear
        if self.lines:
            said["lines"] = [line.as_json() for line in self.lines]
        for slot in ("warehouse", "reference", "person", "until", "purpose", "reason", "problem"):
            value = getattr(self, slot)
            if value is not None:
                said[slot] = str(value)
        return said
