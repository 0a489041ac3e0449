"""The webhook: pushed events over HTTPS, signed and encrypted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp.web import Request, StreamResponse

from bot.chat.feishu.connection import Answered, Take
from bot.chat.feishu.crypto import NotDecrypted, decrypt, is_same, is_signed
from bot.chat.feishu.events import Unreadable, parse_object
from bot.chat.http import Refusal, as_json, read_body
from services.kit.settings import Secret

log = structlog.get_logger("kuguan.feishu")

PATH: Final = "/chat/feishu"
BODY_LIMIT: Final = 1024 * 1024
BODY_SECONDS: Final = 2.0
WINDOW_SECONDS: Final = 300.0
NONCES_LIMIT: Final = 50_000
CHALLENGE: Final = "url_verification"


class Webhook:
    """Takes in what is really from the product: signature over the raw bytes, time, nonce, token."""

    def __init__(self, key: Secret, token: Secret, take: Take, now: Callable[[], datetime]) -> None:
        self._key = key.value
        self._token = token.value
        self._take = take
        self._now = now
        self._seen: dict[str, float] = {}

    async def handle(self, request: Request) -> StreamResponse:
        """Answer one push; raises Refusal for what is not from the product, and Overloaded."""
        body = await read_body(request, BODY_LIMIT, BODY_SECONDS)
        signature = request.headers.get("X-Lark-Signature", "")
        if signature:
            self._check(request, signature, body)
        plain = self._opened(body)
        if plain.get("type") == CHALLENGE and "schema" not in plain:
            # The only push that may come without a signature: it carries nothing but a question.
            self._check_token(plain.get("token"))
            return as_json({"challenge": str(plain.get("challenge") or "")[:1000]})
        if not signature:
            raise Refusal(403, "SIGNATURE_MISSING")
        header = plain.get("header")
        self._check_token(header.get("token") if isinstance(header, dict) else plain.get("token"))
        return await self._take_in(request, signature, plain)

    async def _take_in(self, request: Request, signature: str, plain: Mapping[str, Any]) -> StreamResponse:
        """Hand the event on; the answer is written before anybody hears that it has left."""
        now = self._now().timestamp()
        if self._seen.get(signature, 0.0) > now:
            raise Refusal(403, "REPLAYED")
        try:
            answered = await self._take(plain)
        except Unreadable as error:
            log.warning("event not understood", error=str(error))
            answered = Answered()
        # Remembered only now: a push that was not kept may come again as it was.
        self._remember(signature, now)
        response = as_json(answered.answer or {})
        try:
            await response.prepare(request)
            await response.write_eof()
        finally:
            answered.sent.set()
        return response

    def _check(self, request: Request, signature: str, body: bytes) -> None:
        """Signature first, time second; raises Refusal."""
        timestamp = request.headers.get("X-Lark-Request-Timestamp", "")
        nonce = request.headers.get("X-Lark-Request-Nonce", "")
        if not is_signed(signature, timestamp, nonce, self._key, body):
            raise Refusal(403, "SIGNATURE_WRONG")
        whole = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
        if not whole or abs(self._now().timestamp() - int(timestamp)) > WINDOW_SECONDS:
            raise Refusal(403, "TIMESTAMP_OUTSIDE")

    def _opened(self, body: bytes) -> Mapping[str, Any]:
        """The decrypted event; what comes unencrypted is not from the product."""
        try:
            text = parse_object(body).get("encrypt")
            if not isinstance(text, str):
                raise Refusal(403, "NOT_ENCRYPTED")
            return parse_object(decrypt(text, self._key))
        except NotDecrypted:
            raise Refusal(403, "NOT_ENCRYPTED") from None
        except Unreadable:
            raise Refusal(400, "NOT_JSON") from None

    def _check_token(self, token: object) -> None:
        if not isinstance(token, str) or not is_same(token, self._token):
            raise Refusal(403, "TOKEN_WRONG")

    def _remember(self, signature: str, now: float) -> None:
        """Signatures of the last window; the same push is taken in once."""
        if len(self._seen) >= NONCES_LIMIT:
            self._seen = {known: until for known, until in self._seen.items() if until > now}
        # A signature is good for a window before and after its time.
        self._seen[signature] = now + 2 * WINDOW_SECONDS
