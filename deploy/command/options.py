"""Options and arguments that several words share, and how a document is printed for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.location import data_directory

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory. Default: KUGUAN_DATA, else ./data"),
]
Person = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Id or name of the person who speaks, such as zhangsan")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file (UTF-8, GBK or UTF-16; also .gz)")]
AllRows = Annotated[bool, typer.Option("--all", help="Show every row that was mended or refused")]


def data_of(data: Path | None) -> Path:
    """The data directory that was named, else the one of the environment."""
    return data if data is not None else data_directory()


def print_json(document: object) -> None:
    """Print a document for programs, and nothing else."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
