"""The running systems of the journey tests: one shared by most, fresh ones for what breaks things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journey.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The demo company at work, shared by all tests; whatever they did, every invariant holds at the end."""
    shared = System(tmp_path_factory.mktemp("journey") / "data").start()
    try:
        yield shared
        shared.verify()
    finally:
        shared.stop()


@pytest.fixture(scope="module")
def own_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A demo company for one module, whose processes may be killed."""
    fresh = System(tmp_path_factory.mktemp("own") / "data").start()
    try:
        yield fresh
    finally:
        fresh.stop()


@pytest.fixture
def new_system(tmp_path: Path) -> Iterator[Callable[[str], System]]:
    """Makes systems that are not started yet, each with the name of its data directory; stops them."""
    made: list[System] = []

    def make(name: str) -> System:
        made.append(System(tmp_path / name))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.stop()
