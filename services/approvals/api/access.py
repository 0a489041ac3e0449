"""The gRPC methods of access: wrong credentials meet a bound before they reach the writer."""

from __future__ import annotations

from typing import Any

from kuguan.approvals.v1 import access_pb2, access_pb2_grpc

from services.approvals.commands.access import Exchange
from services.approvals.queries.access import public_keys
from services.kit.service import Runtime


class AccessApi(access_pb2_grpc.AccessServiceServicer):
    """Tokens and the keys that verify them."""

    def __init__(self, runtime: Runtime, exchange: Exchange) -> None:
        self._runtime = runtime
        self._exchange = exchange
        self._keys = public_keys(runtime.settings.public_keys)

    async def ExchangeIdentity(
        self, request: access_pb2.ExchangeIdentityRequest, context: Any
    ) -> access_pb2.ExchangeIdentityResponse:
        """Exchanges a chat identity, vouched for by a trusted client, for a token of the bound person."""
        self._exchange.admit(request.credential)
        return await self._runtime.write(self._exchange.for_identity, request)

    async def ExchangeClient(
        self, request: access_pb2.ExchangeClientRequest, context: Any
    ) -> access_pb2.ExchangeClientResponse:
        """Exchanges a client's own credential for a token of the client."""
        self._exchange.admit(request.credential)
        return await self._runtime.write(self._exchange.for_client, request)

    async def ListPublicKeys(
        self, request: access_pb2.ListPublicKeysRequest, context: Any
    ) -> access_pb2.ListPublicKeysResponse:
        """Lists the public keys."""
        return self._keys
