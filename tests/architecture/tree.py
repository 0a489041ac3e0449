"""What belongs to the project: its files, modules and rooms, as the architecture tests see them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("services", "bot", "deploy", "tests")
SERVICES = ("stock", "orders", "approvals")
_BINARY = {".png", ".jpg", ".ico", ".woff2", ".gz", ".xlsx", ".webp"}


@cache
def files() -> tuple[Path, ...]:
    """All files that are committed or would be: what git ignores is not ours."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def text_files() -> list[Path]:
    """The files that people read and write."""
    return [path for path in files() if path.suffix not in _BINARY and not is_generated(path)]


def is_generated(path: Path) -> bool:
    """Whether a compiler wrote the file."""
    return (ROOT / "protos" / "generated") in path.parents


def modules() -> list[Path]:
    """Our own Python files."""
    return [path for path in files() if path.suffix == ".py" and not is_generated(path)]


def room(service: str, name: str) -> list[Path]:
    """The modules of one room of a service: a file, or a package that grew out of it."""
    folder = ROOT / "services" / service
    return [path for path in modules() if path == folder / f"{name}.py" or (folder / name) in path.parents]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(path: Path) -> set[str]:
    """Full names of everything a module imports, wherever in the module: `a`, `a.b`, `a.b.Name`."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def name(path: Path) -> str:
    """A file as people name it: relative to the project."""
    return path.relative_to(ROOT).as_posix()
