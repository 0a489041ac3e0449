"""The declaration of approvals: what it offers, hears, stores, does on a timer and promises to hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuguan.approvals.v1 import access_pb2_grpc, approvals_pb2_grpc, people_pb2_grpc, rules_pb2_grpc

from services.approvals.api import AccessApi, ApprovalApi, PeopleApi, RuleApi
from services.approvals.commands import course, people
from services.approvals.commands.access import Exchange
from services.approvals.reactions import REACTIONS
from services.approvals.storage import METADATA, checks
from services.kit.service import Api, Check, Runtime, Service, Timer

FOLLOW_UP_SECONDS = 5.0


def _apis(runtime: Runtime) -> Sequence[Api]:
    access = AccessApi(runtime, Exchange.of(runtime.settings))
    return [
        Api(access_pb2_grpc.add_AccessServiceServicer_to_server, access),
        Api(people_pb2_grpc.add_PeopleServiceServicer_to_server, PeopleApi(runtime)),
        Api(rules_pb2_grpc.add_RuleServiceServicer_to_server, RuleApi(runtime)),
        Api(approvals_pb2_grpc.add_ApprovalServiceServicer_to_server, ApprovalApi(runtime)),
    ]


SERVICE = Service(
    name="approvals",
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    apis=_apis,
    announces="kuguan.approvals.v1",
    hears=("kuguan.orders.v1",),
    reactions=REACTIONS,
    timers=(Timer("follow_up_tasks", FOLLOW_UP_SECONDS, course.follow_up_tasks),),
    announcements={"people": people.announce_people},
    checks=(
        Check("I9", "every grant has its approvals or a rule", checks.grants_without_approval),
        Check("I9", "every refusal was somebody's", checks.refusals_without_vote),
        Check("I10", "each task ended at most once", checks.ended_twice),
        Check("I10", "who decided had the right at that time", checks.votes_without_right),
        Check("I11", "nobody decided about their own request", checks.own_decisions),
    ),
)
