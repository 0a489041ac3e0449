"""Imports go one way, and each rule about it is seen to break when it is broken."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SERVICES, imported, name, room

LINT = Path(sys.executable).parent / "lint-imports"
PACKAGES = ("deploy", "bot", "services", "protos/generated/kuguan")

# Contract, the module that misbehaves, and what it imports.
VIOLATIONS = [
    ("directions", "services/kit/ids", "bot.chat"),
    ("directions", "bot/chat", "deploy"),
    ("directions", "services/stock/domain", "deploy"),
    ("services", "services/stock/storage", "services.orders.storage"),
    ("services", "services/approvals/commands", "services.stock.domain"),
    ("services", "services/kit/ids", "services.stock.domain"),
    ("rooms", "services/stock/storage", "services.stock.commands"),
    ("rooms", "services/orders/domain", "services.orders.storage"),
    ("rooms", "services/approvals/queries", "services.approvals.commands"),
    ("rooms", "services/orders/messages", "services.orders.storage"),
    ("rooms", "services/stock/api", "services.stock.reactions"),
    ("domain", "services/stock/domain", "sqlalchemy"),
    ("domain", "services/orders/domain", "services.kit.database"),
    ("domain", "services/approvals/domain", "kuguan.approvals.v1.people_pb2"),
    ("storage", "services/orders/storage", "kuguan.orders.v1.orders_pb2"),
    ("reactions", "services/orders/reactions", "services.orders.storage"),
    ("reactions", "services/stock/reactions", "services.stock.queries"),
    ("api", "services/stock/api", "services.stock.domain"),
    ("api", "services/approvals/api", "sqlalchemy"),
    ("kit", "services/kit/ids", "kuguan.orders.v1.orders_pb2"),
    ("bot", "bot/chat", "services.stock.domain"),
    ("bot", "bot/understand", "services.approvals.storage"),
    ("understand", "bot/understand", "bot.chat"),
    ("understand", "bot/understand", "grpc"),
    ("star-stock", "services/stock/reactions", "kuguan.approvals.v1.events_pb2"),
    ("star-approvals", "services/approvals/reactions", "kuguan.stock.v1.events_pb2"),
]


def contracts() -> list[str]:
    """The names of the contracts in the linter's file."""
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter", "utf-8")
    prefix = "importlinter:contract:"
    return [section.removeprefix(prefix) for section in rules.sections() if section.startswith(prefix)]


def lint(tree: Path, *contract: str) -> subprocess.CompletedProcess[str]:
    """Lint the imports of a tree, whatever is installed."""
    path = os.pathsep.join([str(tree), str(tree / "protos" / "generated")])
    command = [str(LINT), "--no-logo", "--no-cache", *(f"--contract={one}" for one in contract)]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, to be spoilt and mended again."""
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tree / package,
            ignore=lambda folder, names: [
                one for one in names if Path(folder, one).is_file() and not one.endswith(".py")
            ],
        )
    shutil.copy(ROOT / ".importlinter", tree)
    return tree


def test_imports_go_the_right_way() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contracts())


def test_an_unspoilt_copy_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "module", "forbidden"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(copy: Path, contract: str, module: str, forbidden: str) -> None:
    file = copy / f"{module}.py"
    if not file.exists():
        file = copy / module / "__init__.py"
    sound = file.read_text("utf-8")
    try:
        file.write_text(f"{sound}\nimport {forbidden}\n", "utf-8")
        done = lint(copy, contract)
    finally:
        file.write_text(sound, "utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_a_room_that_nobody_agreed_on_breaks_the_contract(copy: Path) -> None:
    extra = copy / "services" / "stock" / "extras.py"
    try:
        extra.write_text('"""A room of its own."""\n', "utf-8")
        done = lint(copy, "rooms")
    finally:
        extra.unlink()
    assert done.returncode != 0
    assert "extras" in done.stdout + done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_the_rules_import_only_the_standard_library_errors_quantities_and_texts(service: str) -> None:
    kit = ("services.kit.errors", "services.kit.quantity", "services.kit.texts")
    allowed = (*kit, f"services.{service}.domain")
    foreign = {
        f"{name(path)}: {one}"
        for path in room(service, "domain")
        for one in imported(path)
        if one.partition(".")[0] not in sys.stdlib_module_names
        and not any((one + ".").startswith(root + ".") for root in allowed)
    }
    # `from services.kit import errors` names the package as well as the module; the module decides.
    assert foreign - {f"{name(path)}: services.kit" for path in room(service, "domain")} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_calls_another(service: str) -> None:
    rooms = (path for path in (ROOT / "services" / service).rglob("*.py"))
    stubs = {
        f"{name(path)}: {one}"
        for path in rooms
        for one in imported(path)
        if "_pb2_grpc" in one and not one.startswith(f"kuguan.{service}.")
    }
    assert stubs == set()
