"""One lock holds every package by its hash, names no place to fetch from, and satisfies the project."""

import re
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, entry_points, version
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def lock() -> dict[str, str]:
    """Locked versions by package."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    return {canonicalize_name(package): pinned for package, pinned in PINNED.findall(text)}


def asked_for() -> list[Requirement]:
    """What the project asks for, to run and to be developed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = [*project["project"]["dependencies"], *project["dependency-groups"]["development"]]
    return [Requirement(line) for line in lines]


def test_the_lock_satisfies_everything_the_project_asks_for() -> None:
    pinned = lock()
    unmet = [
        str(one)
        for one in asked_for()
        if canonicalize_name(one.name) not in pinned
        or pinned[canonicalize_name(one.name)] not in one.specifier
    ]
    assert unmet == []


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all(PINNED.match(entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert not re.search(r"^\s*-", re.sub(r"--hash=sha256:[0-9a-f]{64}", "", text), re.MULTILINE)


def test_the_installed_packages_are_the_locked_ones() -> None:
    pinned = lock()
    wanted = [canonicalize_name(one.name) for one in asked_for()]
    assert {one: version(one) for one in wanted} == {one: pinned[one] for one in wanted}


def test_setup_installs_the_kuguan_command() -> None:
    (script,) = entry_points(group="console_scripts", name="kuguan")
    assert script.value == "deploy.command:main"


def test_the_client_package_asks_for_no_more_than_the_contract_needs() -> None:
    client = tomllib.loads((ROOT / "protos" / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in client["dependencies"]}
    assert needed == {"googleapis-common-protos", "grpcio", "protobuf"}
    assert client["version"] == distribution("kuguan").version


def test_the_client_package_is_built_with_the_whole_contract_and_its_types(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    command = [*build, "--wheel-dir", str(tmp_path), str(ROOT / "protos")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("kuguan_client-*.whl")
    packed = {name for name in ZipFile(wheel).namelist() if name.startswith("kuguan/")}
    generated = ROOT / "protos" / "generated"
    files = (path for path in (generated / "kuguan").rglob("*") if path.suffix in {".py", ".pyi", ".typed"})
    assert packed == {path.relative_to(generated).as_posix() for path in files}


def test_no_test_can_leave_this_machine() -> None:
    # An address kept for documentation: nobody is there, should the guard ever fail.
    with pytest.raises(PermissionError), socket.create_connection(("192.0.2.1", 80), timeout=1):
        pass
