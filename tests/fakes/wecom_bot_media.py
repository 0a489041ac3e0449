"""Files of WeCom's AI bot: encrypted one by one on the way in, brought up in parts on the way out."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PART_BYTES = 512 * 1024


@dataclass
class Upload:
    """A file on its way in."""

    announced: dict[str, Any]
    parts: dict[int, bytes] = field(default_factory=dict)


class Uploads:
    """Takes files in parts, in any order; whole ones go to `media`."""

    def __init__(self, media: dict[str, bytes]) -> None:
        self.media = media
        self._open: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def begin(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        if {"type", "filename", "total_size", "total_chunks", "md5"} - set(body) or body[
            "total_chunks"
        ] > 100:
            return {"errcode": 40058, "errmsg": "field missing or too many chunks"}
        upload_id = f"up-{next(self._numbers)}"
        self._open[upload_id] = Upload(body)
        return {"body": {"upload_id": upload_id}}

    def part(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        upload = self._open.get(body.get("upload_id", ""))
        data = base64.b64decode(body.get("base64_data", ""), validate=True)
        index = body.get("chunk_index", -1)
        if upload is None or len(data) > PART_BYTES or not 0 <= index <= upload.announced["total_chunks"]:
            return {"errcode": 40058, "errmsg": "upload_id, chunk_index or size"}
        upload.parts[index] = data
        return {}

    def finish(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        upload = self._open.pop(body.get("upload_id", ""), None)
        if upload is None:
            return {"errcode": 40058, "errmsg": "upload_id"}
        data = b"".join(upload.parts[number] for number in sorted(upload.parts))
        told = upload.announced
        if (len(data), hashlib.md5(data).hexdigest()) != (told["total_size"], told["md5"]):
            return {"errcode": 40058, "errmsg": "size or md5 differ"}
        media_id = f"media-{next(self._numbers)}"
        self.media[media_id] = data
        answer = {"media_id": media_id, "type": told["type"], "created_at": int(time.time())}
        return {"body": answer}


def sealed(data: bytes) -> tuple[bytes, str]:
    """A file as it can be downloaded, and its own key, which lacks its padding."""
    key = os.urandom(32)
    padding = 32 - len(data) % 32
    worker = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    whole = worker.update(data + bytes([padding]) * padding) + worker.finalize()
    return whole, base64.b64encode(key).decode().rstrip("=")
