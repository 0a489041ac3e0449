"""A token proves a caller for ten minutes, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from services.kit.access import ALGORITHM, AUDIENCE, TOKEN_SECONDS, Caller, Signer, Verifier
from services.kit.errors import NotSignedIn
from services.kit.testing import Keys

KEYS = Keys.new()
CALLER = Caller(
    person="zhangsan",
    department="行政部",
    roles=frozenset({"employee"}),
    permissions=frozenset({"orders.create", "orders.read"}),
    client="bot",
)


def claims(**changes: object) -> dict[str, object]:
    """The claims of an honest token."""
    token, _ = Signer(KEYS.private).token(CALLER, time.time())
    honest = jwt.decode(token, options={"verify_signature": False})
    return {name: value for name, value in {**honest, **changes}.items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode(claims(**changes), KEYS.private, algorithm=ALGORITHM)


def test_a_token_brings_back_the_caller_it_was_made_for() -> None:
    token, ends = Signer(KEYS.private).token(CALLER, time.time())
    assert Verifier(KEYS.public).caller(token) == CALLER
    assert 0 < ends - time.time() <= TOKEN_SECONDS
    assert CALLER.may("orders.create")
    assert not CALLER.may("orders.read_all")


def test_who_acts_is_the_person_or_else_the_client() -> None:
    assert CALLER.name == "zhangsan"
    assert Caller(client="console").name == "console"


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims()]
    body = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    return f"{body}."


def with_public_key_as_secret() -> str:
    """The old trick: sign with the public key as if it were a shared secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=")
    seal = hmac.new(KEYS.public.encode(), head + b"." + body, hashlib.sha256).digest()
    return b".".join([head, body, base64.urlsafe_b64encode(seal).rstrip(b"=")]).decode()


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "\x00", "页", "é" * 10, "x" * 10_000,
        unsigned(), with_public_key_as_secret(), Keys.new().token(CALLER), signed()[:-4] + "AAAA",
        signed(aud="somebody"), signed(aud=None), signed(exp=None), signed(sub=None), signed(exp="soon"),
        signed(exp=int(time.time()) - 60), signed(iat=int(time.time()) + 3600),
    ],
)  # fmt: skip
def test_nothing_else_proves_anybody(token: str) -> None:
    verifier = Verifier(KEYS.public)
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            verifier.caller(token)


def test_a_token_of_a_clock_a_little_ahead_is_good() -> None:
    ahead = int(time.time()) + 3
    assert Verifier(KEYS.public).caller(signed(iat=ahead)) == CALLER


def test_an_expired_token_says_so_also_after_it_was_known() -> None:
    verifier = Verifier(KEYS.public)
    token = signed(exp=int(time.time()) + 1)
    assert verifier.caller(token) == CALLER
    verifier._known[token] = (time.time() - 1, CALLER)
    assert verifier.caller(token) == CALLER  # it is looked at again, not believed
    verifier._known[token] = (time.time() - 1, CALLER)
    expired = signed(exp=int(time.time()) - 3600)
    with pytest.raises(NotSignedIn, match="expired"):
        verifier.caller(expired)


def test_keys_are_changed_by_trusting_both_for_a_while() -> None:
    new = Keys.new()
    both = Verifier(KEYS.public + "\n" + new.public)
    assert both.caller(KEYS.token(CALLER)) == both.caller(new.token(CALLER)) == CALLER
    with pytest.raises(AssertionError, match="no Ed25519 public key"):
        Verifier("")


def test_remembered_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.access._REMEMBERED_TOKENS", 5)
    verifier = Verifier(KEYS.public)
    for number in range(20):
        verifier.caller(KEYS.token(Caller(person=f"p{number}", client="bot")))
    assert len(verifier._known) <= 5


def test_the_audience_is_ours() -> None:
    assert claims()["aud"] == AUDIENCE
