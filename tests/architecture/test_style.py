"""Files stay short, say their purpose first, have telling names, and carry nothing of a single machine."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import CODE, ROOT, SERVICES, modules, name, parsed, room, text_files

LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 70
NAMES_WITHOUT_MEANING = {
    "base",
    "bases",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "util",
    "utils",
}
# Hosts that our files may name. Everything is installed from where the machine's own settings say.
HOSTS = re.compile(
    r"^(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|([a-z0-9-]+\.)*example(\.(com|org|net))?|www\.w3\.org"
    r"|cloudevents\.io|stock|orders|approvals|broker|nats|postgres|bot"
    # The chat products: addresses an administrator opens, and those the bot calls when it is set up.
    r"|([a-z0-9-]+\.)*(weixin\.qq\.com|dingtalk\.com|feishu\.cn|larksuite\.com|slack\.com))$"
)
ADDRESS = re.compile(r"\bhttps?://(?:[^\s/@\"'`]+@)?(\[::1\]|[A-Za-z0-9.-]+)")
# A home or checkout folder of somebody's machine.
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])/(?:work|root|Users|home/[a-z]+)/[\w.-]+")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    nodes = ast.walk(parsed(path))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_all_code_is_where_the_rules_look() -> None:
    outside = [name(path) for path in modules() if path.relative_to(ROOT).parts[0] not in CODE]
    assert outside == ["protos/generate.py"]


def test_no_file_is_too_long() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {file: length for file, length in lengths.items() if length > LINES_IN_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{name(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules()
        for node in functions(path)
    }
    assert {function: length for function, length in lengths.items() if length > LINES_IN_A_FUNCTION} == {}


def test_every_module_says_its_purpose_in_its_first_line() -> None:
    silent = []
    for path in modules():
        purpose = (ast.get_docstring(parsed(path)) or "").partition("\n")[0]
        starts = path.read_text("utf-8").lstrip().startswith(('"""', 'r"""', "#!"))
        if len(purpose.split()) < 2 or not starts:
            silent.append(name(path))
    assert silent == []


def test_no_module_has_a_name_without_meaning() -> None:
    parts = {name(path): {*path.relative_to(ROOT).parts[:-1], path.stem} for path in modules()}
    assert [file for file, words in parts.items() if words & NAMES_WITHOUT_MEANING] == []


def test_test_names_are_sentences() -> None:
    short = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in modules()
        if path.name.startswith("test_")
        for node in functions(path)
        if node.name.startswith("test_") and len(node.name.split("_")) < 4
    ]
    assert short == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_amount_is_ever_a_float(service: str) -> None:
    floats = [
        f"{name(path)}:{node.lineno}"
        for path in [*room(service, "domain"), *room(service, "messages"), *room(service, "storage")]
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Name) and node.id in {"float", "Float"})
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert floats == []


def test_nothing_is_left_for_later() -> None:
    # Put together here so that this file does not find itself.
    marks = re.compile(
        r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "Not" + "ImplementedError"]) + r")\b"
    )
    found = [
        f"{name(path)}:{number}"
        for path in text_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{name(path)}: {match.group()}"
        for path in text_files()
        for match in MACHINE_PATH.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_file_names_a_foreign_host() -> None:
    found = [
        f"{name(path)}: {match.group()}"
        for path in text_files()
        for match in ADDRESS.finditer(path.read_text("utf-8"))
        if not HOSTS.match(match.group(1))
    ]
    assert found == []
