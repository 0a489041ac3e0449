"""`kuguan cards preview`: how every card looks in every chat product."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import CommandFailed

cards = typer.Typer(help="卡片 See how cards look in each chat product.", no_args_is_help=True)


class Language(StrEnum):
    """The languages of cards."""

    zh = "zh"
    en = "en"


@cards.command("preview")
def preview(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write")] = Path(
        "cards.html"
    ),
    language: Annotated[Language, typer.Option("--language", help="Language of the cards")] = Language.zh,
) -> None:
    """预览卡片 Write one page with every card beside itself in every chat product.

    Example: kuguan cards preview --out cards.html --language en

    Needs no running system and no settings. The page needs nothing else: open it in a browser.
    """
    from deploy.previews.page import page

    try:
        out.write_text(page(language.value), "utf-8")
    except OSError as error:
        raise CommandFailed(
            f"写不了文件 {out}:{error.strerror}", f"cannot write {out}: {error.strerror}"
        ) from None
    print(f"已写好 written: {out}")
