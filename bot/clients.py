"""The services as the bot reaches them: one channel each, and tokens of the people it speaks for."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import grpc
from kuguan.approvals.v1 import access_pb2, access_pb2_grpc, approvals_pb2_grpc, people_pb2_grpc
from kuguan.orders.v1 import orders_pb2_grpc
from kuguan.stock.v1 import items_pb2_grpc, stock_pb2_grpc

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from services.kit.clients import READ_SECONDS, WRITE_SECONDS, call, connect
from services.kit.settings import Settings
from services.kit.tls import Tls

CLIENT = "bot"
_EARLY_SECONDS = 60
_REMEMBERED = 5_000

Who = tuple[str, str, str]
"""A chat identity: platform, tenant and user."""


@dataclass(frozen=True, slots=True)
class Badge:
    """Whom a chat identity belongs to, and the token to act as that person."""

    person: str
    token: str
    ends: float


class Services:
    """Stubs of the three services, and the exchange of chat identities for tokens."""

    def __init__(self, settings: Settings) -> None:
        tls = Tls.of(settings)
        self._channels: dict[str, grpc.aio.Channel] = {
            name: connect(settings.address_of(name), tls) for name in ("stock", "orders", "approvals")
        }
        self._secret = settings.secret_file("CLIENT_SECRET_FILE", settings.secrets / f"{CLIENT}.secret")
        self._badges: dict[Who, Badge] = {}
        self.items = items_pb2_grpc.ItemServiceStub(self._channels["stock"])
        self.stock = stock_pb2_grpc.StockServiceStub(self._channels["stock"])
        self.orders = orders_pb2_grpc.OrderServiceStub(self._channels["orders"])
        self.approvals = approvals_pb2_grpc.ApprovalServiceStub(self._channels["approvals"])
        self.people = people_pb2_grpc.PeopleServiceStub(self._channels["approvals"])
        self._access = access_pb2_grpc.AccessServiceStub(self._channels["approvals"])

    async def badge(self, who: Who) -> Badge:
        """The person behind a chat identity, with a token that is good for a while.

        Accounts of chat products are looked up each time: one that was unbound must not act any more.
        Raises RemoteError where the identity is bound to nobody or the person has left.
        """
        known = self._badges.get(who)
        if known is not None and known.ends > time.time():
            return known
        request = access_pb2.ExchangeIdentityRequest(
            credential=access_pb2.ClientCredential(client=CLIENT, secret=self._secret.value),
            platform=who[0],
            tenant=who[1],
            user_id=who[2],
        )
        answer = await call(self._access.ExchangeIdentity, request)
        ends = answer.token.expire_time.seconds - _EARLY_SECONDS
        badge = Badge(answer.token.person, answer.token.value, ends)
        if len(self._badges) >= _REMEMBERED:
            self._badges.clear()
        self._badges[who] = badge if who[0] == LOCAL_PLATFORM else replace(badge, ends=0.0)
        return badge

    def person_behind(self, who: Who) -> str:
        """The person an identity last belonged to, also while approvals does not answer; empty if unknown."""
        known = self._badges.get(who)
        return known.person if known is not None else ""

    def forget(self, who: Who) -> None:
        """Exchange the identity anew next time: a service no longer took its token."""
        self._badges.pop(who, None)

    def speaking(self, badge: Badge) -> Voice:
        """Calls on behalf of a person."""
        return Voice(self, badge.token)

    async def close(self) -> None:
        """Close the channels."""
        for channel in self._channels.values():
            await channel.close()


@dataclass(frozen=True, slots=True)
class Voice:
    """Calls to the services on behalf of one person."""

    services: Services
    token: str

    async def read(self, method: Any, request: Any) -> Any:
        """Ask for something; within the deadline of reads."""
        return await call(method, request, token=self.token, seconds=READ_SECONDS)

    async def write(self, method: Any, request: Any) -> Any:
        """Ask for a change; a time-out means unknown: asking again with the same request id is safe."""
        return await call(method, request, token=self.token, seconds=WRITE_SECONDS)
