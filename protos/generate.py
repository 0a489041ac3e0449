"""Generates the Python code of the contract, and shows whether the committed code is fresh.

    python protos/generate.py                  writes protos/generated
    python protos/generate.py --check          changes nothing; fails if the committed code is stale
    python protos/generate.py --third-party    writes protos/third_party, for buf

The imported google files come out of installed, locked packages, so that nothing is fetched and no copy of
them is kept here.
"""

import argparse
import filecmp
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

PROTOS = Path(__file__).resolve().parent
GENERATED = PROTOS / "generated"
THIRD_PARTY = PROTOS / "third_party"
GOOGLE_PROTOS = Path(str(distribution("googleapis-common-protos").locate_file("")))
# Files that buf brings itself; a second copy of them would be a conflict.
BUILT_IN = "google/protobuf/"


def main() -> int:
    """Run one of the modes; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare only")
    mode.add_argument("--third-party", action="store_true", help="write the imported google files for buf")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        if arguments.third_party:
            copy_third_party(fresh, Path(scratch) / "contract.binpb")
            mirror(fresh, THIRD_PARTY)
            return 0
        generate(fresh)
        if arguments.check:
            return report(differences(fresh, GENERATED))
        mirror(fresh, GENERATED)
    return 0


def sources() -> list[str]:
    """The contract's files in a fixed order, relative to this folder."""
    return sorted(path.relative_to(PROTOS).as_posix() for path in (PROTOS / "kuguan").rglob("*.proto"))


def generate(target: Path) -> None:
    """Compile the whole contract into `target`, which becomes an import root."""
    files = sources()
    protoc([f"--python_out={target}", f"--pyi_out={target}", *files])
    plugin = Path(sys.executable).parent / "protoc-gen-mypy_grpc"
    # Only files with a service get client and server code; the others would get an empty module each.
    protoc(
        [
            f"--grpc_python_out={target}",
            f"--plugin=protoc-gen-mypy_grpc={plugin}",
            f"--mypy_grpc_out=quiet:{target}",
            *(file for file in files if has_service(PROTOS / file)),
        ]
    )
    for folder in sorted({target / "kuguan", *(path.parent for path in target.rglob("*_pb2.py"))}):
        for package in (folder, *folder.parents):
            if package == target:
                break
            name = ".".join(package.relative_to(target).parts)
            (package / "__init__.py").write_text(f'"""Generated from the contract: {name}."""\n', "utf-8")
    (target / "kuguan" / "py.typed").touch()


def has_service(file: Path) -> bool:
    """Whether a proto file declares a service."""
    return any(line.startswith("service ") for line in file.read_text("utf-8").splitlines())


def copy_third_party(target: Path, descriptors: Path) -> None:
    """Copy those google files that the contract imports, directly or through others."""
    protoc(["--include_imports", f"--descriptor_set_out={descriptors}", *sources()])
    contract = FileDescriptorSet.FromString(descriptors.read_bytes())
    for name in sorted(file.name for file in contract.file):
        if name.startswith("google/") and not name.startswith(BUILT_IN):
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((GOOGLE_PROTOS / name).read_bytes())


def protoc(arguments: list[str]) -> None:
    """Run the compiler of grpcio-tools, which knows google/protobuf; raises if it refuses a file."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{GOOGLE_PROTOS}", *arguments]
    subprocess.run(command, check=True, cwd=PROTOS)


def tree(folder: Path) -> set[str]:
    """The files below a folder that belong to it; what Python caches beside them does not."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def differences(fresh: Path, committed: Path) -> list[str]:
    """Names of files that are missing, left over or other than freshly made."""
    here, there = tree(fresh), tree(committed)
    changed = {
        name for name in here & there if not filecmp.cmp(fresh / name, committed / name, shallow=False)
    }
    return sorted((here ^ there) | changed)


def mirror(fresh: Path, target: Path) -> None:
    """Make `target` equal to `fresh` and touch only what differs."""
    for name in differences(fresh, target):
        source, destination = fresh / name, target / name
        if source.exists():
            destination.parent.mkdir(parents=True, exist_ok=True)
            destination.write_bytes(source.read_bytes())
        else:
            destination.unlink()


def report(stale: list[str]) -> int:
    """Say which committed files are stale; returns the exit code."""
    for name in stale:
        print(f"stale: protos/generated/{name}", file=sys.stderr)
    if stale:
        print("The generated code does not match the contract: run `make protos`.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
