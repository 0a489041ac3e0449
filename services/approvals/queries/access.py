"""The public keys that verify tokens, as settings give them; two while one is being replaced."""

from __future__ import annotations

import hashlib
import re

from kuguan.approvals.v1.access_pb2 import ListPublicKeysResponse, PublicKey

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
ID_LENGTH = 16


def public_keys(text: str) -> ListPublicKeysResponse:
    """The keys in a file of PEM keys, each named by the beginning of its SHA-256."""
    return ListPublicKeysResponse(
        keys=[
            PublicKey(id=hashlib.sha256(pem.encode()).hexdigest()[:ID_LENGTH], pem=pem)
            for pem in _PEM.findall(text)
        ]
    )
