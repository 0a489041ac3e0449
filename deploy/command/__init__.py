"""The `kuguan` command: its words and options. What each word does stands in the module of its name."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console as Screen
from rich.text import Text

from deploy.command import system, talk
from deploy.command.cards import cards
from deploy.command.chats import check_chat, status
from deploy.command.clients import clients
from deploy.command.events import events
from deploy.command.prepare import prepare
from deploy.command.tables import imports
from deploy.errors import CommandFailed

application = typer.Typer(
    help="库管 Kuguan: the warehouse keeper in the work chat.\n\n"
    "Start here: kuguan up --demo, then in another window: kuguan chat --as zhangsan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
for word in (
    system.up,
    talk.chat,
    talk.ask,
    talk.inbox,
    talk.tap,
    system.verify,
    system.backup,
    system.restore,
):
    application.command()(word)
application.command("check-chat")(check_chat)
application.command()(status)
application.add_typer(imports, name="import")
application.add_typer(events, name="events")
application.add_typer(cards, name="cards")
application.add_typer(clients, name="clients")
application.add_typer(prepare, name="prepare")


def main() -> None:
    """Run the command; a failure is one sentence in each language on the error output, and exit code 1."""
    # The broker is started again by a fork; in the middle of calls, what gRPC does for forks ends many a
    # child.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Chinese must not turn an answer into a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        application()
    except CommandFailed as failure:
        Screen(stderr=True, highlight=False).print(Text(str(failure), style="red"), soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has gone: nothing more to say, and no complaint at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
