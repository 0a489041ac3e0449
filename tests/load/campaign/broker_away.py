"""The broker down and back, frozen, and with all its data deleted, under traffic: late, never lost."""

from __future__ import annotations

import signal
from time import sleep

from tests.load.campaign.history import History
from tests.load.campaign.kills import judge
from tests.load.campaign.processes import all_are_back, children, kill_part, send
from tests.load.campaign.traffic import PROMISES, traffic
from tests.load.campaign.trial import Trial, Tried

RARE = (
    "answered while the broker was down",
    "answered while the broker was frozen",
    "broker came back",
    "broker lost everything",
    "events sent again",
)
_DOWN_SECONDS = 3.0
_FROZEN_SECONDS = 3.0
_EMPTY_SECONDS = 1.5


def broker_away(trial: Trial, system: Tried) -> None:
    """So many times each: down, frozen, emptied. Promises go on; orders wait for each other's events."""
    with (
        traffic(system, trial.seed, workers=3) as walks,
        traffic(system, trial.seed + 1, workers=2, weights=PROMISES) as history,
    ):
        sleep(1.0)
        gone: set[int] = set()
        for _ in range(trial.rounds):
            with system.pausing(_DOWN_SECONDS):
                gone.add(kill_part(system, "broker")[0])
                sleep(0.3)
                if _answered_within(history, _DOWN_SECONDS - 0.6):
                    trial.saw("answered while the broker was down")
            all_are_back(system, gone)
            trial.saw("broker came back")
            _freeze(trial, system, history)
            _empty(trial, system, gone)
        sleep(0.5)
    judge(trial, system, history, walks)


def _answered_within(history: History, seconds: float) -> bool:
    """Whether any change was answered in this time."""
    before = history.count()["answered"]
    sleep(seconds)
    return history.count()["answered"] > before


def _freeze(trial: Trial, system: Tried, history: History) -> None:
    pid = children(system)["broker"]
    send(pid, signal.SIGSTOP)
    try:
        if _answered_within(history, _FROZEN_SECONDS):
            trial.saw("answered while the broker was frozen")
    finally:
        send(pid, signal.SIGCONT)


def _empty(trial: Trial, system: Tried, gone: set[int]) -> None:
    """Delete the store of a broker that is down; when it is back, send all events again."""
    with system.pausing(_EMPTY_SECONDS):
        gone.add(kill_part(system, "broker")[0])
        sleep(0.2)
        system.lose_events()
        trial.saw("broker lost everything")
        sleep(_EMPTY_SECONDS / 2)
    all_are_back(system, gone)
    done = system.command("events", "republish", "--since", "720h", "--data", str(system.data))
    counts = [int(line.split()[1]) for line in done.stdout.splitlines()]
    trial.saw("events sent again", sum(counts))
