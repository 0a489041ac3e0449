"""A busy writer waits for those who may still come, and not a moment longer than they take."""

from __future__ import annotations

from collections.abc import Callable

from services.kit.lingering import Lingering

MOST = 1000


def _looks(lingering: Lingering, coming: Callable[[int], int]) -> int:
    """How often the writer looks; before each look somebody may come, so that so many wait."""
    looks: list[int] = []

    def queued() -> int:
        looks.append(coming(len(looks)))
        if looks[-1]:
            lingering.arrived(looks[-1], looks[-1])
        return looks[-1]

    lingering.wait(queued, MOST)
    return len(looks)


def test_it_ends_when_all_who_lately_waited_are_here() -> None:
    lingering = Lingering(0.001, 100, 1.0)
    lingering.arrived(32, 0)
    assert _looks(lingering, lambda look: 28 + look) == 5, "the 32nd ends it"


def test_where_others_work_meanwhile_it_ends_with_some_of_them() -> None:
    lingering = Lingering(0.001, 100, 0.5)
    lingering.arrived(32, 0)
    assert _looks(lingering, lambda look: 10 + look) == 7, "the 16th ends it"


def test_it_ends_when_nobody_has_come_for_a_moment() -> None:
    lingering = Lingering(0.001, 100, 1.0)
    lingering.arrived(32, 0)
    assert _looks(lingering, lambda look: min(look, 2)) == 4


def test_it_ends_when_a_group_is_full() -> None:
    lingering = Lingering(0.001, 100, 1.0)
    lingering.arrived(5 * MOST, 0)
    assert _looks(lingering, lambda look: look * MOST) == 2


def test_it_ends_after_some_looks_whoever_comes() -> None:
    lingering = Lingering(0.001, 6, 1.0)
    lingering.arrived(32, 0)
    assert _looks(lingering, lambda look: look) == 7


def test_who_has_gone_is_forgotten() -> None:
    lingering = Lingering(0.0, 1, 1.0)
    lingering.arrived(256, 0)
    for _ in range(200):
        lingering.wait(lambda: 0, MOST)
    assert _looks(lingering, lambda _: 32) == 1
