"""`kuguan prepare`: keys, databases and streams for parts that run on hosts of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import CommandFailed

prepare = typer.Typer(
    help="准备 Make keys, databases and streams before parts start on hosts of their own.",
    no_args_is_help=True,
)
_Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of the secrets")]


@prepare.command()
def keys(
    directory: _Directory,
    host: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="PART=NAME", help="Another name by which a part is reached"),
    ] = None,
) -> None:
    """密钥 Make keys, passwords and certificates that are missing.

    Example: kuguan prepare keys secrets --host bot=bot.example

    What is there stays; certificates are renewed a month before they end.
    """
    from deploy.prepare import prepare_keys

    more: dict[str, list[str]] = {}
    for entry in host or []:
        part, equals, name = entry.partition("=")
        if not (part and equals and name):
            raise CommandFailed(
                f"--host 要写成 部件=名称,不是 {entry}。", f"--host is PART=NAME, not {entry}."
            )
        more.setdefault(part, []).append(name)
    made = prepare_keys(directory, more)
    print(f"已生成 {len(made)} 个文件 · {len(made)} files made in {directory}")


@prepare.command()
def databases(
    directory: _Directory,
    url: Annotated[
        str, typer.Option(help="Where the database server is, as its administrator, without a password")
    ],
) -> None:
    """数据库 Give each part a role and a database of its own.

    Example: kuguan prepare databases secrets --url postgresql://postgres@postgres/postgres

    The passwords are those of the directory of secrets.
    """
    from deploy.declarations import PARTS
    from deploy.prepare import ADMINISTRATOR, prepare_databases
    from deploy.secrets import read_secret

    passwords = {part: read_secret(directory / f"{part}.password") for part in PARTS}
    made = prepare_databases(url, read_secret(directory / f"{ADMINISTRATOR}.password"), passwords)
    print(f"已建立数据库:{', '.join(made) or '无'} · databases made: {', '.join(made) or 'none'}")


@prepare.command()
def streams(
    replicas: Annotated[int, typer.Option(min=1, max=5, help="How many brokers keep each event")] = 1,
) -> None:
    """消息流 Make the streams and consumers with the deployer's key, or compare what is there.

    Example: kuguan prepare streams --replicas 3

    Reads KUGUAN_BROKER_URL, KUGUAN_BROKER_SEED_FILE and the certificate's files from the environment.
    """
    import asyncio

    from deploy.declarations import hears_of_all
    from deploy.prepare import prepare_streams
    from services.kit.errors import KuguanError
    from services.kit.settings import Settings

    try:
        asyncio.run(prepare_streams(Settings.of("deployer"), hears_of_all(), replicas))
    except KuguanError as error:
        raise CommandFailed(f"设置有误:{error}", f"A setting is wrong: {error}") from error
    print("消息流已就绪 · the streams are as they must be")
