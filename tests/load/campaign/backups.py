"""A backup under traffic, restored: whatever was answered before it began is in it, and it verifies."""

from __future__ import annotations

import shutil
from time import sleep

from tests.load.campaign.history import differences, effects
from tests.load.campaign.journeys import journey
from tests.load.campaign.kills import judge
from tests.load.campaign.traffic import traffic
from tests.load.campaign.trial import Trial, Tried, at_work

RARE = ("answered before a backup began", "answered while a backup was made", "backup restored and verified")
RARE_WHEN_STARTED = ("restored system carried an order out",)
_BETWEEN_SECONDS = 1.0


def backups(trial: Trial, system: Tried) -> None:
    """So many backups under traffic, each restored and verified."""
    _backups(trial, system, started=False)


def backups_that_start(trial: Trial, system: Tried) -> None:
    """The same; each restored system is started and carries an order out."""
    _backups(trial, system, started=True)


def _backups(trial: Trial, system: Tried, *, started: bool) -> None:
    with traffic(system, trial.seed) as history:
        for number in range(trial.rounds):
            sleep(_BETWEEN_SECONDS)
            target, restored = trial.folder / f"backup-{number}", trial.folder / f"restored-{number}"
            before = history.snapshot()
            system.command("backup", str(target), "--data", str(system.data))
            after = history.snapshot()
            # Ends with verify; a finding is an exit code of its own.
            system.command("restore", str(target), "--data", str(restored))
            wrong = differences(before, effects(restored))
            assert not wrong, f"seed {trial.seed}: {wrong[:20]}"
            trial.saw("answered before a backup began", len(before))
            trial.saw("answered while a backup was made", len(after) - len(before))
            trial.saw("backup restored and verified")
            if started:
                with at_work(restored) as second:
                    journey(second)
                    broken = second.broken()
                assert not broken, f"seed {trial.seed}: {broken[:20]}"
                trial.saw("restored system carried an order out")
            shutil.rmtree(target)
            shutil.rmtree(restored)
    judge(trial, system, history)
