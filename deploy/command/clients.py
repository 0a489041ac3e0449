"""`kuguan clients`: programs of other people that may call the services by themselves."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.text import Text

from deploy.command.options import Data, data_of

clients = typer.Typer(help="程序 Let other programs call the services.", no_args_is_help=True)


@clients.command()
def add(
    name: Annotated[str, typer.Argument(help="What the program is called, such as web-shop.")],
    permission: Annotated[
        list[str], typer.Argument(help="What it may do, such as stock.read stock.reserve.")
    ],
    data: Data = None,
) -> None:
    """登记 Give a program a secret of its own and say what it may do.

    Example: kuguan clients add web-shop stock.read stock.reserve

    The services know it after the next start of approvals. Adding it again changes what it may do.
    """
    from deploy.secrets import add_client

    secret = add_client(data_of(data) / "secrets", name, permission)
    screen = Screen(highlight=False)
    screen.print(Text(f"{name} · {' '.join(permission)}"), soft_wrap=True)
    screen.print(Text(f"密钥文件 secret file  {secret}"), soft_wrap=True)
    screen.print(Text("重启后生效 known after the next start"))


@clients.command(name="list")
def list_clients(data: Data = None) -> None:
    """列出 Show which programs there are and what each may do.

    Example: kuguan clients list
    """
    from deploy.secrets import known_clients

    screen = Screen(highlight=False)
    for client in known_clients(data_of(data) / "secrets"):
        screen.print(Text(f"{client['client']}  {' '.join(client['permissions'])}"), soft_wrap=True)
