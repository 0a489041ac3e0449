"""Chat identities as other programs see them; their keys are opaque, kept and compared letter by letter."""

from __future__ import annotations

from datetime import datetime

from kuguan.approvals.v1 import people_pb2

from services.approvals.domain.identities import Identity
from services.approvals.domain.wording import PLATFORM, named, opaque_key
from services.kit import wire

MAXIMUM_KEY = 200


def identity_key(message: people_pb2.Identity) -> tuple[str, str, str]:
    """What names a user on a platform; raises InvalidField."""
    return checked_key(message.platform, message.tenant, message.user_id)


def checked_key(platform: str, tenant: str, user_id: str) -> tuple[str, str, str]:
    """What names a user on a platform; raises InvalidField."""
    return (
        named(platform, "platform", PLATFORM),
        opaque_key(tenant, "tenant", MAXIMUM_KEY, required=False),
        opaque_key(user_id, "user_id", MAXIMUM_KEY),
    )


def wanted_identity(message: people_pb2.Identity, now: datetime) -> Identity:
    """The identity a caller describes with its person."""
    return Identity(*identity_key(message), message.person, now)


def identity_message(identity: Identity) -> people_pb2.Identity:
    """The identity as other programs see it."""
    return people_pb2.Identity(
        platform=identity.platform,
        tenant=identity.tenant,
        user_id=identity.user_id,
        person=identity.person,
        create_time=wire.timestamp(identity.created_at),
    )
