"""Comes into every process of a system under trial: dies at a named step, and mixes up what is published.

The interpreter imports a module of this name before anything else, because the campaign puts this folder on
the path of the processes it starts. The product knows nothing of it: functions are wrapped after their module
was imported. What shall happen is read from files in the folder KUGUAN_CAMPAIGN, so that it can be changed
while the system runs:

    <part>.kill    the name of the step at which the part dies by SIGKILL; renamed to <part>.killed before
    <part>.mix     events are published in any order, some of them twice
    pause          seconds between the end of a process and its next start; without the file nearly none
"""

from __future__ import annotations

import asyncio
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ.get("KUGUAN_CAMPAIGN", "."))
MODULES = {
    "services.stock": "stock",
    "services.orders": "orders",
    "services.approvals": "approvals",
    "bot": "bot",
}
QUICK_SECONDS = 0.05
_HELD_UP_SECONDS = 0.3
_SHARE_SENT_TWICE = 0.3


def part() -> str:
    """Which part of the system this process is; empty for all others."""
    words = sys.orig_argv
    return MODULES.get(words[words.index("-m") + 1], "") if "-m" in words[:-1] else ""


PART = part()


def step(name: str, fits: bool = True) -> None:
    """Die here if that was asked for: at once, without a last word."""
    order = FOLDER / f"{PART}.kill"
    if not fits or not order.exists() or order.read_text(encoding="utf-8") != name:
        return
    order.rename(FOLDER / f"{PART}.killed")
    os.kill(os.getpid(), signal.SIGKILL)


class Pauses(tuple[float, ...]):
    """The pauses of `kuguan up` before it starts a part again, as the campaign says."""

    __slots__ = ()

    def __getitem__(self, _number: Any) -> Any:
        asked = FOLDER / "pause"
        return float(asked.read_text(encoding="utf-8")) if asked.exists() else QUICK_SECONDS


def _processes(module: Any) -> None:
    module.PAUSES = Pauses(module.PAUSES)


def _writing(module: Any) -> None:
    store, run = module._store_answers, module.Writer._run

    def store_answers(tx: Any, jobs: Any, *rest: Any) -> None:
        store(tx, jobs, *rest)
        # Everything is written but the events, and nothing is committed.
        step("before commit", bool(tx.events))

    def run_group(self: Any, group: Any) -> Any:
        outcome = run(self, group)
        step("after commit, before the answer", any(job.command is not None for job in group))
        return outcome

    module._store_answers, module.Writer._run = store_answers, run_group


def _events(module: Any) -> None:
    publish = module.Broker.publish

    async def published(self: Any, events: Sequence[Any]) -> None:
        if (FOLDER / f"{PART}.mix").exists():
            # What is written meanwhile goes together: more of one aggregate to be out of order.
            await asyncio.sleep(_HELD_UP_SECONDS)
            events = mixed(events)
        await publish(self, events)
        step("after publishing, before the mark")

    module.Broker.publish = published


def mixed(events: Sequence[Any]) -> list[Any]:
    """The events in any order, some of them twice, as a network full of repeats would bring them."""
    chance = random.Random()
    again = [
        replace(event, generation=event.generation + 1_000_000 + chance.randrange(1_000_000))
        for event in events
        if chance.random() < _SHARE_SENT_TWICE
    ]
    shuffled = [*events, *again]
    chance.shuffle(shuffled)
    return shuffled


def _inbox(module: Any) -> None:
    apply, handle = module.apply, module._answer

    def applied(*given: Any) -> Any:
        outcomes = apply(*given)
        step("after the effect, before its commit", module.Outcome.APPLIED in outcomes)
        return outcomes

    async def answered(*rest: Any) -> None:
        step("after the effect, before the acknowledgement")
        await handle(*rest)

    module.apply, module._answer = applied, answered


def _webhook(module: Any) -> None:
    start, after_tap = module.Turns.start, module.Reception._after_tap

    def started(self: Any, *rest: Any, **more: Any) -> Any:
        step("after keeping, before the work")
        return start(self, *rest, **more)

    async def tapped(self: Any, *rest: Any) -> Any:
        step("after the call, before it is written down")
        return await after_tap(self, *rest)

    module.Turns.start, module.Reception._after_tap = started, tapped


def _local(module: Any) -> None:
    send = module.LocalChat.send

    async def sent(self: Any, *rest: Any) -> Any:
        reference = await send(self, *rest)
        step("after sending, before the mark")
        return reference

    module.LocalChat.send = sent


WRAPPED: dict[str, Callable[[Any], None]] = {
    "deploy.processes": _processes,
    "services.kit.writing": _writing,
    "services.kit.events": _events,
    "services.kit.inbox": _inbox,
    "bot.webhook": _webhook,
    "bot.chat.local": _local,
}


class Loader(importlib.abc.Loader):
    """Loads a module as it is, then wraps some of its functions."""

    def __init__(self, loader: importlib.abc.Loader, wrap: Callable[[Any], None]) -> None:
        self._loader = loader
        self._wrap = wrap

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As it is."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As it is, then wrapped."""
        self._loader.exec_module(module)
        self._wrap(module)


class Finder(importlib.abc.MetaPathFinder):
    """Stands before the other finders for the modules to wrap."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the others find, with our loader around theirs."""
        wrap = WRAPPED.get(fullname)
        if wrap is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Loader(spec.loader, wrap)
        return spec


if "KUGUAN_CAMPAIGN" in os.environ:
    sys.meta_path.insert(0, Finder())
