"""WeCom's callback cryptography: signed, encrypted and addressed to one receiver.

AES-256-CBC with the first 16 bytes of the key as start value, PKCS#7 padding to multiples of 32 bytes, and a
plaintext of 16 random bytes, the length, the message and the receiver's id.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 32
KEY_BYTES: Final = 32
ENCODED_KEY_LENGTH: Final = 43
_HEAD: Final = 16
_LENGTH: Final = 4


class Forged(Exception):
    """What came in was not made with our secrets, or not for us. The text is for logs only."""


class KeyUnusable(ValueError):
    """An EncodingAESKey that is not one: 43 letters and digits are asked for."""


class Envelope:
    """Opens and seals messages of one callback address."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        """Raises KeyUnusable."""
        self._token = token
        self._key = callback_key(encoding_aes_key)
        self._receive_id = receive_id.encode()

    def signature(self, timestamp: str, nonce: str, cipher: str) -> str:
        """SHA-1 in hex of the four texts, sorted and joined."""
        parts = sorted((self._token, timestamp, nonce, cipher))
        # SHA-1 is what the product asks for.
        return hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324

    def open(self, cipher: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """The message inside; raises Forged."""
        expected = self.signature(timestamp, nonce, cipher)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise Forged("signature differs")
        plain = decrypt(self._key, _from_base64(cipher))
        if len(plain) < _HEAD + _LENGTH:
            raise Forged("too short for a message")
        (length,) = struct.unpack(">I", plain[_HEAD : _HEAD + _LENGTH])
        body = plain[_HEAD + _LENGTH :]
        if length > len(body):
            raise Forged("declared length is longer than the message")
        if not hmac.compare_digest(body[length:], self._receive_id):
            raise Forged("addressed to another receiver")
        return body[:length]

    def seal(
        self, message: bytes, timestamp: str, nonce: str, entropy: Callable[[int], bytes] = os.urandom
    ) -> tuple[str, str]:
        """The message as base64 ciphertext, and its signature."""
        plain = entropy(_HEAD) + struct.pack(">I", len(message)) + message + self._receive_id
        cipher = base64.b64encode(encrypt(self._key, plain)).decode()
        return cipher, self.signature(timestamp, nonce, cipher)


def callback_key(encoding_aes_key: str) -> bytes:
    """The AES key that an EncodingAESKey stands for; raises KeyUnusable."""
    ascii_only = encoding_aes_key.isascii() and encoding_aes_key.isalnum()
    if not ascii_only or len(encoding_aes_key) != ENCODED_KEY_LENGTH:
        raise KeyUnusable("an EncodingAESKey is 43 letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


def media_key(aes_key: str) -> bytes:
    """The key of one picture or file, base64 whose padding may be missing; raises Forged."""
    key = _from_base64(aes_key.rstrip("=") + "=" * (-len(aes_key.rstrip("=")) % 4))
    if len(key) != KEY_BYTES:
        raise Forged("a media key has 32 bytes")
    return key


def encrypt(key: bytes, plain: bytes) -> bytes:
    """Padded to a multiple of 32 bytes and encrypted."""
    padding = BLOCK - len(plain) % BLOCK
    worker = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return worker.update(plain + bytes([padding]) * padding) + worker.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    """Decrypted and without padding; raises Forged."""
    if not data or len(data) % 16:
        raise Forged("not a multiple of the block size")
    worker = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = worker.update(data) + worker.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or padding > len(plain) or plain[-padding:] != bytes([padding]) * padding:
        raise Forged("wrong padding")
    return plain[:-padding]


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Forged("not base64") from None
