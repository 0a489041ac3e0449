"""Positions in lists, as page tokens carry them."""

from __future__ import annotations

from services.kit.errors import InvalidField

Position = list[str | int] | None


def texts(position: Position, count: int) -> list[str]:
    """A position made of texts; empty texts for the first page."""
    if position is None:
        return [""] * count
    found = [part for part in position if isinstance(part, str)]
    if len(found) != count or len(position) != count:
        raise _foreign()
    return found


def number(position: Position) -> int | None:
    """A position made of one number; None for the first page."""
    if position is None:
        return None
    if len(position) != 1 or not isinstance(position[0], int):
        raise _foreign()
    return position[0]


def place_of_rule(position: Position) -> tuple[int, str, int] | None:
    """A position made of a rule's position, name and version; None for the first page."""
    if position is None:
        return None
    if len(position) == 3:
        place, name, version = position
        if isinstance(place, int) and isinstance(name, str) and isinstance(version, int):
            return place, name, version
    raise _foreign()


def _foreign() -> InvalidField:
    return InvalidField("page_token", "not a token of this query; start again without it")
