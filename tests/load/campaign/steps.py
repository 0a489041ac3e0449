"""kill -9 at each named step between two durable moments, with traffic and journeys at work."""

from __future__ import annotations

from tests.journey.system import eventually
from tests.load.campaign.journeys import journeys
from tests.load.campaign.kills import judge
from tests.load.campaign.processes import all_are_back
from tests.load.campaign.traffic import traffic
from tests.load.campaign.trial import Trial, Tried

STEPS = {
    "stock": (
        "before commit",
        "after commit, before the answer",
        "after publishing, before the mark",
        "after the effect, before its commit",
        "after the effect, before the acknowledgement",
    ),
    "orders": (
        "after the effect, before the acknowledgement",
        "before commit",
        "after commit, before the answer",
        "after publishing, before the mark",
        "after the effect, before its commit",
    ),
    "approvals": (
        "after publishing, before the mark",
        "after the effect, before its commit",
        "after the effect, before the acknowledgement",
        "before commit",
        "after commit, before the answer",
    ),
    "bot": (
        "after keeping, before the work",
        "after the call, before it is written down",
        "after sending, before the mark",
        "after the effect, before its commit",
        "after the effect, before the acknowledgement",
    ),
}
RARE = (*(f"{part} died {step}" for part, steps in STEPS.items() for step in steps), "journeys")
_STEP_SECONDS = 60.0


def kills_at_steps(trial: Trial, system: Tried) -> None:
    """Every step of every part so many times; in each turn all parts die, each at a step of its own."""
    # The traffic ends first: whoever walks waits for words that stand behind its words in the chat.
    with journeys(system, 2) as walks, traffic(system, trial.seed, workers=2) as history:
        for _ in range(trial.rounds):
            for turn in range(len(STEPS["bot"])):
                _one_turn(trial, system, {part: steps[turn] for part, steps in STEPS.items()})
    trial.saw("journeys", sum(len(walk.orders) for walk in walks))
    judge(trial, system, history)


def _one_turn(trial: Trial, system: Tried, steps: dict[str, str]) -> None:
    gone = {system.process_id(part) for part in steps}
    for part, step in steps.items():
        system.arm(part, step)
    for part, step in steps.items():
        eventually(lambda: system.died(part), f"{part} comes to: {step}", _STEP_SECONDS)  # noqa: B023
        trial.saw(f"{part} died {step}")
    all_are_back(system, gone)
