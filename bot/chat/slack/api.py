"""Calls of Slack's Web API on behalf of one installed app, and the files people send."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bot.chat.errors import AuthFailed, ChannelError, PayloadRejected, RateLimited, Transient
from bot.chat.pacing import Pace
from bot.chat.platform import Image, Media
from bot.chat.settings import ChatSettings
from bot.chat.slack.refusals import TokenOver, failure
from services.kit.settings import Secret

API_URL: Final = "https://slack.com/api/"
TIMEOUT: Final = 8.0
"""Seconds of one call."""
MEDIA_SECONDS: Final = 30.0
MEDIA_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a picture, in both directions."""
BURST: Final = ((4, 4.0),)
"""Slack takes about one message a second in one place, and short bursts of more."""
FILE_HOSTS: Final = ("slack.com", "slack-gov.com")
"""Where the token may go with a request for a file: these and what is below them."""
YOUNG_SECONDS: Final = 60.0
"""For how long after a start messages are looked for that the process before may have written."""
LOST_SECONDS: Final = 600.0
"""How long before the start such a message may have been written."""
_KEPT: Final = 1000
_LOOK_BACK: Final = 60.0
_PAGE: Final = 50
_EVENT: Final = "kuguan_message"

# The client writes whole answers, one-use addresses among them, into a log that is asked for everything.
_log = logging.getLogger("kuguan.slack.client")
_log.setLevel(logging.WARNING)

_Client = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


@dataclass(frozen=True)
class Place:
    """Where a message goes: a conversation or a person, and there a thread if one is named."""

    channel: str
    thread: str | None = None


class SlackApi:
    """The Web API with the tokens of one workspace."""

    def __init__(
        self, chat: ChatSettings, session: aiohttp.ClientSession, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises SettingMissing."""
        self._chat = chat
        self._session = session
        self._clock = clock
        self._began = clock()
        self._url = chat.get("API_URL", API_URL)
        self._client = self._with(self._bot_token())
        self._app_token = chat.optional_secret("APP_TOKEN")
        self._pace = Pace(BURST, clock)
        self._closed: dict[str, float] = {}
        self._unknown: dict[str, float] = {}

    @property
    def has_socket(self) -> bool:
        """Whether there is a token to connect with."""
        return self._app_token is not None

    # ------------------------------------------------------------ messages

    async def post(
        self, place: Place, text: str, blocks: Sequence[dict[str, Any]] | None, key: str
    ) -> tuple[str, str]:
        """Write a message; returns its conversation and moment, which together find it again.

        Slack knows no repeats: where the outcome of a first try is unknown, or may have been lost with the
        process before this one, the conversation is looked through before anything is written again.
        """
        found = await self._written_before(place, key)
        if found is not None:
            return found
        self._pace.take(place.channel)
        metadata = {"event_type": _EVENT, "event_payload": {"key": key}}
        # A token refused and replaced means a second call of this very message, after nothing was written.
        try:
            answer = await self._call(
                "chat.postMessage",
                lambda client: client.chat_postMessage(
                    channel=place.channel,
                    thread_ts=place.thread,
                    text=text,
                    blocks=blocks,
                    metadata=metadata,
                    mrkdwn=False,
                    unfurl_links=False,
                    unfurl_media=False,
                ),
                place.channel,
            )
        except Transient:
            self._unknown.setdefault(key, time.time())
            while len(self._unknown) > _KEPT:
                self._unknown.pop(next(iter(self._unknown)))
            raise
        self._unknown.pop(key, None)
        channel, moment = answer.get("channel"), answer.get("ts")
        if not isinstance(channel, str) or not isinstance(moment, str):
            raise Transient("chat.postMessage: no reference in the answer")
        return channel, moment

    async def update(self, channel: str, moment: str, text: str, blocks: Sequence[dict[str, Any]]) -> None:
        """Replace a message of ours; raises Gone where that is no longer possible."""
        await self._call(
            "chat.update",
            lambda client: client.chat_update(channel=channel, ts=moment, text=text, blocks=blocks),
        )

    async def whisper(self, place: Place, user: str, text: str) -> None:
        """Show somebody a passing word that only they see."""
        await self._call(
            "chat.postEphemeral",
            lambda client: client.chat_postEphemeral(
                channel=place.channel, user=user, text=text, thread_ts=place.thread, mrkdwn=False
            ),
            place.channel,
        )

    async def upload(self, place: Place, image: Image) -> str:
        """Show a picture; returns the id of its file."""
        if len(image.data) > MEDIA_LIMIT:
            raise PayloadRejected(f"more than {MEDIA_LIMIT} bytes")
        channel = await self._conversation(place.channel)
        self._pace.take(place.channel)
        name = f"picture.{image.media_type.partition('/')[2] or 'png'}"
        answer = await self._call(
            "files.completeUploadExternal",
            lambda client: client.files_upload_v2(
                channel=channel,
                thread_ts=place.thread,
                filename=name,
                content=image.data,
                title=image.alternative[:200],
                alt_txt=image.alternative[:1000],
            ),
            seconds=MEDIA_SECONDS,
        )
        files = answer.get("files")
        first = files[0] if isinstance(files, list) and files else {}
        return str(first.get("id") or "") if isinstance(first, Mapping) else ""

    async def _conversation(self, channel: str) -> str:
        """The id of the direct chat with a person; any other place names itself."""
        if channel[:1] not in ("U", "W"):
            return channel
        answer = await self._call(
            "conversations.open", lambda client: client.conversations_open(users=channel)
        )
        opened = answer.get("channel")
        found = opened.get("id") if isinstance(opened, Mapping) else None
        if not isinstance(found, str):
            raise Transient("conversations.open: no conversation in the answer")
        return found

    async def _written_before(self, place: Place, key: str) -> tuple[str, str] | None:
        """The message of an earlier try, where there may be one."""
        if key in self._unknown:
            found = await self._find(place, key, self._unknown[key])
            if found is not None:
                self._unknown.pop(key, None)
            return found
        if self._clock() - self._began > YOUNG_SECONDS:
            return None
        try:
            return await self._find(place, key, time.time() - YOUNG_SECONDS - LOST_SECONDS)
        except RateLimited:
            # Only a caution: what most likely was never written does not wait for it.
            return None

    async def _find(self, place: Place, key: str, since: float) -> tuple[str, str] | None:
        """A message that was written with this key after all; None too where we may not look."""
        try:
            channel = await self._conversation(place.channel)
            oldest = f"{since - _LOOK_BACK:.6f}"

            def look(client: AsyncWebClient) -> Awaitable[AsyncSlackResponse]:
                more: dict[str, Any] = {"oldest": oldest, "limit": _PAGE, "include_all_metadata": True}
                if place.thread:
                    return client.conversations_replies(channel=channel, ts=place.thread, **more)
                return client.conversations_history(channel=channel, **more)

            answer = await self._call("conversations.history", look)
        except AuthFailed:
            return None
        messages = answer.get("messages")
        for message in messages if isinstance(messages, list) else []:
            if (
                isinstance(message, Mapping)
                and _key_of(message) == key
                and isinstance(message.get("ts"), str)
            ):
                return channel, message["ts"]
        return None

    # ------------------------------------------------------------ windows and people

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show somebody's home tab."""
        await self._call("views.publish", lambda client: client.views_publish(user_id=user, view=dict(view)))

    async def open_window(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a window for whoever tapped; the trigger of the tap lasts three seconds."""
        await self._call("views.open", lambda client: client.views_open(trigger_id=trigger, view=dict(view)))

    async def whoami(self) -> tuple[Mapping[str, Any], frozenset[str]]:
        """What `auth.test` says of the bot, and the permissions its token has."""
        answer = await self._response("auth.test", lambda client: client.auth_test())
        granted = next(
            (str(value) for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), ""
        )
        scopes = frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
        return _data(answer), scopes

    async def member(self, email: str) -> Mapping[str, Any]:
        """The member with an address; raises RecipientUnreachable where nobody has it."""
        answer = await self._call(
            "users.lookupByEmail", lambda client: client.users_lookupByEmail(email=email)
        )
        user = answer.get("user")
        return user if isinstance(user, Mapping) else {}

    async def socket_url(self) -> str:
        """The one-use address of a connection. Raises AuthFailed without a token for it."""
        token = self._app_token
        if token is None:
            raise AuthFailed("no app token")
        answer = await self._call(
            "apps.connections.open", lambda client: client.apps_connections_open(app_token=token.value)
        )
        url = answer.get("url")
        allowed = "wss://" if self._url == API_URL else ("wss://", "ws://")
        if not isinstance(url, str) or not url.startswith(allowed):
            raise Transient("apps.connections.open: no address in the answer")
        return url

    # ------------------------------------------------------------ files of people

    async def fetch(self, file: str, url: str) -> Media:
        """A picture somebody sent, at most MEDIA_LIMIT bytes."""
        if not url:
            answer = await self._call("files.info", lambda client: client.files_info(file=file))
            told = answer.get("file")
            about: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
            url = str(about.get("url_private_download") or about.get("url_private") or "")
        if not self._is_own(url):
            raise PayloadRejected("the file is not kept by Slack")
        try:
            async with self._session.get(
                url,
                headers={"Authorization": f"Bearer {self._client.token}"},
                timeout=aiohttp.ClientTimeout(total=MEDIA_SECONDS),
                # The token must not follow to wherever an answer points.
                allow_redirects=False,
            ) as response:
                return await _picture(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Transient(f"file: {type(error).__name__}") from None

    def _is_own(self, url: str) -> bool:
        """Whether a file is where Slack keeps files, or where the address of its API was set to."""
        try:
            asked, set_to = URL(url), URL(self._url)
            if self._url != API_URL and asked.origin() == set_to.origin():
                return True
        except ValueError:
            return False
        host = asked.host or ""
        own = any(host == name or host.endswith(f".{name}") for name in FILE_HOSTS)
        return asked.scheme == "https" and asked.port == 443 and own and asked.user is None

    # ------------------------------------------------------------ one call

    def _bot_token(self) -> Secret:
        return self._chat.secret("BOT_TOKEN", "a file with the Bot User OAuth Token (xoxb-…)")

    def _with(self, token: Secret) -> AsyncWebClient:
        # Without its own repeats: one of a message that did arrive would show it twice.
        return AsyncWebClient(
            token=token.value, base_url=self._url, session=self._session, retry_handlers=[], logger=_log
        )

    async def _call(
        self, method: str, call: _Client, lane: str = "", seconds: float = TIMEOUT
    ) -> Mapping[str, Any]:
        return _data(await self._response(method, call, lane, seconds))

    async def _response(
        self, method: str, call: _Client, lane: str = "", seconds: float = TIMEOUT
    ) -> AsyncSlackResponse:
        """One call, and a second one if a newer token has been put in place of a refused one."""
        gate = f"{method} {lane}"
        wait = self._closed.get(gate, 0.0) - self._clock()
        if wait > 0:
            raise RateLimited(wait, method)
        used = self._client
        try:
            try:
                return await _once(method, call, used, seconds)
            except TokenOver:
                newest = self._bot_token()
                if newest.value == used.token:
                    raise
                self._client = self._with(newest)
                return await _once(method, call, self._client, seconds)
        except RateLimited as error:
            self._close(gate, error.retry_after)
            raise

    def _close(self, gate: str, seconds: float) -> None:
        """Ask no more before the time is over: each call meanwhile would make it longer."""
        now = self._clock()
        if len(self._closed) >= _KEPT:
            self._closed = {name: until for name, until in self._closed.items() if until > now}
        self._closed[gate] = now + seconds


async def _once(method: str, call: _Client, client: AsyncWebClient, seconds: float) -> AsyncSlackResponse:
    try:
        async with asyncio.timeout(seconds):
            return await call(client)
    except SlackApiError as error:
        raise _failure(method, error.response) from None
    # An answer that is JSON but no object breaks the client itself, with an AttributeError.
    except (
        SlackClientError,
        aiohttp.ClientError,
        TimeoutError,
        OSError,
        ValueError,
        AttributeError,
    ) as error:
        raise Transient(f"{method}: {type(error).__name__}") from None


def _failure(method: str, response: Any) -> ChannelError:
    """The error of an answer, whichever of its two kinds of response the client gives."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    headers = getattr(response, "headers", None) or {}
    return failure(method, status, getattr(response, "data", None), headers)


def _data(response: AsyncSlackResponse) -> Mapping[str, Any]:
    return response.data if isinstance(response.data, dict) else {}


def _key_of(message: Mapping[str, Any]) -> object:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    return payload.get("key") if isinstance(payload, Mapping) else None


async def _picture(response: aiohttp.ClientResponse) -> Media:
    if response.status == 429:
        raise RateLimited(30.0, "file")
    if response.status in (301, 302, 303, 307, 308, 401, 403) or response.content_type == "text/html":
        # Without the permission Slack shows its page to sign in.
        raise AuthFailed("file: not given out (needs files:read)")
    if response.status in (404, 410):
        raise PayloadRejected("file: deleted")
    if response.status != 200:
        raise Transient(f"file: HTTP {response.status}")
    if not response.content_type.startswith("image/"):
        raise PayloadRejected("file: no picture")
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > MEDIA_LIMIT:
            raise PayloadRejected(f"more than {MEDIA_LIMIT} bytes")
    return Media(bytes(data), response.content_type)
