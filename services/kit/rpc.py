"""The gRPC border of a service: who may call, how errors cross, how much is taken at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, cast

import grpc
import structlog
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pool import Default as default_pool
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from kuguan.type.v1 import options_pb2

from services.kit import observe, telemetry
from services.kit.access import NOBODY, Caller, Verifier, current_caller
from services.kit.errors import (
    KuguanError,
    MessageUnreadable,
    NotSignedIn,
    PermissionMissing,
    RemoteError,
    TooBusy,
    Unreachable,
)
from services.kit.listening import surely_ended

log = structlog.get_logger("kuguan.rpc")

PUBLIC = "public"
DOMAIN = "kuguan"
_AT_ONCE = 1024
# With these the library ends calls of which the service knows nothing, or not how they went on.
_UNCLEAR = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)

CODES: Mapping[str, grpc.StatusCode] = {
    "invalid_input": grpc.StatusCode.INVALID_ARGUMENT,
    "not_found": grpc.StatusCode.NOT_FOUND,
    "already_exists": grpc.StatusCode.ALREADY_EXISTS,
    "rule_broken": grpc.StatusCode.FAILED_PRECONDITION,
    "conflict": grpc.StatusCode.ABORTED,
    "denied": grpc.StatusCode.PERMISSION_DENIED,
    "overloaded": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "unreachable": grpc.StatusCode.UNAVAILABLE,
    "internal": grpc.StatusCode.INTERNAL,
}


def to_status(error: KuguanError) -> status_pb2.Status:
    """The error as it crosses the border: reason and facts, never the text of an exception (R29)."""
    code = grpc.StatusCode.UNAUTHENTICATED if isinstance(error, NotSignedIn) else CODES[error.kind]
    status = status_pb2.Status(code=code.value[0], message=error.reason)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=_clean(error.facts))
    _pack(status, info)
    if isinstance(error, TooBusy):
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        _pack(status, error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _pack(status: status_pb2.Status, detail: Any) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)


def _clean(facts: Mapping[str, str]) -> dict[str, str]:
    # Facts travel in trailing metadata, which has a bound and takes no lone surrogates.
    return {name: value[:300].encode("utf-8", "replace").decode() for name, value in facts.items()}


def from_call_error(error: grpc.aio.AioRpcError) -> KuguanError:
    """Turn what a call raised back into the same kind of error with its reason and facts."""
    kinds = {code: kind for kind, code in CODES.items()}
    kinds[grpc.StatusCode.UNAUTHENTICATED] = "denied"
    status = rpc_status.from_call(cast(Any, error))
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return RemoteError(kinds.get(error.code(), "internal"), info.reason, dict(info.metadata))
    if error.code() in _UNCLEAR:
        return Unreachable()
    return RemoteError(kinds.get(error.code(), "internal"), error.code().name, {})


def permissions_of(services: Sequence[str]) -> dict[str, str]:
    """The permission each method names, by the method's path. A method without one cannot be served."""
    permissions: dict[str, str] = {}
    for name in services:
        service: ServiceDescriptor = default_pool().FindServiceByName(name)
        for method in service.methods:
            options: Any = method.GetOptions()
            permission = str(options.Extensions[options_pb2.permission])
            assert permission, f"{method.full_name} names no permission"
            permissions[f"/{name}/{method.name}"] = permission
    return permissions


Behaviour = Callable[[Any, Any], Awaitable[Any]]


def _reading(decode: Callable[[bytes], Any], name: str) -> Callable[[bytes], Any]:
    """Decode a request; one that cannot be decoded becomes the refusal that its call is answered with.

    What is raised here the library answers itself: with the exception's text, and a traceback in the log.
    """

    def read(data: bytes) -> Any:
        try:
            return decode(data)
        except DecodeError:
            return MessageUnreadable(name, len(data))

    return read


async def _readable(messages: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
    """The messages of a stream, up to one that cannot be decoded; raises MessageUnreadable for that."""
    async for message in messages:
        if isinstance(message, KuguanError):
            raise message
        yield message
    await surely_ended(context)


class Unguarded:
    """Around methods that everybody may call, such as health: only what cannot be decoded is refused."""

    def __init__(self, server: Methods) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Nothing: generated code registers the same methods again by name."""

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        """Serve the methods of a service."""
        read = {name: self._method(f"{service}/{name}", handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, read)

    def _method(self, name: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        assert handler.unary_unary or handler.unary_stream, f"{name} streams in a way that is not known here"
        behaviour: Behaviour = handler.unary_unary or handler.unary_stream

        async def answer(request: Any, context: Any) -> Any:
            if isinstance(request, KuguanError):
                await context.abort_with_status(rpc_status.to_status(to_status(request)))
            return await behaviour(request, context)

        make = (
            grpc.unary_unary_rpc_method_handler
            if handler.unary_unary
            else grpc.unary_stream_rpc_method_handler
        )
        return make(
            answer,
            request_deserializer=_reading(handler.request_deserializer, name),
            response_serializer=handler.response_serializer,
        )


class Methods(Protocol):
    """Where methods are registered: a gRPC server, or what stands in its place."""

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]], /
    ) -> None:
        """Serve the methods of a service."""


class Border:
    """Around every method of a server: bound, access, errors. Only here a call is aborted.

    It takes the server's place where generated code registers its methods. An interceptor would do the same,
    but it is asked again for each call and costs more than all that is done here.
    """

    def __init__(self, server: Methods, verifier: Verifier, permissions: Mapping[str, str]) -> None:
        self._server = server
        self._verifier = verifier
        self._permissions = permissions
        self._running = 0

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Nothing: generated code registers the same methods again by name, and there they are guarded."""

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        """Serve the methods of a service behind the border."""
        guarded = {name: self._guarded(f"{service}/{name}", handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, guarded)

    def _guarded(self, name: str, handler: Any) -> grpc.RpcMethodHandler[Any, Any]:
        permission = self._permissions.get(f"/{name}", "")
        coding = {
            "request_deserializer": _reading(handler.request_deserializer, name),
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._around(handler.unary_unary, name, permission), **coding
            )
        if handler.stream_unary:
            behaviour: Behaviour = handler.stream_unary
            return grpc.stream_unary_rpc_method_handler(
                self._around(
                    lambda messages, context: behaviour(_readable(messages, context), context),
                    name,
                    permission,
                ),
                **coding,
            )
        raise AssertionError(f"{name} streams in a way the border does not know")

    def _around(self, behaviour: Behaviour, name: str, permission: str) -> Behaviour:
        async def guarded(request: Any, context: Any) -> Any:
            try:
                if self._running >= _AT_ONCE:
                    telemetry.SHED.labels(reason="calls").inc()
                    raise TooBusy("calls", 0.2)
                self._running += 1
                try:
                    told = dict(context.invocation_metadata())
                    current_caller.set(self._caller(told, permission))
                    if isinstance(request, KuguanError):
                        raise request
                    place = observe.checked(told[observe.TRACEPARENT]) if observe.TRACEPARENT in told else ""
                    if not place and not observe.is_recording():
                        return await behaviour(request, context)
                    with observe.span(name, place, kind="SERVER"):
                        return await behaviour(request, context)
                finally:
                    self._running -= 1
            except KuguanError as error:
                status = to_status(error)
            except Exception:
                # The library would answer with the exception's own text.
                log.exception("call failed")
                status = status_pb2.Status(code=code_pb2.INTERNAL, message="INTERNAL_FAULT")
            return await context.abort_with_status(rpc_status.to_status(status))

        return guarded

    def _caller(self, told: Mapping[str, str], permission: str) -> Caller:
        """The caller, if the method names a permission and the token carries it; denied otherwise (R21)."""
        if permission == PUBLIC:
            return NOBODY
        try:
            authorization = told.get("authorization", "")
            if not authorization.startswith("Bearer "):
                raise NotSignedIn("the call carries no token")
            caller = self._verifier.caller(authorization[7:])
            if not permission or not caller.may(permission):
                raise PermissionMissing(permission)
        except KuguanError as error:
            telemetry.DENIED.labels(error.reason).inc()
            raise
        return caller
