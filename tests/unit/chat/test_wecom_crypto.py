"""WeCom's callback cryptography: the reference's vectors, two independent implementations, and forgeries."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto  # type: ignore[import-untyped]
from wechatpy.enterprise.exceptions import InvalidCorpIdException  # type: ignore[import-untyped]

from bot.chat.wecom.crypto import (
    Envelope,
    Forged,
    KeyUnusable,
    callback_key,
    decrypt,
    encrypt,
    media_key,
)
from bot.chat.wecom.markup import read

TOKEN, AES_KEY, CORP = "tok", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wwcorp"
TIMESTAMP, NONCE = "1700000000", "n"
CIPHER = "jLUAISi18XsxOg5w6ZEsB52X6CIkxjEciGpeW99ee89STRGn1sNKLX4DAzkCB/cqwQXkPkDKL14YIHu8E+bg9A=="
SIGNATURE = "a64c1eab11b096058308a680dddf919cdfd8b330"
VECTORS = Path(__file__).parents[2] / "data" / "wecom" / "vectors.json"
MESSAGE = "<xml>入库</xml>"


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(TOKEN, AES_KEY, CORP)


def test_the_published_vector_opens_and_is_made(envelope: Envelope) -> None:
    assert envelope.open(CIPHER, SIGNATURE, TIMESTAMP, NONCE) == MESSAGE.encode()
    head = decrypt(callback_key(AES_KEY), base64.b64decode(CIPHER))[:16]
    assert envelope.seal(MESSAGE.encode(), TIMESTAMP, NONCE, lambda size: head) == (CIPHER, SIGNATURE)


@pytest.mark.parametrize("made", json.loads(VECTORS.read_text(encoding="utf-8")))
def test_what_node_s_crypto_made_opens_and_is_made(made: dict[str, str]) -> None:
    envelope = Envelope(made["token"], made["aes_key"], made["receive_id"])
    signed, message = (made["timestamp"], made["nonce"]), made["message"].encode()
    assert envelope.open(made["cipher"], made["signature"], *signed) == message
    again = envelope.seal(message, *signed, lambda size: bytes.fromhex(made["head"]))
    assert again == (made["cipher"], made["signature"])
    theirs = WeChatCrypto(made["token"], made["aes_key"], made["receive_id"])
    assert theirs.decrypt_message({"Encrypt": made["cipher"]}, made["signature"], *signed) == made["message"]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_wechatpy_opens_what_we_seal_and_we_open_what_it_seals(text: str) -> None:
    ours, theirs = Envelope(TOKEN, AES_KEY, CORP), WeChatCrypto(TOKEN, AES_KEY, CORP)
    cipher, signature = ours.seal(text.encode(), TIMESTAMP, NONCE)
    assert theirs.decrypt_message({"Encrypt": cipher}, signature, TIMESTAMP, NONCE) == text
    outer = read(theirs.encrypt_message(text, NONCE, TIMESTAMP).encode())
    message = ours.open(outer.get("Encrypt"), outer.get("MsgSignature"), TIMESTAMP, NONCE)
    assert message == text.encode()


def test_wechatpy_answers_the_address_question_as_we_do(envelope: Envelope) -> None:
    cipher, signature = envelope.seal(b"say me back", TIMESTAMP, NONCE)
    theirs = WeChatCrypto(TOKEN, AES_KEY, CORP)
    assert theirs.check_signature(signature, TIMESTAMP, NONCE, cipher) == "say me back"


def test_a_message_for_another_company_is_refused_by_both(envelope: Envelope) -> None:
    cipher, signature = Envelope(TOKEN, AES_KEY, "wwother").seal(b"<xml/>", TIMESTAMP, NONCE)
    with pytest.raises(Forged, match="another receiver"):
        envelope.open(cipher, signature, TIMESTAMP, NONCE)
    with pytest.raises(InvalidCorpIdException):
        WeChatCrypto(TOKEN, AES_KEY, CORP).decrypt_message({"Encrypt": cipher}, signature, TIMESTAMP, NONCE)


@pytest.mark.parametrize("part", ["cipher", "signature", "timestamp", "nonce"])
def test_one_altered_character_is_noticed(envelope: Envelope, part: str) -> None:
    parts = {"cipher": CIPHER, "signature": SIGNATURE, "timestamp": TIMESTAMP, "nonce": NONCE}
    parts[part] = ("b" if parts[part][0] != "b" else "c") + parts[part][1:]
    with pytest.raises(Forged, match="signature differs"):
        envelope.open(parts["cipher"], parts["signature"], parts["timestamp"], parts["nonce"])


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (b"short", "too short"),
        (b"r" * 16 + struct.pack(">I", 9999) + b"<xml/>" + CORP.encode(), "declared length"),
        (b"r" * 16 + struct.pack(">I", 0xFFFFFFFF), "declared length"),
        (b"r" * 16 + struct.pack(">I", 6) + b"<xml/>", "another receiver"),
    ],
)
def test_a_signed_but_wrong_inside_is_refused(envelope: Envelope, plain: bytes, why: str) -> None:
    cipher = base64.b64encode(encrypt(callback_key(AES_KEY), plain)).decode()
    signature = envelope.signature(TIMESTAMP, NONCE, cipher)
    with pytest.raises(Forged, match=why):
        envelope.open(cipher, signature, TIMESTAMP, NONCE)


def test_padding_goes_to_32_bytes_and_is_checked_whole() -> None:
    key = callback_key(AES_KEY)
    for length in range(65):
        sealed = encrypt(key, b"x" * length)
        assert len(sealed) % 32 == 0
        assert decrypt(key, sealed) == b"x" * length
    for broken in (b"", b"\0" * 15, b"\0" * 32):
        with pytest.raises(Forged):
            decrypt(key, broken)


@pytest.mark.parametrize("cipher", ["", "====", "不是", "AAA", "A" * 44, "\ud800"])
def test_what_is_not_a_cipher_is_refused(envelope: Envelope, cipher: str) -> None:
    with pytest.raises(Forged):
        envelope.open(cipher, envelope.signature(TIMESTAMP, NONCE, cipher), TIMESTAMP, NONCE)


@pytest.mark.parametrize("key", ["", "short", "x" * 44, "字" * 43, AES_KEY[:-1] + "+"])
def test_an_encoding_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(KeyUnusable):
        Envelope(TOKEN, key, CORP)


def test_a_media_key_may_lack_its_padding() -> None:
    key = bytes(range(32))
    full = base64.b64encode(key).decode()
    assert media_key(full) == media_key(full.rstrip("=")) == key
    for wrong in ("", "AAAA", "*"):
        with pytest.raises(Forged):
            media_key(wrong)
