"""Calls to the three services from the command line, with a client's own token and bounded patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import grpc
from kuguan.approvals.v1.access_pb2 import ClientCredential, ExchangeClientRequest
from kuguan.approvals.v1.access_pb2_grpc import AccessServiceStub

from deploy.errors import CommandFailed
from deploy.location import client_secret, not_running, service_address
from deploy.wording import reason_words
from services.kit.rpc import from_call_error
from services.kit.settings import Settings
from services.kit.tls import Tls

Stub = TypeVar("Stub")

READ_SECONDS = 5.0
WRITE_SECONDS = 30.0
RETRY_SECONDS = 15.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
# A token lives ten minutes; a long import takes a new one well before.
_TOKEN_SECONDS = 300.0
_OPTIONS = [
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


class Connection:
    """Channels to the services, opened as they are needed, and the token that goes with each call."""

    def __init__(
        self, client: str, secret: str | None = None, address_of: Callable[[str], str] = service_address
    ) -> None:
        self._client = client
        self._secret = secret if secret is not None else client_secret(client)
        self._address_of = address_of
        self._channels: dict[str, grpc.Channel] = {}
        self._token = ""
        self._token_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels.values():
            channel.close()

    def stub(self, kind: Callable[[grpc.Channel], Stub], service: str) -> Stub:
        """A stub of a service."""
        if service not in self._channels:
            self._channels[service] = _channel(self._address_of(service))
        return kind(self._channels[service])

    def call(self, method: Callable[..., Any], request: Any, seconds: float = READ_SECONDS) -> Any:
        """Call a method and ask again with the same request while the service is not there.

        `request` is a message, or a function that makes a fresh iterator of messages for each try.
        Raises CommandFailed with the service's reason in words.
        """
        return self._patiently(lambda: method(_fresh(request), timeout=seconds, metadata=self._metadata()))

    def _metadata(self) -> list[tuple[str, str]]:
        if time.monotonic() > self._token_until:
            exchange = self.stub(AccessServiceStub, "approvals").ExchangeClient
            asked = ExchangeClientRequest(
                credential=ClientCredential(client=self._client, secret=self._secret)
            )
            self._token = exchange(asked, timeout=READ_SECONDS).token.value
            self._token_until = time.monotonic() + _TOKEN_SECONDS
        return [("authorization", f"Bearer {self._token}")]

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        ends = time.monotonic() + RETRY_SECONDS
        pause = _FIRST_PAUSE
        while True:
            try:
                return attempt()
            except grpc.RpcError as error:
                unavailable = error.code() is grpc.StatusCode.UNAVAILABLE
                if not unavailable or time.monotonic() + pause > ends:
                    raise _failure(error, unavailable) from error
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


def _channel(address: str) -> grpc.Channel:
    tls = Tls.of(Settings.of("console"))
    if tls is None:
        return grpc.insecure_channel(address, options=_OPTIONS)
    return grpc.secure_channel(address, tls.for_client(), options=_OPTIONS)


def _fresh(request: Any) -> Any:
    return request() if callable(request) else request


def _failure(error: grpc.RpcError, unavailable: bool) -> CommandFailed:
    if unavailable:
        return not_running("服务没有应答 no answer")
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return CommandFailed(
            "服务没有在规定时间内回答,结果未知;请再试一次。",
            "The service did not answer in time, so the outcome is unknown; try again.",
        )
    told = from_call_error(cast(Any, error))
    return CommandFailed(*reason_words(told.reason, told.facts))
