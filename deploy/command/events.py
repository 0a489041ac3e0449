"""Words that look after events between the parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console as Screen

from deploy.command.options import AsJson, Data, data_of, print_json

events = typer.Typer(help="事件 Look after events between the parts.", no_args_is_help=True)


@events.command("parked")
def events_parked(data: Data = None, as_json: AsJson = False) -> None:
    """搁置的事件 List events that a part could not apply.

    Example: kuguan events parked
    """
    from deploy.parked_events import parked
    from deploy.presentation import show_parked

    found = parked(data_of(data))
    if as_json:
        print_json({"parked": [event.as_json() for event in found]})
    else:
        show_parked(Screen(highlight=False), found)


@events.command("show")
def events_show(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event")], data: Data = None
) -> None:
    """内容 Print a parked event with its content and the reason.

    Example: kuguan events show 01j9...
    """
    from deploy.parked_events import show

    print_json({"events": [found.as_json(with_content=True) for found in show(data_of(data), event)]})


@events.command("retry")
def events_retry(data: Data = None) -> None:
    """重试 Try all parked events again, in order.

    Example: kuguan events retry
    """
    from deploy.parked_events import retry

    stay = 0
    for service, (applied, kept) in retry(data_of(data)).items():
        stay += kept
        print(f"{service}: {applied} 已处理 applied, {kept} 仍搁置 still parked")
    if stay:
        raise typer.Exit(1)


@events.command("dismiss")
def events_dismiss(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it may be left out; goes to the audit")],
    data: Data = None,
) -> None:
    """放弃 Give a parked event up: it counts as heard, without effect.

    What stands behind it is tried again by: kuguan events retry

    Example: kuguan events dismiss 01j9... --reason "ordered by mistake, corrected by hand"
    """
    from deploy.parked_events import dismiss

    for service in dismiss(data_of(data), event, reason):
        print(f"{service}: 已放弃 dismissed")


@events.command("republish")
def events_republish(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="RFC 3339 time, or hours back such as 24h")
    ] = "24h",
    data: Data = None,
) -> None:
    """重发 Send events of a time again.

    For a broker that lost them; nothing takes effect twice.

    Example: kuguan events republish --since 24h
    """
    from deploy.parked_events import republish

    for service, count in republish(data_of(data), _moment(since)).items():
        print(f"{service}: {count} 个事件将重发 events will be sent again")


@events.command("announce")
def events_announce(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="items, warehouses, …")], data: Data = None
) -> None:
    """重新公布 Tell all resources of a kind again.

    The other parts can then rebuild what they know of them.

    Example: kuguan events announce items
    """
    from deploy.parked_events import announce

    print(f"{announce(data_of(data), what)} 个已公布 announced")


def _moment(text: str) -> datetime:
    if text.endswith("h") and text[:-1].isascii() and text[:-1].isdigit():
        return datetime.now(UTC) - timedelta(hours=int(text[:-1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a time such as 2026-03-01T08:00:00+08:00, or 24h") from None
    return moment if moment.tzinfo else moment.astimezone()
