"""Damaged inputs for everything that reads what comes from outside: only declared errors may come out.

Each module of this folder has a function `targets()`. A target takes bytes and swallows the errors that its
parser declares; whatever else it raises is a fault. Examples of good inputs, where a target names some, are
damaged too, because random bytes seldom get past the first brace.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST = 64 * 1024
_TOKENS = (
    b"null", b"true", b"-1", b"1e999", b"9" * 400, b'""', b"{}", b"[]", b"[null]", b'{"type":[]}',
    b'"\\ud800"', b"\\u0000", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", "²".encode(), "\u202e".encode(),
    b"<", b"&", b"%00", b"=", b"<!ENTITY a '&a;'>", b"]]>", b"[" * 2000, b'{"a":' * 2000, b"../",
    b"\r\n", b"2147483648", b"NaN",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Something that reads bytes, and good inputs for it."""

    name: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes] = ()

    @property
    def product(self) -> str:
        """Whose inputs it reads."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Outcome:
    """What became of a target. `fault` names what came out of `culprit`, the smallest input found for it."""

    target: str
    inputs: int
    seconds: float
    fault: str = ""
    culprit: bytes = b""

    @property
    def rate(self) -> float:
        """Inputs a second."""
        return self.inputs / self.seconds if self.seconds else 0.0


def found(only: str = "") -> list[Target]:
    """The targets of every module here, or those whose name begins with `only`."""
    made: list[Target] = []
    for module in sorted(one.name for one in pkgutil.iter_modules(__path__)):
        if module == "__main__":
            continue
        targets = importlib.import_module(f"{__name__}.{module}").targets()
        made += [_target(module, given) for given in targets]
    return [one for one in made if one.name.startswith(only)]


def fuzz(target: Target, seed: int, inputs: int | None, seconds: float | None) -> Outcome:
    """Run a target on so many inputs, or for so long; ends at the first fault."""
    chance = random.Random(f"{seed} {target.name}")
    began = time.monotonic()
    done = 0
    for data in _inputs(target.seeds, chance):
        spent = time.monotonic() - began
        if (inputs is not None and done >= inputs) or (seconds is not None and spent >= seconds):
            break
        done += 1
        fault = _fault(target, data)
        if fault:
            return Outcome(target.name, done, spent, fault, _smallest(target, data, fault))
    return Outcome(target.name, done, time.monotonic() - began)


def _target(module: str, given: Any) -> Target:
    """A target as its module gives it: a function, or its name, the function and good inputs."""
    if callable(given):
        return Target(f"{module}.{given.__name__}", given)
    name, run, seeds = given
    return Target(f"{module}.{name}", run, tuple(seeds))


def _inputs(seeds: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """Good inputs first, then without end: damaged ones and random bytes."""
    yield from seeds
    while True:
        if not seeds or chance.random() < 0.1:
            yield chance.randbytes(min(int(chance.expovariate(1 / 64)), LARGEST))
            continue
        data = bytearray(chance.choice(seeds))
        for _ in range(1 + int(chance.expovariate(0.7))):
            _damage(data, seeds, chance)
        yield bytes(data[:LARGEST])


def _damage(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    """One change somewhere."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + 1 + int(chance.expovariate(1 / 8)))
    kind = chance.randrange(7)
    if kind == 0 and start < len(data):
        data[start] ^= 1 << chance.randrange(8)
    elif kind == 1 and start < len(data):
        data[start] = chance.randrange(256)
    elif kind == 2:
        del data[start:end]
    elif kind == 3:
        data[start:start] = data[start:end] * chance.randrange(1, 4)
    elif kind == 4:
        data[start:end] = chance.choice(_TOKENS)
    elif kind == 5:
        other = chance.choice(seeds)
        cut = chance.randrange(len(other) + 1)
        data[start:] = other[cut:]
    else:
        del data[start:]


def _fault(target: Target, data: bytes) -> str:
    try:
        target.run(data)
    except Exception as error:  # noqa: BLE001 - any error that a target lets out is what is looked for
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def _smallest(target: Target, data: bytes, fault: str) -> bytes:
    """A smaller input with the same kind of fault, by leaving out parts for a bounded number of tries."""
    kind, tries, step = fault.partition(":")[0], 500, max(len(data) // 2, 1)
    while step and tries:
        start = 0
        while start < len(data) and tries:
            tries -= 1
            smaller = data[:start] + data[start + step :]
            if _fault(target, smaller).partition(":")[0] == kind:
                data = smaller
            else:
                start += step
        step //= 2
    return data
