"""The declaration of the bot: what it hears, stores, sends, and the one HTTP server of its channels."""

from __future__ import annotations

import platform
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, ClientTimeout, web

from bot.chat.console import Console
from bot.chat.http import runner_of
from bot.chat.live import Live
from bot.chat.local import LocalChat
from bot.chat.platform import Channel
from bot.chat.products import products
from bot.chat.session import Gate, Sessions
from bot.chat.tools import Tools
from bot.chat.web import WebChannel
from bot.clients import Services
from bot.company import Company
from bot.counting import StoredCounts
from bot.desk import Desk
from bot.directory import Directory
from bot.leasing import StoredLeases
from bot.notices import NOTICES
from bot.reconciling import Reconciler
from bot.sending import Sender
from bot.storage import METADATA, attachments, bindings, conversation, deliveries, links, received
from bot.watching import Watch
from bot.ways import Ways
from bot.webhook import Reception
from services.kit.service import Runtime, Service, Timer
from services.kit.settings import SettingInvalid, Settings

MAXIMUM_BODY = 1024 * 1024
SHUTDOWN_SECONDS = 2.0
CALL_SECONDS = 10.0
LOOK_SECONDS = 1.0
DEFAULT_WEB_LISTEN = "127.0.0.1:8088"
DEFAULT_TIME_ZONE = "Asia/Shanghai"
_HOUR = 3600.0


class Front:
    """What stands between people and services while the bot runs."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._channels: list[Channel] = []
        self._loops: list[Callable[[], Awaitable[None]]] = []
        self._services: Services | None = None
        self._session: ClientSession | None = None

    async def open(self, runtime: Runtime) -> None:
        """Put everything together and listen; what was kept before the last stop is worked on first."""
        settings = runtime.settings
        self._services = Services(settings)
        zone = ZoneInfo(settings.get("TIME_ZONE", DEFAULT_TIME_ZONE))
        listen = settings.get("WEB_LISTEN", DEFAULT_WEB_LISTEN)
        page = (settings.get("PUBLIC_URL") or f"http://{listen}").rstrip("/")
        desk = Desk(runtime, self._services, Company(), zone, page)
        await desk.company.refresh(runtime.reader)
        self._session = ClientSession(timeout=ClientTimeout(total=CALL_SECONDS))
        leases, replica = StoredLeases(runtime), f"{platform.node()} {listen}"
        tools = Tools(self._session, _now, leases, replica, StoredCounts(runtime))
        self._channels = [_web_channel(desk), *products(settings, tools)]
        by_name = {one.name: one for one in self._channels}
        ways = Ways(desk, by_name)
        sender = Sender(desk, ways, leases, replica)
        # What reactions and answers queue goes out as soon as it is committed.
        runtime.writer.listen(deliveries.QUEUED, sender.wake)
        reception = Reception(desk, sender, ways)
        self._loops = [sender.run, reception.catch_up, Reconciler(desk, sender).run]
        await reception.line_up()
        for one in self._channels:
            await one.start(reception)
        await self._listen(listen, Watch(_gate(settings), by_name, _now))

    async def _listen(self, where: str, watch: Watch) -> None:
        application = web.Application(client_max_size=MAXIMUM_BODY)
        for channel in self._channels:
            application.add_routes(channel.routes())
        application.add_routes(watch.routes())
        self._runner = runner_of(application, SHUTDOWN_SECONDS)
        await self._runner.setup()
        host, _, port = where.rpartition(":")
        try:
            await web.TCPSite(self._runner, host, int(port)).start()
        except OSError:
            raise SettingInvalid("KUGUAN_WEB_LISTEN", where, "the port is taken") from None

    def loops(self, runtime: Runtime) -> Sequence[Callable[[], Awaitable[None]]]:
        """What runs for as long as the bot does."""
        return self._loops

    async def close(self) -> None:
        """Stop listening, then let go of the services."""
        for channel in self._channels:
            await channel.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()
        if self._services is not None:
            await self._services.close()


def _web_channel(desk: Desk) -> WebChannel:
    """The chat page and the console, which show one conversation."""
    settings = desk.runtime.settings
    demo = settings.flag("DEMO")
    public_url = settings.get("PUBLIC_URL")
    cookie_secret = settings.secret_file("WEB_COOKIE_SECRET_FILE", settings.secrets / "web-cookie.secret")
    console_secret = settings.secret_file("CONSOLE_SECRET_FILE", settings.secrets / "console.secret")
    directory = Directory(desk)
    stored = conversation.StoredConversation(desk.runtime.writer, desk.runtime.reader)
    local = LocalChat(stored, _now)
    # Where there may be other replicas, open pages also look for what those wrote.
    live = Live(stored) if desk.runtime.database.is_sqlite else Live(stored, look=LOOK_SECONDS)
    secure = public_url.startswith("https://")
    return WebChannel(
        local,
        directory,
        Sessions([cookie_secret.value.encode()], _now, demo=demo, secure=secure),
        _gate(settings),
        demo=demo,
        redeem=directory.redeem,
        choose_language=directory.choose_language,
        live=live,
        console=Console(local, directory, directory.interpret, console_secret.value),
        time_zone=desk.zone.key,
    )


def _gate(settings: Settings) -> Gate:
    return Gate(settings.get("PUBLIC_URL") or None, demo=settings.flag("DEMO"))


def _now() -> datetime:
    return datetime.now(UTC)


def declaration() -> Service:
    """The bot, ready to be run once."""
    front = Front()
    return Service(
        name="bot",
        metadata=METADATA,
        migrations=Path(__file__).parent / "migrations",
        hears=("kuguan.stock.v1", "kuguan.orders.v1", "kuguan.approvals.v1"),
        reactions=NOTICES,
        timers=(
            Timer("prune received", _HOUR, received.prune, received.PRUNE_AT_ONCE),
            Timer("prune deliveries", _HOUR, deliveries.prune, deliveries.PRUNE_AT_ONCE),
            Timer("prune links", _HOUR, links.prune, links.PRUNE_AT_ONCE),
            Timer("prune codes", _HOUR, bindings.prune, bindings.PRUNE_AT_ONCE),
            Timer("prune attachments", _HOUR, attachments.prune, attachments.PRUNE_AT_ONCE),
            Timer("prune messages", _HOUR, conversation.prune, conversation.PRUNE_AT_ONCE),
        ),
        background=front.loops,
        at_start=front.open,
        at_stop=front.close,
    )


SERVICE = declaration()
