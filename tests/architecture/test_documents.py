"""What the documents say is so: files, functions, events, commands, settings and metrics they name exist."""

import ast
import re
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from google.protobuf.descriptor_pool import Default as default_pool
from prometheus_client.metrics import MetricWrapperBase

from bot import measures
from bot.notices import NOTICES
from deploy.command import application
from services.approvals.reactions import REACTIONS as APPROVALS
from services.kit import telemetry
from services.orders.reactions import REACTIONS as ORDERS
from services.stock.reactions import REACTIONS as STOCK
from tests.architecture.tree import ROOT, files, modules, name, parsed, text_files

LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
PICTURE = re.compile(r"\b(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:`|^\s*\$?\s*)make ([a-z]+)\b", re.MULTILINE)
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
# Anything that starts with one of our folders and could be a file; <...> and * stand for many.
PATH = re.compile(r"^(?:services|bot|deploy|protos|tests|docs|\.ci)/[\w./<>*{},-]*$")
PLACE = re.compile(r"^([\w./]+\.py):([A-Za-z_][\w.]*)$")
EVENT = re.compile(r"\bkuguan\.[a-z]+\.v1\.[A-Z]\w+")
VARIABLE = re.compile(r"\bKUGUAN_[A-Z_]*[A-Z]\b")
METRIC = re.compile(r"\bkuguan_[a-z_]+\b")
SHELL = re.compile(r"^(?:\$ |\.venv/bin/)*kuguan ((?:[a-z]|--?h).*)$")
DECISION_PARTS = ["What we chose", "What else there was", "What it costs"]

FIGURES = [*vars(telemetry).values(), *vars(measures).values()]


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
        for link in [*LINK.findall(prose(page)), *PICTURE.findall(prose(page))]:
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


def words(path: Path) -> Iterator[str]:
    """What a page sets in the type of code."""
    yield from CODE.findall(prose(path))


def defined(path: Path) -> set[str]:
    """The names a module defines at its top and in its classes, such as `Order` and `Order.approve`."""
    found: set[str] = set()
    for node in parsed(path).body:
        names = _names(node)
        found.update(names)
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}.{inner}" for part in node.body for inner in _names(part))
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def test_every_function_that_a_document_names_exists() -> None:
    places = [(page, match) for page in documents() for word in words(page) if (match := PLACE.match(word))]
    wrong = [
        f"{name(page)}: {match.group()}"
        for page, match in places
        if not (ROOT / match[1]).is_file() or match[2] not in defined(ROOT / match[1])
    ]
    assert wrong == []
    journey = [match for page, match in places if page == ROOT / "docs" / "journey.md"]
    assert len(journey) >= 40, "the journey is told with the functions that make it"


def test_every_file_that_a_document_names_exists() -> None:
    known = {name(path) for path in files()}
    folders = {parent.as_posix() for path in known for parent in Path(path).parents}
    wrong = [
        f"{name(page)}: {word}"
        for page in documents()
        for word in words(page)
        if PATH.match(word) and not set("<>*{}") & set(word) and word.rstrip("/") not in known | folders
    ]
    assert wrong == []


def test_every_event_that_a_document_names_is_in_the_contract() -> None:
    wrong = []
    for page in documents():
        for event in set(EVENT.findall(page.read_text("utf-8"))):
            try:
                default_pool().FindMessageTypeByName(event)
            except KeyError:
                wrong.append(f"{name(page)}: {event}")
    assert wrong == []


def test_the_journey_tells_who_hears_what() -> None:
    heard: dict[str, set[str]] = defaultdict(set)
    hearers: Mapping[str, Mapping[str, object]] = {
        "stock": STOCK,
        "orders": ORDERS,
        "approvals": APPROVALS,
        "bot": NOTICES,
    }
    for hearer, reactions in hearers.items():
        for event in reactions:
            heard[event].add(hearer)
    told: dict[str, set[str]] = {}
    for line in (ROOT / "docs" / "journey.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and EVENT.search(cells[0]):
            listed = {hearer for hearer in hearers if re.search(rf"\b{hearer}\b", cells[2])}
            for event in EVENT.findall(cells[0]):
                assert cells[1] == event.split(".")[1]
                told[event] = listed
    contract = {
        f"kuguan.{service}.v1.{message}"
        for service in ("stock", "orders", "approvals")
        for message in default_pool()
        .FindFileByName(f"kuguan/{service}/v1/events.proto")
        .message_types_by_name
    }
    events = contract - {"kuguan.stock.v1.ReturnedLine", "kuguan.approvals.v1.StandIn"}
    assert told == {event: heard[event] for event in events}


def shell_lines(path: Path) -> Iterator[str]:
    """The calls of the `kuguan` command in a page's code blocks and between backticks."""
    text = path.read_text("utf-8")
    blocks = "\n".join(match.group() for match in FENCE.finditer(text))
    for line in [*blocks.splitlines(), *words(path)]:
        match = SHELL.match(line.strip())
        if match:
            yield match[1].partition("  #")[0]


def test_every_command_that_a_document_shows_can_be_typed() -> None:
    wrong = []
    for page in documents():
        for line in shell_lines(page):
            problem = _problem(typer.main.get_command(application), shlex.split(line))
            if problem:
                wrong.append(f"{name(page)}: kuguan {line}: {problem}")
    assert wrong == []
    assert {"ask", "tap", "inbox", "verify"} <= {
        line.split()[0] for line in shell_lines(ROOT / "README.md")
    }, "the README shows the journey"


def _problem(command: Any, typed: list[str]) -> str:
    """What is wrong with the words behind a command; empty if nothing is."""
    while hasattr(command, "commands") and typed:
        word = typed.pop(0)
        if word.startswith("-"):
            return "" if word in {"-h", "--help"} else f"no option {word}"
        if "|" in word:
            unknown = [one for one in word.split("|") if one not in command.commands]
            return f"no command {unknown}" if unknown else ""
        if word not in command.commands:
            return f"no command {word}"
        command = command.commands[word]
    options = {option for parameter in command.params for option in parameter.opts} | {"-h", "--help"}
    return next((f"no option {word}" for word in typed if word.startswith("-") and word not in options), "")


def test_the_two_commands_of_the_readme_are_make_targets() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    targets = set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    assert {"run", "test"} <= targets
    assert re.search(r"^make run\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)


def test_every_setting_that_a_document_names_is_read_somewhere() -> None:
    code = "\n".join(
        path.read_text("utf-8") for path in text_files() if path.suffix in {".py", ".yaml", ".sh"}
    )
    wrong = [
        f"{name(page)}: {variable}"
        for page in documents()
        for variable in sorted(set(VARIABLE.findall(page.read_text("utf-8"))))
        if not _is_read(variable, code)
    ]
    assert wrong == []


def _is_read(variable: str, code: str) -> bool:
    """Whether the code names a variable whole, by its last part, or made of a service's name."""
    plain = re.sub(r"^KUGUAN_(STOCK|ORDERS|APPROVALS|BOT)_", "KUGUAN_", variable)
    spelled = (variable, plain, plain.removeprefix("KUGUAN_"))
    return any(f'"{one}"' in code for one in spelled) or plain == "KUGUAN_ADDRESS"


def test_the_operations_guide_names_every_metric_and_no_other() -> None:
    made = [one for one in FIGURES if isinstance(one, MetricWrapperBase)]
    named = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for one in made
        for metric in one.describe()
    }
    operations = ROOT / "docs" / "operations.md"
    assert {word for one in words(operations) for word in METRIC.findall(one)} == named


def test_every_decision_says_what_was_chosen_what_else_there_was_and_what_it_costs() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path for path in folder.glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    index = (folder / "README.md").read_text("utf-8")
    for page in pages:
        parts = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
        assert parts == DECISION_PARTS, name(page)
        assert f"({page.name})" in index, f"{name(page)} is not in the index"


def test_every_picture_of_the_documents_is_small_and_shown() -> None:
    pictures = [path for path in files() if ROOT / "docs" / "images" in path.parents]
    pages = "\n".join(path.read_text("utf-8") for path in documents())
    assert [name(path) for path in pictures if path.stat().st_size > 300_000] == []
    assert [name(path) for path in pictures if f"images/{path.name}" not in pages] == []


def test_the_readme_maps_every_folder_of_the_tree() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in files() if len(path.relative_to(ROOT).parts) > 1}
    text = (ROOT / "README.md").read_text("utf-8")
    assert {folder for folder in top if f"{folder}/" not in text} == set()
    rooms = {path.relative_to(ROOT).parts[2].removesuffix(".py") for path in modules() if _is_in_stock(path)}
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert {room for room in rooms - {"__init__"} if f"`{room}`" not in text} == set()


def _is_in_stock(path: Path) -> bool:
    return ROOT / "services" / "stock" in path.parents
