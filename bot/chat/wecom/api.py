"""Calls to WeCom's server: tokens, messages, card updates, pictures, the menu."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

from bot.chat.errors import (
    AuthFailed,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.platform import Media
from bot.chat.settings import ChatSettings
from bot.chat.tokens import Token, Tokens
from services.kit.settings import SettingInvalid

DEFAULT_URL: Final = "https://qyapi.weixin.qq.com"
CORP_HINT: Final = "the company's id, at the bottom of the page about the company"
AGENT_HINT: Final = "the AgentId, a number on the app's page"
CREDENTIAL_HINT: Final = "a file with the app's Secret"
CALL_SECONDS: Final = 10.0
LARGEST_PICTURE: Final = 10 * 1024 * 1024
_JSON_TYPES: Final = frozenset({"application/json", "text/plain"})
_SIGNS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)
# A list of people, or everybody, has other signs in it.
_USER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
_LARGEST_ANSWER: Final = 1024 * 1024

_TOKEN_ERRORS: Final = frozenset({40014, 42001})
_RATE_ERRORS: Final = {45009: 60.0, 45033: 5.0}
_AUTH_ERRORS: Final = frozenset({40001, 40013, 40056, 48002, 50001, 60011, 60020, 301002})
_UNREACHABLE_ERRORS: Final = frozenset({81013, 60111, 40003})
_TRANSIENT_ERRORS: Final = frozenset({-1, 6000, 50000})


class Refusal(PayloadRejected):
    """The product answered with an error code that has no meaning of its own here."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"error {code}: {words[:200]}")
        self.code = code


class WecomApi:
    """The calls of one app of one company."""

    def __init__(
        self, chat: ChatSettings, session: aiohttp.ClientSession, now: Callable[[], datetime]
    ) -> None:
        """Raises SettingMissing and SettingInvalid."""
        self.corp_id = chat.required("CORP_ID", CORP_HINT)
        self.agent_id = chat.required("AGENT_ID", AGENT_HINT)
        if not (self.agent_id.isascii() and self.agent_id.isdigit()):
            raise SettingInvalid("KUGUAN_WECOM_AGENT_ID", self.agent_id, AGENT_HINT)
        self._secret = chat.secret("SECRET", CREDENTIAL_HINT)
        self._url = chat.get("API_URL", DEFAULT_URL).rstrip("/") + "/cgi-bin/"
        self._session = session
        self._now = now
        self._tokens = Tokens(self._fetch_token, now)

    async def token(self) -> str:
        """A valid token; raises AuthFailed for a wrong company or secret."""
        return await self._tokens.get()

    async def send(self, user: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a message to one person; RecipientUnreachable also where the answer only hints at it."""
        if not _USER.fullmatch(user):
            raise RecipientUnreachable("not the id of a member")
        body = {"touser": user, "agentid": int(self.agent_id), **message}
        answer = await self.call("message/send", body)
        missing = f"{answer.get('invaliduser') or ''}|{answer.get('unlicenseduser') or ''}".lower()
        if user.lower() in missing.split("|"):
            raise RecipientUnreachable("not in the app's visible scope, or without a licence")
        return answer

    async def update_card(self, user: str, code: str, card: Mapping[str, Any]) -> None:
        """Replace one person's copy of a card; raises Refusal where the code is used up or over."""
        body = {
            "userids": [user],
            "agentid": int(self.agent_id),
            "response_code": code,
            "template_card": card,
        }
        await self.call("message/update_template_card", body)

    async def upload(self, data: bytes, media_type: str) -> str:
        """Bring a picture up; returns its media id, valid for three days."""

        def form() -> aiohttp.FormData:
            fields = aiohttp.FormData()
            name = "picture.png" if media_type == "image/png" else "picture.jpg"
            fields.add_field("media", data, filename=name, content_type=media_type)
            return fields

        answer = await self._with_token("POST", "media/upload", {"type": "image"}, form)
        return str(answer.get("media_id", ""))

    async def fetch(self, media_id: str) -> Media:
        """Bring a picture that somebody sent; raises PayloadRejected where it is gone or too large."""
        answer = await self._with_token("GET", "media/get", {"media_id": media_id}, None)
        if not isinstance(answer.get("data"), bytes):
            raise PayloadRejected("no picture came")
        return Media(answer["data"], picture_type(answer["data"]))

    async def call(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Mapping[str, Any]:
        """A call with JSON; without a body it is a GET. Raises a ChannelError."""
        method = "GET" if body is None else "POST"
        return await self._with_token(method, path, query, (lambda: body) if body is not None else None)

    async def _with_token(
        self, method: str, path: str, query: Mapping[str, str], body: Callable[[], Any] | None
    ) -> Mapping[str, Any]:
        """The call; a token that is refused is fetched anew once."""
        for last in (False, True):
            token = await self._tokens.get()
            answer = await self._request(method, path, {**query, "access_token": token}, body)
            code = answer.get("errcode", 0)
            if isinstance(code, int) and code in _TOKEN_ERRORS:
                self._tokens.spoiled(token)
                if not last:
                    continue
                raise Transient("a fresh token was refused")
            raise_for(code, str(answer.get("errmsg", "")))
            return answer
        raise AssertionError("the last round always ends")

    async def _fetch_token(self) -> Token:
        query = {"corpid": self.corp_id, "corpsecret": self._secret.value}
        answer = await self._request("GET", "gettoken", query, None)
        raise_for(answer.get("errcode", 0), str(answer.get("errmsg", "")))
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(seconds, int):
            raise Transient("no token in the answer")
        return Token(value, self._now() + timedelta(seconds=seconds))

    async def _request(
        self, method: str, path: str, query: Mapping[str, str], body: Callable[[], Any] | None
    ) -> Mapping[str, Any]:
        """One request; a picture comes as bytes under `data`. Never shows the address: it holds secrets."""
        content = body() if body else None
        options = {"data": content} if isinstance(content, aiohttp.FormData) else {"json": content}
        try:
            async with self._session.request(
                method,
                self._url + path,
                params=query,
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
                allow_redirects=False,
                **(options if content is not None else {}),
            ) as response:
                return await _read(response, path)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"{path}: {type(error).__name__}") from None


async def _read(response: aiohttp.ClientResponse, path: str) -> Mapping[str, Any]:
    if response.status == 429:
        after = response.headers.get("Retry-After", "")
        raise RateLimited(float(after) if after.isascii() and after.isdigit() else 60.0, path)
    if response.status >= 500:
        raise Transient(f"{path}: HTTP {response.status}")
    if response.status != 200:
        raise PayloadRejected(f"{path}: HTTP {response.status}")
    # Only errors of this call come as JSON; which type pictures come with is not documented.
    picture = path == "media/get" and response.content_type not in _JSON_TYPES
    data = await read_at_most(response, LARGEST_PICTURE if picture else _LARGEST_ANSWER)
    if picture:
        return {"data": data}
    try:
        answer = json_object(data)
    except ValueError:
        raise Transient(f"{path}: the answer is not JSON") from None
    return answer


async def read_at_most(response: aiohttp.ClientResponse, size: int) -> bytes:
    """The body of an answer; raises PayloadRejected for one that is larger."""
    parts, total = [], 0
    async for part in response.content.iter_chunked(64 * 1024):
        total += len(part)
        if total > size:
            raise PayloadRejected("the answer is too large")
        parts.append(part)
    return b"".join(parts)


def picture_type(data: bytes) -> str:
    """The kind of a picture by its first bytes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((name for sign, name in _SIGNS if data.startswith(sign)), "application/octet-stream")


def json_object(data: bytes | str) -> dict[str, Any]:
    """A JSON object; raises ValueError for anything else."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def raise_for(code: object, words: str) -> None:
    """Raise what an error code means; nothing for 0."""
    if code == 0:
        return
    if not isinstance(code, int):
        raise Transient("an answer without an error code")
    if code in _RATE_ERRORS:
        raise RateLimited(_RATE_ERRORS[code], f"error {code}")
    if code in _AUTH_ERRORS:
        raise AuthFailed(f"error {code}: {words[:200]}")
    if code in _UNREACHABLE_ERRORS:
        raise RecipientUnreachable(f"error {code}")
    if code in _TRANSIENT_ERRORS:
        raise Transient(f"error {code}")
    if code in _TOKEN_ERRORS:
        raise Transient(f"error {code}: the token is refused")
    raise Refusal(code, words)
