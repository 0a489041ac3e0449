"""Pictures of the AI bot: downloaded and decrypted on the way in, brought up in parts on the way out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import aiohttp

from bot.chat.errors import PayloadRejected, Transient
from bot.chat.platform import Media, MessageRef
from bot.chat.wecom.api import picture_type, read_at_most
from bot.chat.wecom.crypto import BLOCK, Forged, decrypt, media_key

LARGEST_PICTURE: Final = 10 * 1024 * 1024
PART_BYTES: Final = 512 * 1024
DOWNLOAD_SECONDS: Final = 20.0


class Caller(Protocol):
    """What sends commands of the long connection."""

    async def call(self, command: str, body: Mapping[str, Any], request: str = "") -> Mapping[str, Any]: ...


async def download(session: aiohttp.ClientSession, media: MessageRef, secure: bool) -> Media:
    """A picture that somebody sent, decrypted with its own key; its address works for five minutes.

    Raises PayloadRejected where it is gone, too large or not what its key says, Transient otherwise.
    """
    url = str(media.data.get("url", ""))
    if urlsplit(url).scheme not in (("https",) if secure else ("https", "http")):
        raise PayloadRejected("the address of the picture is not https")
    timeout = aiohttp.ClientTimeout(total=DOWNLOAD_SECONDS)
    try:
        async with session.get(url, timeout=timeout, allow_redirects=False) as response:
            if response.status >= 500:
                raise Transient(f"the picture: HTTP {response.status}")
            if response.status != 200:
                raise PayloadRejected(f"the picture: HTTP {response.status}")
            data = await read_at_most(response, LARGEST_PICTURE + BLOCK)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        # The address is a ticket: it is in no message.
        raise Transient(f"the picture: {type(error).__name__}") from None
    try:
        plain = decrypt(media_key(str(media.data.get("aeskey", ""))), data)
    except Forged as error:
        raise PayloadRejected(f"the picture cannot be decrypted: {error}") from None
    return Media(plain, picture_type(plain))


async def upload(caller: Caller, data: bytes, media_type: str) -> str:
    """Bring a picture up in parts; returns its media id, valid for three days."""
    if not 0 < len(data) <= LARGEST_PICTURE:
        raise PayloadRejected("a picture has at most 10 MiB")
    parts = [data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES)]
    begun = await caller.call(
        "aibot_upload_media_init",
        {
            "type": "image",
            "filename": "picture.png" if media_type == "image/png" else "picture.jpg",
            "total_size": len(data),
            "total_chunks": len(parts),
            # MD5 is what the product asks for.
            "md5": hashlib.md5(data).hexdigest(),  # noqa: S324
        },
    )
    upload_id = begun.get("upload_id")
    for number, part in enumerate(parts, 1):
        body = {"upload_id": upload_id, "chunk_index": number, "base64_data": base64.b64encode(part).decode()}
        await caller.call("aibot_upload_media_chunk", body)
    ended = await caller.call("aibot_upload_media_finish", {"upload_id": upload_id})
    media_id = ended.get("media_id")
    if not isinstance(media_id, str) or not media_id:
        raise Transient("no media id came")
    return media_id
