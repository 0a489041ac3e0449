"""What the documents point at exists: files, headings and make targets."""

import re
import subprocess
from pathlib import Path

from tests.architecture.tree import ROOT, files, name

LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:`|^\s*\$?\s*)make ([a-z]+)\b", re.MULTILINE)
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)


def documents() -> list[Path]:
    """All pages."""
    return [path for path in files() if path.suffix == ".md"]


def prose(path: Path) -> str:
    """A page without its code blocks, in which brackets mean something else."""
    return FENCE.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings get on the usual code-hosting sites."""
    plain = (
        re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", one).lower() for one in HEADING.findall(prose(path))
    )
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in plain}


def test_no_link_in_a_document_is_broken() -> None:
    broken = []
    for page in documents():
        for link in LINK.findall(prose(page)):
            if "://" in link or link.startswith("mailto:"):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            missing = not target.exists() or ROOT not in (target, *target.parents)
            if missing or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                broken.append(f"{name(page)}: {link}")
    assert broken == []


def test_documents_name_only_make_targets_that_exist() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    wrong = [
        f"{name(page)}: make {target}"
        for page in documents()
        for target in MAKE.findall(page.read_text("utf-8"))
        if target not in targets
    ]
    assert wrong == []


def test_make_alone_lists_its_targets() -> None:
    # Settings of an outer make would otherwise be carried into this one.
    done = subprocess.run(
        ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    listed = dict(line.split(maxsplit=2)[1:] for line in done.stdout.splitlines())
    assert {"setup", "run", "test", "check", "protos", "format"} <= set(listed)
    assert set(listed) == set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
