"""The files of the chat page, served from memory under an address that changes with their content."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aiohttp.web import Request, Response

from bot.chat.http import Refusal

FOLDER: Final = Path(__file__).parent / "page"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, plain and packed."""

    media_type: str
    plain: bytes
    packed: bytes


class Assets:
    """Reads the page's files once. A changed file shows after a restart."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in TYPES}
        digest = sha256(b"\0".join(name.encode() + b"\0" + data for name, data in files.items()))
        self.version = digest.hexdigest()[:16]
        files["index.html"] = files["index.html"].replace(b"{version}", self.version.encode())
        self._assets = {
            name: Asset(TYPES[Path(name).suffix], data, gzip.compress(data, mtime=0))
            for name, data in files.items()
        }

    def page(self, request: Request) -> Response:
        """The page itself, asked for anew each time and answered with 304 while it is the same."""
        etag = f'"{self.version}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304, headers={**SECURITY_HEADERS, **headers})
        return self._response(request, "index.html", headers)

    def file(self, request: Request) -> Response:
        """A file named by `version` and `name` of the route. Raises Refusal when there is none."""
        name = request.match_info["name"]
        if request.match_info["version"] != self.version or name not in self._assets:
            raise Refusal(404, "NOT_FOUND")
        return self._response(request, name, {"Cache-Control": "public, max-age=31536000, immutable"})

    def _response(self, request: Request, name: str, headers: Mapping[str, str]) -> Response:
        asset = self._assets[name]
        response = Response(
            body=asset.plain,
            content_type=asset.media_type,
            charset="utf-8",
            headers={**SECURITY_HEADERS, **headers, "Vary": "Accept-Encoding"},
        )
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.body = asset.packed
            response.headers["Content-Encoding"] = "gzip"
        return response
