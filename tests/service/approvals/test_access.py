"""Tokens through the front door: who gets one, what it carries, and what a wrong secret is told."""

from __future__ import annotations

from kuguan.approvals.v1 import access_pb2, people_pb2

from services.approvals.commands.access import FAILURES_IN_A_BURST
from services.kit.access import Caller, Verifier
from services.kit.clients import call
from services.kit.errors import RemoteError
from tests.service.approvals.company import SECRETS, Company, refusal, request_id


def credential(client: str, secret: str = "") -> access_pb2.ClientCredential:
    """A credential, by default the right one."""
    return access_pb2.ClientCredential(client=client, secret=secret or SECRETS[client])


async def identity_token(
    here: Company, user_id: str, given: access_pb2.ClientCredential | None = None
) -> access_pb2.Token:
    """Exchange an identity of the web page."""
    request = access_pb2.ExchangeIdentityRequest(
        credential=given or credential("bot"), platform="local", user_id=user_id
    )
    answer: access_pb2.ExchangeIdentityResponse = await call(here.access.ExchangeIdentity, request)
    return answer.token


async def client_token(here: Company, given: access_pb2.ClientCredential) -> access_pb2.Token:
    """Exchange a client's credential."""
    request = access_pb2.ExchangeClientRequest(credential=given)
    answer: access_pb2.ExchangeClientResponse = await call(here.access.ExchangeClient, request)
    return answer.token


async def bind(here: Company, user_id: str, person: str) -> None:
    """Bind an identity of the web page."""
    identity = people_pb2.Identity(platform="local", user_id=user_id, person=person)
    request = people_pb2.BindIdentityRequest(request_id=request_id(), identity=identity)
    await here.set_up(here.people.BindIdentity, request)


async def test_an_identity_becomes_a_token_of_its_person(here: Company) -> None:
    await bind(here, "ZS", "zhangsan")
    token = await identity_token(here, "ZS")
    caller = Verifier(here.keys.public).caller(token.value)
    assert (caller.person, caller.department, caller.client) == ("zhangsan", "行政部", "bot")
    assert caller.roles == {"employee"}
    assert caller.may("orders.create")
    assert not caller.may("people.write")
    assert (token.person, token.expire_time.seconds > 0) == ("zhangsan", True)
    request = people_pb2.GetPersonRequest(id="lixia")
    assert (await call(here.people.GetPerson, request, token=token.value)).person.name == "李霞"


async def test_a_client_becomes_a_token_of_its_own_and_never_decides(here: Company) -> None:
    token = await client_token(here, credential("setup"))
    caller = Verifier(here.keys.public).caller(token.value)
    assert caller == Caller(
        client="setup",
        permissions=frozenset({"people.read", "people.write", "rules.read", "rules.write"}),
    )


async def test_unknown_clients_and_wrong_secrets_are_told_the_same(here: Company) -> None:
    await bind(here, "ZS", "zhangsan")
    for given in (credential("bot", "wrong"), credential("nobody", "wrong"), credential("bot", "x" * 10_000)):
        for attempt in (identity_token(here, "ZS", given), client_token(here, given)):
            error = await refusal(attempt)
            assert (error.reason, error.facts) == ("CREDENTIAL_REFUSED", {"client": given.client})
    assert (await refusal(identity_token(here, "ZS", credential("setup")))).reason == "MAY_NOT_VOUCH"


async def test_who_is_unknown_unbound_or_left_gets_no_token(here: Company) -> None:
    assert (await refusal(identity_token(here, "ZS"))).reason == "IDENTITY_UNKNOWN"
    await bind(here, "ZS", "zhangsan")
    assert (await refusal(identity_token(here, "zs"))).reason == "IDENTITY_UNKNOWN"
    identity = people_pb2.Identity(platform="local", user_id="ZS")
    unbind = people_pb2.UnbindIdentityRequest(request_id=request_id(), identity=identity)
    await here.set_up(here.people.UnbindIdentity, unbind)
    assert (await refusal(identity_token(here, "ZS"))).reason == "IDENTITY_UNKNOWN"
    await bind(here, "ZS", "zhangsan")
    await here.change("zhangsan", left=True)
    assert (await refusal(identity_token(here, "ZS"))).reason == "PERSON_LEFT"


async def test_every_exchange_is_audited_and_no_secret_is_kept(here: Company) -> None:
    await bind(here, "ZS", "zhangsan")
    await identity_token(here, "ZS")
    await refusal(identity_token(here, "ZS", credential("bot", "a-wrong-secret")))
    rows = [row for row in await here.audit() if row[1] == "exchange_identity"]
    assert [(row[2], row[3]) for row in rows] == [("zhangsan", "done"), ("", "CREDENTIAL_REFUSED")]
    facts = await here.at_work.runtime.reader.look(
        lambda connection: connection.exec_driver_sql("SELECT facts FROM audit").scalars().all()
    )
    assert not any(secret in text for text in facts for secret in ("a-wrong-secret", SECRETS["bot"]))


async def test_wrong_secrets_are_heard_at_a_bounded_rate_and_right_ones_always(here: Company) -> None:
    await bind(here, "ZS", "zhangsan")
    reasons = []
    for _ in range(FAILURES_IN_A_BURST + 5):
        error = await refusal(client_token(here, credential("bot", "wrong")))
        assert isinstance(error, RemoteError)
        reasons.append(error.reason)
    assert reasons[:FAILURES_IN_A_BURST] == ["CREDENTIAL_REFUSED"] * FAILURES_IN_A_BURST
    assert reasons[-1] == "TOO_BUSY"
    assert (await identity_token(here, "ZS")).person == "zhangsan"


async def test_the_public_keys_are_told_to_everybody(here: Company) -> None:
    answer = await call(here.access.ListPublicKeys, access_pb2.ListPublicKeysRequest())
    assert [key.pem.strip() for key in answer.keys] == [here.keys.public.strip()]
    assert len(answer.keys[0].id) == 16
