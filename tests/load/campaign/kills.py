"""kill -9 of random processes under traffic: what was answered is there, what was refused is not."""

from __future__ import annotations

from time import sleep

from tests.journey.system import PARTS, eventually
from tests.load.campaign.history import History, differences, effects, rare_states
from tests.load.campaign.processes import all_are_back, kill_part, ready_parts
from tests.load.campaign.traffic import ALL_KINDS, traffic
from tests.load.campaign.trial import Trial, Tried

RARE = (
    *(f"killed {part}" for part in PARTS),
    "killed two at once",
    "killed everything",
    "operations answered",
    "operations refused",
    "operations unknown",
    "answered when asked again",
    "unknown, and it is not there",
)
RARE_WHEN_LONG = ("killed while starting", "unknown, and it is there")
_EVERYTHING_EVERY = 100


def random_kills(trial: Trial, system: Tried) -> None:
    """Kill so many processes, most of them one by one, at any moment of their life."""
    with traffic(system, trial.seed, weights=ALL_KINDS) as history:
        sleep(1.0)
        gone: set[int] = set()
        for number in range(trial.rounds):
            # Mostly with nearly everything at work, now and then into the middle of a start.
            least = 4 if trial.chance.random() < 0.8 else 2
            eventually(lambda: len(ready_parts(system)) >= least, "the parts come back", 120.0)  # noqa: B023
            sleep(trial.chance.uniform(0.05, 0.4))
            if number % _EVERYTHING_EVERY == trial.rounds // 2 % _EVERYTHING_EVERY:
                all_are_back(system, gone)
                system.kill_everything()
                system.start(port=system.port)
                trial.saw("killed everything")
            # Each part in turn, so that none is spared; together with another one now and then.
            part = PARTS[number % len(PARTS)]
            killed = _kill(trial, system, part, gone)
            other = trial.chance.choice([one for one in PARTS if one != part])
            if number % 4 == 1 and _kill(trial, system, other, gone) and killed:
                trial.saw("killed two at once")
        all_are_back(system, gone)
        sleep(1.0)
    judge(trial, system, history)


def _kill(trial: Trial, system: Tried, part: str, gone: set[int]) -> bool:
    pid, starting = kill_part(system, part)
    if not pid:
        return False
    gone.add(pid)
    trial.saw(f"killed {part}")
    trial.saw("killed while starting", int(starting))
    return True


def judge(trial: Trial, system: Tried, *histories: History) -> None:
    """Compare what callers were told with what is there, and check every invariant."""
    operations = [operation for history in histories for operation in history.snapshot()]
    broken = system.broken()
    found = effects(system.data)
    trial.seen.update(rare_states(operations, found))
    wrong = differences(operations, found)
    assert not wrong, f"seed {trial.seed}: {wrong[:20]}"
    assert not broken, f"seed {trial.seed}: {broken[:20]}"
