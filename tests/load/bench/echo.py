"""The ceiling: a service process whose one method does nothing, with the kit's own server options."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import uvloop
from google.protobuf.empty_pb2 import Empty

from services.kit.listening import OPTIONS
from services.kit.run import die_with_parent

METHOD = "/kuguan.bench.Echo/Call"


async def _answer(request: Empty, context: Any) -> Empty:
    return request


async def serve() -> None:
    """Answer on a free port of this machine until ended."""
    handler = grpc.unary_unary_rpc_method_handler(
        _answer, request_deserializer=Empty.FromString, response_serializer=Empty.SerializeToString
    )
    service, method = METHOD[1:].split("/")
    server = grpc.aio.server(options=list(OPTIONS))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"ready echo 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    die_with_parent()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
