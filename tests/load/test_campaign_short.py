"""The campaigns in short, on one system for all: what `make campaign` does for longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import randbelow

import pytest

from tests.load.campaign import backups, broker_away, events, kills, last_units, steps, taps
from tests.load.campaign.traffic import bring_goods
from tests.load.campaign.trial import Trial, Tried, at_work

pytestmark = pytest.mark.slow
_TRIES = 4


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """A system that may be killed, with the goods of the traffic on its shelf."""
    with at_work(tmp_path_factory.mktemp("campaign") / "data") as system:
        bring_goods(system)
        yield system


def trial(rounds: int, folder: Path) -> Trial:
    """A trial with a seed of its own, which is printed where it fails."""
    made = Trial(1 + randbelow(1_000_000), rounds, folder)
    print(f"seed {made.seed}")
    return made


def hold(done: Trial, rare: tuple[str, ...]) -> None:
    """Whatever a trial was to come through it has come through."""
    print("\n".join(f"{times:6} {state}" for state, times in sorted(done.seen.items())))
    assert [state for state in rare if not done.seen[state]] == []


@pytest.mark.parametrize(
    ("run", "rounds", "rare"),
    [
        pytest.param(taps.taps, 5, taps.RARE, id="16 copies of each tap"),
        pytest.param(broker_away.broker_away, 1, broker_away.RARE, id="the broker is away"),
        pytest.param(backups.backups, 1, backups.RARE, id="a backup under traffic"),
        pytest.param(steps.kills_at_steps, 1, steps.RARE, id="a kill at each step"),
        pytest.param(kills.random_kills, 6, kills.RARE, id="kills at any moment"),
        # Last: what is poison stays parked.
        pytest.param(events.events, 2, events.RARE, id="events in any order and poison"),
    ],
)
def test_nothing_is_lost_doubled_or_left_half_done(
    tried: Tried, tmp_path: Path, run: Callable[[Trial, Tried], None], rounds: int, rare: tuple[str, ...]
) -> None:
    seen: Counter[str] = Counter()
    for number in range(_TRIES):
        # Which rare states a few rounds come through is partly luck; every try has to hold all the same.
        folder = tmp_path / str(number)
        folder.mkdir()
        done = trial(rounds, folder)
        run(done, tried)
        seen.update(done.seen)
        if all(seen[state] for state in rare):
            break
    done.seen.update(seen)
    hold(done, rare)


def test_the_last_pieces_are_never_promised_twice_on_either_database(tmp_path: Path) -> None:
    done = trial(3, tmp_path)
    last_units.last_units(done)
    hold(done, last_units.RARE)
