"""Changes of chat identities: bind and unbind."""

from __future__ import annotations

from kuguan.approvals.v1 import events_pb2
from kuguan.approvals.v1.people_pb2 import (
    BindIdentityRequest,
    BindIdentityResponse,
    UnbindIdentityRequest,
    UnbindIdentityResponse,
)

from services.approvals.commands.rights import require_right
from services.approvals.domain.people import PersonLeft
from services.approvals.domain.wording import looked_up
from services.approvals.messages import identities as messages
from services.approvals.storage import identities, people
from services.kit.changes import Transaction, writes
from services.kit.errors import Duplicate, NoSuch

WRITE = "people.write"
LOCAL_PLATFORM = "web"


@writes(audited=True)
def bind_identity(tx: Transaction, request: BindIdentityRequest) -> BindIdentityResponse:
    """Bind a chat identity to a person; one that is bound to somebody else is first unbound by hand.

    A person's token comes from a client that vouches, so a person who binds an identity to themselves was
    seen on both sides by that client. The local identity, which signs in to the page, is not theirs to give.
    """
    wanted = messages.wanted_identity(request.identity, tx.now)
    if wanted.platform == LOCAL_PLATFORM or tx.caller.person != wanted.person:
        require_right(tx, WRITE)
    person = people.find_person(tx.connection, looked_up(wanted.person, "person"))
    if person is None:
        raise NoSuch("person", wanted.person)
    if person.left:
        raise PersonLeft(person.id)
    bound = identities.find_identity(tx.connection, wanted.key)
    if bound is not None and bound.person != wanted.person:
        raise Duplicate("identity", wanted.user_id)
    if bound is None:
        identities.add_identity(tx.connection, wanted, tx.request_id)
        event = events_pb2.IdentityBound(identity=messages.identity_message(wanted))
        tx.publish(event, wanted.person)
        tx.audit("bind_identity", wanted.person, platform=wanted.platform, user_id=wanted.user_id)
    return BindIdentityResponse(identity=messages.identity_message(bound or wanted))


@writes(audited=True)
def unbind_identity(tx: Transaction, request: UnbindIdentityRequest) -> UnbindIdentityResponse:
    """Unbind a chat identity: from the next token on it stands for nobody."""
    key = messages.identity_key(request.identity)
    bound = identities.find_identity(tx.connection, key)
    if bound is None or bound.platform == LOCAL_PLATFORM or tx.caller.person != bound.person:
        require_right(tx, WRITE)
    if bound is None or not identities.remove_identity(tx.connection, key):
        raise NoSuch("identity", key[2])
    tx.publish(events_pb2.IdentityUnbound(identity=messages.identity_message(bound)), bound.person)
    tx.audit("unbind_identity", bound.person, platform=bound.platform, user_id=bound.user_id)
    return UnbindIdentityResponse()
