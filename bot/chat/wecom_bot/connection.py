"""The one long connection of a bot: leased among replicas, subscribed, watched, closed and built again.

WeCom lets a bot be connected once; a newer connection evicts the older. So a replica connects only while it
holds the lease, and whoever is evicted closes its socket, which may look alive and be deaf, and waits before
it asks for the lease again.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog

from bot.chat.errors import AuthFailed, PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.leases import Leases
from bot.chat.reconnecting import keep_connected
from bot.chat.wecom.api import json_object
from bot.chat.wecom_bot.frames import EVENT, EVICTED, MESSAGE, event_name, text_of
from services.kit.ending import ended
from services.kit.errors import KuguanError
from services.kit.settings import Secret

log = structlog.get_logger("kuguan.wecom_bot")

LARGEST_FRAME: Final = 1024 * 1024
_CLOSE_SECONDS: Final = 2.0
_MOST_DOUBLINGS: Final = 16
_UNREACHABLE: Final = frozenset({86201, 86202})
_TRANSIENT: Final = frozenset({-1, 6000})
_WRONG_CONTENT: Final = frozenset({40007, 40008, 40058, 45002})

Push = Callable[[str, str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `deaf` is how long a socket may bring no message before it is built anew: one that was
    evicted may go on answering pings."""

    ping: float = 30.0
    call: float = 4.0
    connect: float = 10.0
    lease: float = 12.0
    evicted: float = 30.0
    longest_evicted: float = 600.0
    deaf: float = 1800.0
    pause: float = 1.0
    longest_pause: float = 60.0


class Evicted(Transient):
    """Somebody else connected with this bot's secret."""


class Connection:
    """Keeps the bot connected while this replica holds the lease."""

    def __init__(
        self,
        url: str,
        bot_id: str,
        secret: Secret,
        session: aiohttp.ClientSession,
        leases: Leases,
        push: Push,
        timing: Timing,
        replica: str = "",
    ) -> None:
        self.last_error = ""
        self.is_standby = False
        self._url = url
        self._bot_id = bot_id
        self._secret = secret
        self._session = session
        self._leases = leases
        self._push = push
        self._timing = timing
        self._lease = f"wecom-bot:{bot_id}"
        # A replica that comes back after a crash finds its own lease, and need not wait for it to end.
        self._holder = replica or uuid.uuid4().hex
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._subscribed = False
        self._waiting: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._evictions = 0
        self._last_pong = 0.0
        self._last_push = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether messages can be sent from this replica now."""
        return self._subscribed

    def start(self) -> None:
        """Begin to connect."""
        timing = self._timing
        self._keeping = asyncio.create_task(
            keep_connected(self._once, first=timing.pause, longest=timing.longest_pause, note=self._note)
        )

    async def stop(self) -> None:
        """Close and give the lease to the other replicas."""
        if self._keeping is not None:
            await ended([self._keeping], 2 * _CLOSE_SECONDS)
            self._keeping = None
        await self._let_go()

    async def call(self, command: str, body: Mapping[str, Any], request: str = "") -> Mapping[str, Any]:
        """Send a command and wait for its answer; `request` is the id of the push that is answered.

        Raises Transient where no answer came: what was sent may have been shown.
        """
        if not self._subscribed:
            raise Transient("not connected from this replica")
        return await self._exchange(command, body, request)

    # ------------------------------------------------------------ one connection

    async def _once(self) -> None:
        await self._take_lease()
        try:
            timeout = aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS)
            async with asyncio.timeout(self._timing.connect):
                socket = await self._session.ws_connect(
                    self._url, max_msg_size=LARGEST_FRAME, timeout=timeout, autoping=True
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"cannot connect: {type(error).__name__}") from None
        self._socket = socket
        try:
            await self._live(socket)
        finally:
            self._subscribed = False
            self._socket = None
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Transient("the connection ended"))
            self._waiting.clear()
            await asyncio.shield(socket.close())

    async def _take_lease(self) -> None:
        """Wait until this replica is the one that connects; after an eviction not before a pause."""
        if self._evictions:
            self.is_standby = True
            pause = self._timing.evicted * 2 ** min(self._evictions - 1, _MOST_DOUBLINGS)
            await asyncio.sleep(min(pause, self._timing.longest_evicted))
        while not await self._leases.hold(self._lease, self._holder, self._timing.lease):
            self.is_standby = True
            await asyncio.sleep(self._timing.lease / 3)
        self.is_standby = False

    async def _live(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Subscribe and work until the first of reading, pinging and leasing ends."""
        reading = asyncio.create_task(self._read(socket))
        tasks = [reading]
        try:
            await self._subscribe()
            now = asyncio.get_running_loop().time()
            self._last_pong = self._last_push = now
            self._subscribed = True
            self.last_error = ""
            log.info("connected")
            tasks += [asyncio.create_task(self._ping()), asyncio.create_task(self._renew_lease())]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Evicted:
            self._evictions += 1
            await self._let_go()
            raise
        finally:
            await ended(tasks)

    async def _subscribe(self) -> None:
        body = {"bot_id": self._bot_id, "secret": self._secret.value}
        try:
            await self._exchange("aibot_subscribe", body)
        except (PayloadRejected, RecipientUnreachable) as error:
            raise AuthFailed(f"the subscription is refused: {error}") from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take frames until the socket ends, which a product may do with any code."""
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                frame = json_object(message.data)
            except ValueError:
                log.warning("a frame that is not JSON")
                continue
            self._take(frame)
            if frame.get("cmd") == EVENT and event_name(_body(frame)) == EVICTED:
                raise Evicted("another program is connected with this bot")
        raise Transient(f"closed with code {socket.close_code}")

    def _take(self, frame: Mapping[str, Any]) -> None:
        request = text_of(frame, "headers", "req_id")
        command = text_of(frame, "cmd")
        if command in (MESSAGE, EVENT):
            self._last_push = asyncio.get_running_loop().time()
            if event_name(_body(frame)) != EVICTED:
                self._evictions = 0
                self._push(command, request, _body(frame))
            return
        if request.startswith("ping"):
            self._last_pong = asyncio.get_running_loop().time()
            return
        if not request and "errcode" in frame and len(self._waiting) == 1:
            # Some refusals come without the id of what they refuse; with one call open it is that one.
            request = next(iter(self._waiting))
        future = self._waiting.pop(request, None)
        if future is not None and not future.done():
            future.set_result(frame)

    async def _ping(self) -> None:
        """Ask for a sign of life; a socket without one, or long without a message, is given up."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._timing.ping)
            now = loop.time()
            if now - self._last_pong > 2.5 * self._timing.ping:
                raise Transient("no pong")
            if now - self._last_push > self._timing.deaf:
                log.info("nothing came for long; connecting anew")
                return
            await self._send({"cmd": "ping", "headers": {"req_id": f"ping_{uuid.uuid4().hex}"}})

    async def _renew_lease(self) -> None:
        """Hold the lease; what goes wrong with asking is borne for as long as it lasts."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._timing.lease
        while True:
            await asyncio.sleep(self._timing.lease / 3)
            try:
                asked = loop.time()
                if not await self._leases.hold(self._lease, self._holder, self._timing.lease):
                    raise Transient("another replica has the lease")
                ends = asked + self._timing.lease
            except KuguanError as error:
                log.warning("lease not renewed", error=repr(error))
                if loop.time() + self._timing.lease / 3 >= ends:
                    raise Transient("the lease could not be renewed") from None

    async def _let_go(self) -> None:
        try:
            await self._leases.let_go(self._lease, self._holder)
        except KuguanError as error:
            log.warning("lease not given back, it runs out by itself", error=repr(error))

    async def _exchange(self, command: str, body: Mapping[str, Any], request: str = "") -> Mapping[str, Any]:
        request = request or f"{command}_{uuid.uuid4().hex}"
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        try:
            async with asyncio.timeout(self._timing.call):
                await self._send({"cmd": command, "headers": {"req_id": request}, "body": body})
                answer = await future
        except TimeoutError:
            raise Transient(f"{command}: no answer") from None
        finally:
            if self._waiting.get(request) is future:
                del self._waiting[request]
        raise_for(answer, command)
        inner = answer.get("body")
        return inner if isinstance(inner, Mapping) else {}

    async def _send(self, frame: Mapping[str, Any]) -> None:
        socket = self._socket
        if socket is None or socket.closed:
            raise Transient("not connected")
        try:
            await socket.send_str(json.dumps(frame, ensure_ascii=False))
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            raise Transient(f"not sent: {type(error).__name__}") from None

    def _note(self, error: str) -> None:
        self.last_error = error
        log.warning("connection ended", error=error)


def raise_for(answer: Mapping[str, Any], command: str) -> None:
    """Raise what the answer to a command means; nothing for 0."""
    code = answer.get("errcode", 0)
    if code == 0:
        return
    if not isinstance(code, int):
        raise Transient(f"{command}: an answer without an error code")
    words = f"{command}: error {code}: {str(answer.get('errmsg', ''))[:200]}"
    if code == 45009:
        raise RateLimited(60.0, words)
    if code in _TRANSIENT:
        raise Transient(words)
    if code in _UNREACHABLE:
        raise RecipientUnreachable(words)
    if code in _WRONG_CONTENT or command != "aibot_send_msg":
        raise PayloadRejected(words)
    # Which number says that somebody never talked to the bot is not documented.
    raise RecipientUnreachable(words)


def _body(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    body = frame.get("body")
    return body if isinstance(body, Mapping) else {}
