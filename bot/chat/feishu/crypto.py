"""Signatures and encryption of pushed events."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 16


class NotDecrypted(ValueError):
    """Not encrypted with our key, or cut."""


def signature(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """The signature of a body as it came: SHA-256, in which the encrypt key stands in the middle."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode() + body).hexdigest()


def is_signed(given: str, timestamp: str, nonce: str, key: str, body: bytes) -> bool:
    """Whether the signature is right, compared in constant time."""
    return is_same(given, signature(timestamp, nonce, key, body))


def is_same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, compared in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def decrypt(text: str, key: str) -> bytes:
    """What was encrypted; raises NotDecrypted."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotDecrypted("not base64") from None
    if len(data) < 2 * _BLOCK or len(data) % _BLOCK:
        raise NotDecrypted("not whole blocks")
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(data[:_BLOCK]))
    decryptor = cipher.decryptor()
    plain = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise NotDecrypted("wrong padding")
    return plain[:-padding]
