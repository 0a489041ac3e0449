"""`make planted`: plants each bug into a copy of the tree and shows the test that catches it.

Each patch names its bug and a test in its first lines. A bug that its test lets pass, a patch that no longer
fits, and a test that fails without the bug are all failures of this run.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
PATCHES = Path(__file__).parent
TEST_SECONDS = 180
_HEAD = re.compile(r"bug: (?P<bug>.+)\ncaught by: (?P<test>\S+)\n")
# What pytest answers with when tests ran and one of them failed; anything else is no proof.
_A_TEST_FAILED = 1


@dataclass(frozen=True)
class Planted:
    """A planted bug: its patch, what it does in words, and the test that has to notice."""

    patch: Path
    bug: str
    test: str


@dataclass(frozen=True)
class Verdict:
    """What came of a bug; ``caught`` only if its test failed with it."""

    planted: Planted
    caught: bool
    why: str
    seconds: float


def planted_bugs() -> list[Planted]:
    """All patches with what their first lines say."""
    found = []
    for path in sorted(PATCHES.glob("*.patch")):
        head = _HEAD.match(path.read_text(encoding="utf-8"))
        assert head is not None, f"{path.name} does not name its bug and its test"
        found.append(Planted(path, head["bug"], head["test"]))
    return found


def copy_tree(target: Path) -> None:
    """Copy what is committed or would be; nothing that was only generated here."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def apply(tree: Path, patch: Path, *, back: bool = False, look_only: bool = False) -> bool:
    """Apply a patch to a tree, or take it back; False if it does not fit."""
    command = ["git", "apply", *(["--reverse"] if back else []), *(["--check"] if look_only else [])]
    # The tree is no repository of its own: the patch must not be looked up in one around it.
    around = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent), "GIT_DIR": str(tree / "no-git")}
    return subprocess.run([*command, str(patch)], cwd=tree, env=around, capture_output=True).returncode == 0


def run_test(tree: Path, test: str) -> tuple[int, str]:
    """Run one test in a tree; answers with pytest's exit code and its last lines."""
    path = os.pathsep.join([str(tree), str(tree / "protos" / "generated")])
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", test]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=TEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return -1, f"not done after {TEST_SECONDS} s"
    return done.returncode, "\n".join(done.stdout.splitlines()[-12:]) + done.stderr[-2000:]


def judge(tree: Path, planted: Planted) -> Verdict:
    """Plant a bug, run its test, take the bug out again."""
    began = time.monotonic()
    if not apply(tree, planted.patch):
        return Verdict(planted, False, "the patch does not fit the code any more", 0.0)
    code, told = run_test(tree, planted.test)
    assert apply(tree, planted.patch, back=True), f"{planted.patch.name} cannot be taken back"
    reasons = {0: "the test passes with the bug", _A_TEST_FAILED: ""}
    why = reasons.get(code, f"the test could not run: {told}")
    return Verdict(planted, code == _A_TEST_FAILED, why, time.monotonic() - began)


def main() -> int:
    """Judge all bugs, or those named; 1 if one is not caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", metavar="NAME", nargs="*", default=[], help="names of patches")
    only = set(parser.parse_args().only)
    bugs = [one for one in planted_bugs() if not only or one.patch.stem in only]
    screen = Console(highlight=False, width=150)
    with tempfile.TemporaryDirectory(prefix="kuguan-planted-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        code, told = run_all(tree, sorted({one.test for one in bugs}))
        if code:
            screen.print(f"The tests fail without any bug:\n{told}", markup=False)
            return 1
        verdicts = []
        for one in bugs:
            verdicts.append(judge(tree, one))
            mark = "caught" if verdicts[-1].caught else "NOT CAUGHT"
            screen.print(f"{mark:>10}  {one.patch.stem}  {verdicts[-1].seconds:.1f} s", markup=False)
    screen.print(as_table(verdicts))
    missed = [verdict for verdict in verdicts if not verdict.caught]
    for verdict in missed:
        screen.print(f"NOT CAUGHT: {verdict.planted.patch.stem}: {verdict.why}", markup=False)
    screen.print(f"{len(verdicts) - len(missed)} of {len(verdicts)} planted bugs are caught")
    return 1 if missed or not verdicts else 0


def run_all(tree: Path, tests: list[str]) -> tuple[int, str]:
    """Run all named tests without any bug: they have to pass, or their failing proves nothing."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    path = os.pathsep.join([str(tree), str(tree / "protos" / "generated")])
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    return done.returncode, done.stdout[-4000:]


def as_table(verdicts: list[Verdict]) -> Table:
    """Bug, the test that has to notice it, and whether it did."""
    table = Table("bug", "test", "caught", box=SIMPLE_HEAD, show_edge=False)
    for verdict in verdicts:
        test = verdict.planted.test.partition("::")
        table.add_row(
            f"{verdict.planted.patch.stem}: {verdict.planted.bug}",
            f"{test[0]}\n{test[2]}".strip(),
            "yes" if verdict.caught else "NO",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
