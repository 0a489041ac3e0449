"""Calls of the open platform: a token that is renewed, limits kept, and errors told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import aiohttp

from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.pacing import Pace
from bot.chat.platform import Media
from bot.chat.tokens import Token, Tokens
from services.kit.settings import Secret

TIMEOUT: Final = 8.0
"""Seconds of one call."""
MEDIA_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a picture, in both directions."""
_T = TypeVar("_T")

_ANSWER_LIMIT: Final = 1024 * 1024
_LONGEST_WAIT: Final = 600.0

# Codes of answers, by what they mean for the message.
_TOKEN_SPOILED: Final = frozenset({99991661, 99991663, 99991664, 99991665, 99991668})
_RATE: Final = frozenset({99991400, 99991402, 11232, 230020})
_REFUSED: Final = frozenset(
    {403, 514, 1000040344, 10003, 10014, 99991543, 99991672, 99991679, 230006, 230027}
)
_UNREACHABLE: Final = frozenset(
    {230002, 230013, 230018, 230029, 230034, 230035, 230036, 230038, 230053, 230075, 232009, 99992361}
)
_GONE: Final = frozenset({230011, 230031, 230110})
_REJECTED: Final = frozenset({230001, 230022, 230025, 230028, 230054, 230099, 234006, 234010, 234011})
_LOCKED: Final = "action is lock"
"""Says the detail of 230099 where somebody's tap on the card is not answered yet."""
_SECONDS: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Credentials:
    """An app of the open platform. `url` is its base: Feishu and Lark differ in nothing else."""

    url: str
    app_id: str
    secret: Secret = field(repr=False)


class Gone(ChannelError):
    """The message can no longer be changed."""


class _TokenSpoiled(AuthFailed):
    """The token is no longer taken."""


class Api:
    """The open platform on behalf of one app."""

    def __init__(
        self, credentials: Credentials, session: aiohttp.ClientSession, now: Callable[[], datetime]
    ) -> None:
        self._credentials = credentials
        self._session = session
        self._now = now
        self._tokens = Tokens(self._fetch_token, now)
        self._recipients = Pace([(5, 1.0)])
        self._messages = Pace([(5, 1.0)])
        self._all = Pace([(50, 1.0), (1000, 60.0)])

    async def token(self) -> str:
        """The current token, fetched where there is none."""
        return await self._tokens.get()

    async def bot(self) -> Mapping[str, Any]:
        """The bot itself: `open_id`, `app_name`, `activate_status`."""
        bot = (await self._call("GET", "/open-apis/bot/v3/info")).get("bot")
        if not isinstance(bot, dict):
            raise Transient("the bot's own data are missing")
        return bot

    async def scopes(self) -> frozenset[str]:
        """The names of the permissions that were granted."""
        data = _data(await self._call("GET", "/open-apis/application/v6/scopes"))
        found = data.get("scopes")
        return frozenset(
            str(scope.get("scope_name"))
            for scope in (found if isinstance(found, list) else [])
            if isinstance(scope, dict) and scope.get("grant_status") == 1
        )

    async def tenant(self) -> Mapping[str, Any]:
        """The company: `tenant_key`, `name`."""
        tenant = _data(await self._call("GET", "/open-apis/tenant/v2/tenant/query")).get("tenant")
        return tenant if isinstance(tenant, dict) else {}

    async def users(self, **addresses: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Those who have one of these `mobiles` or `emails`: the address, and the open id as `user_id`."""
        self._all.take("")
        path, kind = "/open-apis/contact/v3/users/batch_get_id", {"user_id_type": "open_id"}
        body = {**addresses, "include_resigned": False}
        found = _data(await self._call("POST", path, params=kind, body=body)).get("user_list")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def send(self, kind: str, recipient: str, message: str, content: str, unique: str) -> str:
        """Send a message to somebody named by an id of this kind; its id. Once for each `unique` an hour."""
        self._all.take("")
        self._recipients.take(recipient)
        body = {"receive_id": recipient, "msg_type": message, "content": content, "uuid": unique}
        data = _data(
            await self._call("POST", "/open-apis/im/v1/messages", params={"receive_id_type": kind}, body=body)
        )
        return str(data.get("message_id") or "")

    async def replace_card(self, message_id: str, content: str) -> None:
        """Replace a card; raises Gone where that is no longer possible."""
        self._all.take("")
        self._messages.take(message_id)
        await self._call("PATCH", f"/open-apis/im/v1/messages/{message_id}", body={"content": content})

    async def upload_image(self, data: bytes) -> str:
        """The key of an uploaded picture."""

        def form() -> aiohttp.FormData:
            parts = aiohttp.FormData()
            parts.add_field("image_type", "message")
            parts.add_field("image", data, filename="picture", content_type="application/octet-stream")
            return parts

        answer = _data(await self._call("POST", "/open-apis/im/v1/images", form=form))
        return str(answer.get("image_key") or "")

    async def fetch_image(self, message_id: str, key: str) -> Media:
        """A picture somebody sent, at most MEDIA_LIMIT bytes; raises PayloadRejected for more."""
        path = f"/open-apis/im/v1/messages/{message_id}/resources/{key}"
        return await self._with_token(lambda token: self._download(path, token))

    async def endpoint(self) -> Mapping[str, Any]:
        """Where to connect to: `URL` and `ClientConfig`."""
        body = {"AppID": self._credentials.app_id, "AppSecret": self._credentials.secret.value}
        answer = await self._once("POST", "/callback/ws/endpoint", body=body, headers={"locale": "zh"})
        return _data(answer)

    # ------------------------------------------------------------ one call

    async def _fetch_token(self) -> Token:
        body = {"app_id": self._credentials.app_id, "app_secret": self._credentials.secret.value}
        answer = await self._once("POST", "/open-apis/auth/v3/tenant_access_token/internal", body=body)
        value, seconds = answer.get("tenant_access_token"), answer.get("expire")
        if not isinstance(value, str) or not value or not isinstance(seconds, int):
            raise Transient("no token in the answer")
        return Token(value, self._now() + timedelta(seconds=max(0, min(seconds, 7200))))

    async def _call(self, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        return await self._with_token(
            lambda token: self._once(method, path, headers={"Authorization": f"Bearer {token}"}, **more)
        )

    async def _with_token(self, call: Callable[[str], Awaitable[_T]]) -> _T:
        """Call with a token; with a fresh one, once, where the product no longer takes it."""
        token = await self._tokens.get()
        try:
            return await call(token)
        except _TokenSpoiled:
            self._tokens.spoiled(token)
        try:
            return await call(await self._tokens.get())
        except _TokenSpoiled as error:
            raise AuthFailed(str(error)) from None

    async def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """One request and its JSON; raises the ChannelError that fits."""
        data: Any = form() if form else None
        sent = dict(headers or {})
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with self._session.request(
                method,
                self._credentials.url + path,
                params=params,
                data=data,
                headers=sent,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT),
                allow_redirects=False,
            ) as response:
                return _answered(response, await _read(response, _ANSWER_LIMIT))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"{method} {path}: {type(error).__name__}") from None

    async def _download(self, path: str, token: str) -> Media:
        try:
            async with self._session.get(
                self._credentials.url + path,
                params={"type": "image"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT * 4),
                allow_redirects=False,
            ) as response:
                data = await _read(response, MEDIA_LIMIT)
                if response.status != 200 or response.content_type == "application/json":
                    _answered(response, data)
                    raise Transient("no picture in the answer")
                return Media(data, response.content_type)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"GET a picture: {type(error).__name__}") from None


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > limit:
            raise PayloadRejected(f"more than {limit} bytes")
    return bytes(data)


def _answered(response: aiohttp.ClientResponse, data: bytes) -> Mapping[str, Any]:
    """The JSON of an answer; raises the error it tells of."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("code", 0), int):
        if response.status == 429:
            raise RateLimited(_wait(response.headers))
        raise Transient(f"HTTP {response.status} without the usual answer")
    code = answer.get("code", 0)
    if code == 0 and response.status == 200:
        return answer
    raise failure(response.status, code, str(answer.get("msg") or ""), response.headers)


def failure(status: int, code: int, message: str, headers: Mapping[str, str]) -> ChannelError:
    """The error behind a code; what nobody knows is tried again."""
    said = f"{code} {message[:200]}"
    if status == 429 or code in _RATE:
        return RateLimited(_wait(headers), said)
    kinds: tuple[tuple[frozenset[int], type[ChannelError]], ...] = (
        (_TOKEN_SPOILED, _TokenSpoiled),
        (_REFUSED, AuthFailed),
        (_GONE, Gone),
        (_UNREACHABLE, RecipientUnreachable),
        (_REJECTED, PayloadRejected),
    )
    if code == 230099 and _LOCKED in message:
        return RateLimited(1.0, said)
    if code == 230001 and "receive_id" in message:
        return RecipientUnreachable(said)
    return next((kind(said) for codes, kind in kinds if code in codes), Transient(f"HTTP {status} {said}"))


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds until the limit is over, as the answer tells."""
    text = headers.get("x-ogw-ratelimit-reset", "")
    seconds = float(text) if _SECONDS.fullmatch(text) else 1.0
    return min(max(seconds, 1.0), _LONGEST_WAIT)


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict):
        raise Transient("no data in the answer")
    return data
