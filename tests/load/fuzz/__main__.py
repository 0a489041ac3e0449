"""`python -m tests.load.fuzz`: every target for some seconds or a number of inputs; exit 1 at a fault."""

from __future__ import annotations

import argparse
import random
import sys

from tests.load.fuzz import Outcome, found, fuzz


def main() -> int:
    """Run the targets one after the other and say what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.fuzz", description=__doc__)
    bound = parser.add_mutually_exclusive_group()
    bound.add_argument("--seconds", type=float, help="for each target (default 30)")
    bound.add_argument("--inputs", type=int, help="for each target, in place of seconds")
    parser.add_argument("--only", default="", help="targets whose name begins with this, such as slack")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="repeats a run exactly")
    asked = parser.parse_args()
    seconds = (asked.seconds or 30.0) if asked.inputs is None else None
    targets = found(asked.only)
    if not targets:
        print(f"no target is called {asked.only}…", file=sys.stderr)
        return 2
    print(f"seed {asked.seed}")
    faulty = 0
    for target in targets:
        outcome = fuzz(target, asked.seed, asked.inputs, seconds)
        faulty += bool(outcome.fault)
        print(told(outcome), flush=True)
    return 1 if faulty else 0


def told(outcome: Outcome) -> str:
    """An outcome in a line, and the input of a fault in another."""
    line = f"{outcome.target:32} {outcome.inputs:>12,} inputs {outcome.rate:>12,.0f}/s"
    if not outcome.fault:
        return f"{line}  ok"
    return f"{line}  FAULT {outcome.fault}\n  input {outcome.culprit.hex()}"


if __name__ == "__main__":
    sys.exit(main())
