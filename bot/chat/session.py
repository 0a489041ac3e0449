"""Who sits in front of the page: signed cookies, one-time links, and from where they are believed."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp.web import Request, Response

from bot.chat.http import Refusal

COOKIE: Final = "kuguan_session"
PERSON_HEADER: Final = "X-Kuguan-Person"
LIFETIME: Final = timedelta(days=30)
SECRET_BYTES: Final = 32
PERSONS_LIMIT: Final = 32
COOKIE_LIMIT: Final = 3500
"""Bytes; browsers keep at most 4096 of name, value and attributes."""
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Session:
    """The persons a browser has proven to be. More than one in demo mode only, where each tab picks one."""

    persons: tuple[str, ...]
    demo: bool

    def person(self, request: Request) -> str:
        """Which of them this request speaks for; the last proven when it does not say. Raises Refusal."""
        named = request.headers.get(PERSON_HEADER) or request.query.get("person")
        if named is None:
            return self.persons[-1]
        if named not in self.persons:
            raise Refusal(409, "PERSON_CHANGED")
        return named


class Sessions:
    """Seals sessions into cookies and opens them again.

    The first secret seals, every secret opens, so that secrets can be rotated. Raises ValueError for a secret
    that is too short.
    """

    def __init__(
        self, secrets: Sequence[bytes], clock: Callable[[], datetime], *, demo: bool, secure: bool
    ) -> None:
        if not secrets or any(len(secret) < SECRET_BYTES for secret in secrets):
            raise ValueError(f"a session secret has at least {SECRET_BYTES} bytes")
        self._secrets = tuple(secrets)
        self._clock = clock
        self._demo = demo
        self._secure = secure

    def open(self, request: Request) -> Session | None:
        """The session of a request; None when there is none, it is forged, over, or of another mode."""
        cookie = request.cookies.get(COOKIE, "")
        payload, _, signature = cookie.partition(".")
        if not signature or len(cookie) > COOKIE_LIMIT or not cookie.isascii():
            return None
        if not any(hmac.compare_digest(_sign(secret, payload), signature) for secret in self._secrets):
            return None
        try:
            data = json.loads(base64.urlsafe_b64decode(payload))
        except (ValueError, binascii.Error):
            return None
        if data["until"] < self._clock().timestamp() or data["demo"] is not self._demo:
            return None
        return Session(tuple(data["persons"]), data["demo"])

    def require(self, request: Request) -> Session:
        """Like `open`, but raises Refusal when nobody is signed in."""
        session = self.open(request)
        if session is None:
            raise Refusal(401, "SIGNED_OUT")
        return session

    def add(self, response: Response, request: Request, person: str) -> None:
        """Sign `person` in. Outside demo mode whoever was signed in before is signed out."""
        before = self.open(request)
        others = [each for each in before.persons if each != person] if before and self._demo else []
        data = {
            "persons": [*others, person][-PERSONS_LIMIT:],
            "demo": self._demo,
            "until": int((self._clock() + LIFETIME).timestamp()),
        }
        payload = base64.urlsafe_b64encode(json.dumps(data).encode()).decode()
        response.set_cookie(
            COOKIE,
            f"{payload}.{_sign(self._secrets[0], payload)}",
            max_age=int(LIFETIME.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Strict",
        )

    def end(self, response: Response) -> None:
        """Sign everybody out of this browser."""
        response.del_cookie(COOKIE, path="/")


class Gate:
    """Which requests may reach the page at all, judged by their Host, Origin and peer.

    A page on loopback is reached by every site the user's browser visits unless the Host (a rebound name)
    and the Origin (a foreign form) are looked at.
    """

    def __init__(self, public_url: str | None, *, demo: bool) -> None:
        self._demo = demo
        self._public = urlsplit(public_url) if public_url else None

    def check(self, request: Request) -> None:
        """Raises Refusal for a Host that is not ours and, in demo mode, a peer that is not this machine."""
        host = _host_name(request.host)
        known = host in LOOPBACK_HOSTS or (self._public is not None and host == self._public.hostname)
        if not known:
            raise Refusal(421, "HOST_UNKNOWN")
        if self._demo and not self.is_local(request):
            raise Refusal(403, "DEMO_ONLY_LOCAL")

    def check_change(self, request: Request) -> None:
        """`check`, and that the request was made by our own page. Raises Refusal."""
        self.check(request)
        origin = request.headers.get("Origin", "")
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if site != "same-origin" or not self._is_ours(origin, request.host):
            raise Refusal(403, "ORIGIN_FOREIGN")

    def is_asked_by_address(self, request: Request) -> bool:
        """Whether the Host is a name of ours or a bare address: a name that was rebound is neither."""
        host = _host_name(request.host)
        if host in LOOPBACK_HOSTS or (self._public is not None and host == self._public.hostname):
            return True
        try:
            return bool(ip_address(host))
        except ValueError:
            return False

    def is_local(self, request: Request) -> bool:
        """Whether the request comes from this very machine and was not passed on by a proxy."""
        if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
            return False
        try:
            return ip_address(request.remote or "").is_loopback
        except ValueError:
            return False

    def _is_ours(self, origin: str, host: str) -> bool:
        if self._public is not None and origin == f"{self._public.scheme}://{self._public.netloc}":
            return True
        return _host_name(host) in LOOPBACK_HOSTS and origin == f"http://{host}"


def _sign(secret: bytes, payload: str) -> str:
    return hmac.digest(secret, b"kuguan.session.v1\0" + payload.encode(), "sha256").hex()


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
