"""What a preview knows of a chat product: which messages a card becomes, and how each looks there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.platform import Card, CardState
from deploy.previews.markup import Node

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One product. `messages` gives what its channel really sends for a card, in its order, and `draw`
    draws one of them for an element of the classes `chat` and `name`."""

    name: str
    messages: Callable[[Card], Sequence[Message]]
    draw: Callable[[Message], Node]


def is_replacement(card: Card) -> bool:
    """Whether people see this card in the place of an earlier one: what ended is never sent anew."""
    return not card.buttons and card.state is not CardState.OPEN


def bubble(text: str) -> Node:
    """A message of words."""
    return Node("div", "bubble", (text,))
