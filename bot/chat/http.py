"""HTTP manners shared by all doors: bounded bodies in, plain reasons out."""

import json
import logging
from asyncio import timeout
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import Application, AppRunner, Request, RequestPayloadError, Response, StreamResponse

from bot.chat.errors import Overloaded
from bot.chat.platform import ACTION, CARD_ID
from services.kit.errors import RequestIdReused

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a request body."""
BODY_DEADLINE: Final = 10.0
"""Seconds a body may take to arrive."""
TEXT_LIMIT: Final = 4000
"""Characters of one sentence."""
KEY_LENGTHS: Final = (8, 64)
TAP_TEXT_LIMIT: Final = 500
"""Characters that may go with a tap, such as a reason."""

Handler = Callable[[Request], Awaitable[StreamResponse]]


class Refusal(Exception):
    """A request that is not served: HTTP status, reason for programs, facts for the words shown.

    Where a repeat may help, ``retry_after`` says after how many seconds.
    """

    def __init__(self, status: int, reason: str, *, retry_after: int = 0, **facts: str | int) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.facts = facts
        self.retry_after = retry_after


class _OneLine(logging.Filter):
    """What somebody sent that is no HTTP is worth a line in the log; our own stack is not to blame."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | RequestPayloadError):
            record.msg, record.args = "bad request: %s", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        return True


def runner_of(application: Application, shutdown_timeout: float) -> AppRunner:
    """The server of the doors: compressed bodies stay closed, what is no HTTP leaves one line in the log."""
    logger = logging.getLogger("aiohttp.server")
    if not any(isinstance(one, _OneLine) for one in logger.filters):
        logger.addFilter(_OneLine())
    return AppRunner(application, shutdown_timeout=shutdown_timeout, access_log=None, auto_decompress=False)


def as_json(data: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that no browser stores or guesses the type of."""
    response = Response(
        body=json.dumps(data, ensure_ascii=False).encode(),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers=headers,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def answering(handler: Handler) -> Handler:
    """Turn a Refusal, a reused id or an Overloaded of `handler` into its JSON answer."""

    @wraps(handler)
    async def wrapped(request: Request) -> StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            error = {"reason": refusal.reason, "facts": refusal.facts}
            headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else None
            return as_json({"error": error}, refusal.status, headers)
        except RequestIdReused as reused:
            return as_json({"error": {"reason": reused.reason, "facts": reused.facts}}, 422)
        except Overloaded as overload:
            seconds = str(max(1, round(overload.retry_after)))
            error = {"reason": "OVERLOADED", "facts": {"retry_after": seconds}}
            return as_json({"error": error}, 503, {"Retry-After": seconds})

    return wrapped


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """The raw body. Raises Refusal when it is packed, has more bytes, takes longer or is broken."""
    # No door of ours is sent compressed bodies, and a broken or bottomless archive is not worth opening.
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "ENCODING_UNKNOWN")
    if (request.content_length or 0) > limit:
        raise Refusal(413, "BODY_TOO_LARGE", limit=limit)
    body = bytearray()
    try:
        async with timeout(seconds):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise Refusal(413, "BODY_TOO_LARGE", limit=limit)
    except TimeoutError:
        raise Refusal(408, "BODY_TOO_SLOW") from None
    except RequestPayloadError:
        raise Refusal(400, "BODY_BROKEN") from None
    return bytes(body)


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object of the body. Raises Refusal when it is too big, too slow or something else."""
    if request.content_type != "application/json":
        raise Refusal(415, "NOT_JSON")
    try:
        data = json.loads(await read_body(request, BODY_LIMIT, BODY_DEADLINE))
    except (ValueError, RecursionError):
        raise Refusal(400, "NOT_JSON") from None
    if not isinstance(data, dict):
        raise Refusal(400, "NOT_JSON")
    return data


def text_field(data: Mapping[str, Any], name: str) -> str:
    """A sentence: not empty, not too long, without control characters. Raises Refusal."""
    clean = _clean_text(data.get(name), name, TEXT_LIMIT)
    if not clean:
        raise Refusal(400, "TEXT_EMPTY")
    return clean


def tap_fields(data: Mapping[str, Any]) -> tuple[str, str, str]:
    """The card, the action and the words of a tap; most taps bring no words. Raises Refusal."""
    card_id, action = data.get("card"), data.get("action")
    if not isinstance(card_id, str) or CARD_ID.fullmatch(card_id) is None:
        raise Refusal(400, "FIELD_MISSING", field="card")
    if not isinstance(action, str) or ACTION.fullmatch(action) is None:
        raise Refusal(400, "FIELD_MISSING", field="action")
    return card_id, action, _clean_text(data.get("text", ""), "text", TAP_TEXT_LIMIT)


def _clean_text(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str):
        raise Refusal(400, "FIELD_MISSING", field=name)
    if len(value) > limit:
        raise Refusal(413, "TEXT_TOO_LONG", limit=limit)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Refusal(400, "TEXT_UNREADABLE")
    return "".join(
        character for character in value.replace("\r\n", "\n") if character >= " " or character in "\n\t"
    ).strip()


def key_field(data: Mapping[str, Any], name: str) -> str:
    """The id a client made for one act, so that a repeat is recognised. Raises Refusal."""
    value = data.get(name)
    shortest, longest = KEY_LENGTHS
    if (
        not isinstance(value, str)
        or not shortest <= len(value) <= longest
        or not (value.isascii() and value.replace("-", "").replace("_", "").isalnum())
    ):
        raise Refusal(400, "FIELD_MISSING", field=name)
    return value


def number_parameter(request: Request, name: str, default: int, highest: int) -> int:
    """A whole number ≥ 0 from the query, cut to `highest`. Raises Refusal."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
        raise Refusal(400, "FIELD_MISSING", field=name)
    return min(int(raw), highest)
