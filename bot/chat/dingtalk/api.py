"""Calls of DingTalk: tokens, messages, cards, pictures. What they raise never holds a secret."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import aiohttp

from bot.chat.dingtalk.account import Account
from bot.chat.dingtalk.frames import SUBSCRIPTIONS
from bot.chat.dingtalk.quota import Quota
from bot.chat.dingtalk.refusals import A_WHILE, TokenRefused, refusal
from bot.chat.dingtalk.values import Malformed, read_object
from bot.chat.errors import AuthFailed, PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.pacing import Pace
from bot.chat.platform import Address, AddressKind, Image, Media
from bot.chat.tokens import Token, Tokens

Answer = TypeVar("Answer")

CALL_SECONDS: Final = 10.0
LONGEST_ANSWER: Final = 1 << 20
LARGEST_PICTURE: Final = 10 << 20
AT_ONCE: Final = ((20, 1.0),)
"""About 20 calls a second are taken from one application for each kind of call."""

_TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - the name of a header
_STORES = (".dingtalk.com", ".aliyuncs.com", ".alicdn.com")
_SIGNS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


@dataclass(frozen=True)
class Gateway:
    """Where to connect, once and within 90 seconds. The URL is a secret: who has it connects as the bot."""

    url: str

    def __repr__(self) -> str:
        return f"Gateway({urlsplit(self.url).hostname})"


class Api:
    """One application's calls."""

    def __init__(
        self, account: Account, session: aiohttp.ClientSession, now: Callable[[], datetime], quota: Quota
    ) -> None:
        self._account = account
        self._session = session
        self._now = now
        self._quota = quota
        self._pace = Pace(AT_ONCE)
        self._tokens = Tokens(self.fetch_token, now)

    # ------------------------------------------------------------ connecting

    async def fetch_token(self) -> Token:
        """A new access token; raises AuthFailed where the application's credentials are refused."""
        account = self._account
        body = {"appKey": account.client_id, "appSecret": account.client_secret.value}
        self._quota.count()
        try:
            answer = await self._request("POST", f"{account.api}/v1.0/oauth2/accessToken", json=body)
        except PayloadRejected as error:
            raise AuthFailed(f"the credentials are refused: {error}") from None
        value, seconds = answer.get("accessToken"), answer.get("expireIn")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise Transient("no token in the answer")
        return Token(value, self._now() + timedelta(seconds=seconds))

    async def open_connection(self) -> Gateway:
        """A place and ticket for one connection; raises AuthFailed where the credentials are refused."""
        account = self._account
        body = {
            "clientId": account.client_id,
            "clientSecret": account.client_secret.value,
            "subscriptions": SUBSCRIPTIONS,
            "ua": "kuguan",
            "localIp": "",
        }
        answer = await self._request("POST", f"{account.api}/v1.0/gateway/connections/open", json=body)
        endpoint, ticket = answer.get("endpoint"), answer.get("ticket")
        if not isinstance(endpoint, str) or not isinstance(ticket, str):
            raise Transient("no place to connect to in the answer")
        if _parts(endpoint)[0] not in ("wss", "ws"):
            raise Transient("the place to connect to is no websocket")
        return Gateway(f"{endpoint}?ticket={quote(ticket, safe='')}")

    # ------------------------------------------------------------ messages

    async def send_message(self, address: Address, key: str, parameters: Mapping[str, str]) -> str:
        """Say something as the robot; returns DingTalk's id of it."""
        body: dict[str, Any] = {
            "robotCode": self._account.robot_code,
            "msgKey": key,
            "msgParam": json.dumps(parameters, ensure_ascii=False),
        }
        if address.kind is AddressKind.GROUP:
            body["openConversationId"] = address.id
            answer = await self._call("POST", "/v1.0/robot/groupMessages/send", body)
        else:
            body["userIds"] = [address.id]
            answer = await self._call("POST", "/v1.0/robot/oToMessages/batchSend", body)
            _check_recipients(answer)
        return str(answer.get("processQueryKey", ""))

    async def reply(self, url: str, text: str) -> None:
        """Answer where somebody has just written; DingTalk does not count it. Raises Transient or others."""
        body = {"msgtype": "text", "text": {"content": text}}
        answer = await self._request("POST", url, json=body)
        if answer.get("errcode", 0) != 0:
            raise refusal(200, answer)

    def takes_replies(self, url: str) -> bool:
        """Whether an address for replies is one of DingTalk's."""
        scheme, host = _parts(url)
        return url.startswith(f"{self._account.oapi}/") or (
            scheme == "https" and host.endswith(".dingtalk.com")
        )

    # ------------------------------------------------------------ people

    async def employee(self, mobile: str) -> str:
        """The staff id of whom a mobile number belongs to; empty where that is nobody or not certain."""
        path = "/topapi/v2/user/getbymobile"
        self._pace.take(path)

        async def once(token: str) -> dict[str, Any]:
            self._quota.count()
            url = f"{self._account.oapi}{path}?access_token={quote(token, safe='')}"
            body = {"mobile": mobile, "support_exclusive_account_search": True}
            answer = await self._request("POST", url, json=body)
            if answer.get("errcode", 0) != 0:
                raise refusal(200, answer)
            return answer

        try:
            answer = await self._with_token(once)
        except RecipientUnreachable:
            return ""
        return _only_employee(answer.get("result"))

    # ------------------------------------------------------------ cards

    async def create_card(self, address: Address, card_id: str, data: Mapping[str, str]) -> None:
        """Show a card. The same id shows it once."""
        answer = await self._call(
            "POST", "/v1.0/card/instances/createAndDeliver", self._card(address, card_id, data)
        )
        result = answer.get("result")
        delivered = result.get("deliverResults") if isinstance(result, dict) else None
        for one in delivered if isinstance(delivered, list) else []:
            if isinstance(one, dict) and one.get("success") is False:
                raise RecipientUnreachable(f"card not delivered: {str(one.get('errorMsg', ''))[:120]}")

    async def update_card(self, card_id: str, data: Mapping[str, str]) -> None:
        """Change what everybody sees of a card; only the parameters that are named change."""
        body = {
            "outTrackId": card_id,
            "cardData": {"cardParamMap": data},
            "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        }
        await self._call("PUT", "/v1.0/card/instances", body)

    async def try_template(self, card_id: str, data: Mapping[str, str]) -> None:
        """Make a card that reaches nobody, to see whether the template and the permission are there."""
        body = {
            "cardTemplateId": self._account.template,
            "outTrackId": card_id,
            "callbackType": "STREAM",
            "cardData": {"cardParamMap": data},
            "imRobotOpenSpaceModel": {"supportForward": False},
        }
        await self._call("POST", "/v1.0/card/instances", body)

    def _card(self, address: Address, card_id: str, data: Mapping[str, str]) -> dict[str, Any]:
        title = data["title"]
        space = {"supportForward": False, "lastMessageI18n": {"zh_CN": title, "en_US": title}}
        body: dict[str, Any] = {
            "cardTemplateId": self._account.template,
            "outTrackId": card_id,
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {"cardParamMap": data},
        }
        if self._account.callback_key:
            body |= {"callbackType": "HTTP", "callbackRouteKey": self._account.callback_key}
        if address.kind is AddressKind.GROUP:
            body["openSpaceId"] = f"dtv1.card//IM_GROUP.{address.id}"
            body["imGroupOpenSpaceModel"] = space
            body["imGroupOpenDeliverModel"] = {"robotCode": self._account.robot_code}
        else:
            body["openSpaceId"] = f"dtv1.card//IM_ROBOT.{address.id}"
            body["imRobotOpenSpaceModel"] = space
            body["imRobotOpenDeliverModel"] = {
                "spaceType": "IM_ROBOT",
                "robotCode": self._account.robot_code,
            }
        return body

    # ------------------------------------------------------------ pictures

    async def download(self, code: str) -> Media:
        """A picture that somebody sent; raises PayloadRejected for what is no picture or too large."""
        body = {"robotCode": self._account.robot_code, "downloadCode": code}
        answer = await self._call("POST", "/v1.0/robot/messageFiles/download", body)
        url = str(answer.get("downloadUrl", ""))
        if not self._is_store(url):
            raise PayloadRejected("the picture is not where DingTalk keeps pictures")
        data = await self._picture(url)
        media_type = next((kind for sign, kind in _SIGNS if data.startswith(sign)), "")
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            media_type = "image/webp"
        if not media_type:
            raise PayloadRejected("not a picture")
        return Media(data, media_type)

    async def upload(self, image: Image) -> str:
        """Put a picture where messages can show it; returns its media id."""
        return await self._with_token(lambda token: self._upload(image, token))

    async def _upload(self, image: Image, token: str) -> str:
        form = aiohttp.FormData()
        form.add_field("media", image.data, filename="picture", content_type=image.media_type)
        self._quota.count()
        url = f"{self._account.oapi}/media/upload?access_token={quote(token, safe='')}&type=image"
        answer = await self._request("POST", url, data=form)
        if answer.get("errcode", 0) != 0:
            raise refusal(200, answer)
        return str(answer.get("media_id", ""))

    def _is_store(self, url: str) -> bool:
        scheme, host = _parts(url)
        return url.startswith(f"{self._account.api}/") or (
            scheme in ("https", "http") and host.endswith(_STORES)
        )

    async def _picture(self, url: str) -> bytes:
        try:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            async with self._session.get(url, timeout=timeout, allow_redirects=False) as response:
                if response.status != 200:
                    raise PayloadRejected(f"HTTP {response.status} for a picture")
                return await _read(response, LARGEST_PICTURE)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(type(error).__name__) from None

    # ------------------------------------------------------------ one call

    async def _call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._pace.take(path)

        async def once(token: str) -> dict[str, Any]:
            self._quota.count()
            return await self._request(
                method, f"{self._account.api}{path}", json=body, headers={_TOKEN_HEADER: token}
            )

        return await self._with_token(once)

    async def _with_token(self, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Call with the token; where it is refused, once more with a fresh one."""
        token = await self._tokens.get()
        try:
            return await call(token)
        except TokenRefused:
            self._tokens.spoiled(token)
        return await call(await self._tokens.get())

    async def _request(self, method: str, url: str, **body: Any) -> dict[str, Any]:
        """The object answered. aiohttp's own errors name the URL, which may hold a secret: they end here."""
        try:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            async with self._session.request(
                method, url, timeout=timeout, allow_redirects=False, **body
            ) as response:
                data = await _read(response, LONGEST_ANSWER)
                answer = _object(data, response.status)
                if response.status != 200:
                    raise refusal(response.status, answer, response.headers.get("Retry-After", ""))
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(type(error).__name__) from None


def _parts(url: str) -> tuple[str, str]:
    """Scheme and host of an address; both empty for what is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    data = await response.content.read(most + 1)
    while len(data) <= most and not response.content.at_eof():
        data += await response.content.read(most + 1 - len(data))
    if len(data) > most:
        raise PayloadRejected(f"more than {most} bytes")
    return data


def _object(data: bytes, status: int) -> dict[str, Any]:
    """The object in an answer; what a proxy says instead counts by its status alone."""
    try:
        return read_object(data.decode())
    except (Malformed, UnicodeDecodeError):
        if status == 200:
            raise Transient("not an answer of DingTalk") from None
        return {}


def _only_employee(result: object) -> str:
    """The one account of an answer: a person's own, or the one that the company made for them."""
    found = result if isinstance(result, dict) else {}
    own, made = found.get("userid"), found.get("exclusive_account_userid_list")
    users = {
        user for user in (own, *(made if isinstance(made, list) else ())) if isinstance(user, str) and user
    }
    return users.pop() if len(users) == 1 else ""


def _check_recipients(answer: Mapping[str, Any]) -> None:
    """Success may still name people whom the message did not reach; we write to one at a time."""
    if answer.get("flowControlledStaffIdList"):
        raise RateLimited(A_WHILE, "the person gets too many messages")
    if answer.get("invalidStaffIdList"):
        raise RecipientUnreachable("not a person of this company, or outside the robot's visible range")
    if answer.get("filteredStaffIdList"):
        raise RecipientUnreachable("DingTalk filtered the message for this person")
