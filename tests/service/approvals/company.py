"""A small company in a running approvals service, reached through its front door and the real broker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.type.money_pb2 import Money
from kuguan.approvals.v1 import (
    access_pb2_grpc,
    approvals_pb2,
    approvals_pb2_grpc,
    people_pb2,
    people_pb2_grpc,
    rules_pb2,
    rules_pb2_grpc,
)
from kuguan.orders.v1 import events_pb2 as order_events
from kuguan.orders.v1 import orders_pb2

from services.approvals.domain.roles import permissions_of
from services.approvals.service import SERVICE
from services.kit.access import Caller
from services.kit.clients import call
from services.kit.errors import RemoteError
from services.kit.events import Announcement
from services.kit.ids import new_id
from services.kit.run import Running
from services.kit.tables import AUDIT, OUTBOX
from services.kit.testing import Keys, eventually, running
from services.kit.verify import verify

PEOPLE = [
    ("wangzong", "王总", "总经办", "employee manager director", ""),
    ("lixia", "李霞", "行政部", "employee manager", "wangzong"),
    ("zhangsan", "张三", "行政部", "employee", "lixia"),
    ("zhaoliu", "赵六", "仓储部", "employee keeper", "wangzong"),
    ("chenmin", "陈敏", "财务部", "employee finance", "wangzong"),
    ("fangfang", "方方", "财务部", "employee finance", "chenmin"),
    ("admin", "管理员", "信息部", "employee admin", "wangzong"),
    ("admin2", "管理员二", "信息部", "employee admin", "wangzong"),
]
SECRETS = {"bot": "bot-secret-of-32-random-bytes-here", "setup": "setup-secret-of-32-random-bytes"}
CLIENTS = [
    {
        "client": "bot",
        "secret_sha256": hashlib.sha256(SECRETS["bot"].encode()).hexdigest(),
        "permissions": ["people.read"],
        "may_vouch": True,
    },
    {
        "client": "setup",
        "secret_sha256": hashlib.sha256(SECRETS["setup"].encode()).hexdigest(),
        "permissions": ["people.read", "people.write", "rules.read", "rules.write", "approvals.decide"],
        "may_vouch": False,
    },
]
SETUP = Caller(
    client="setup",
    permissions=frozenset({"people.read", "people.write", "rules.read", "rules.write", "approvals.read"}),
)
_numbers = count(1)


def request_id() -> str:
    """A fresh request id."""
    return f"test-request-{next(_numbers):08d}"


@dataclass
class Company:
    """The running service, seen by the people who work with it."""

    at_work: Running
    channel: grpc.aio.Channel
    keys: Keys
    broker_url: str
    sequences: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.access = access_pb2_grpc.AccessServiceStub(self.channel)
        self.people = people_pb2_grpc.PeopleServiceStub(self.channel)
        self.rules = rules_pb2_grpc.RuleServiceStub(self.channel)
        self.approvals = approvals_pb2_grpc.ApprovalServiceStub(self.channel)

    def token(self, person: str, roles: Iterable[str] = ()) -> str:
        """A token of a person as the service itself would make it."""
        held = set(roles) or set(next((row[3] for row in PEOPLE if row[0] == person), "employee").split())
        return self.keys.token(
            Caller(person, "", frozenset(held), permissions_of(held) | {"approvals.decide"}, "bot")
        )

    async def ask(self, method: Any, request: Message, person: str) -> Any:
        """Call as a person."""
        return await call(method, request, token=self.token(person), seconds=10.0)

    async def set_up(self, method: Any, request: Message) -> Any:
        """Call as the program that sets the system up."""
        return await call(method, request, token=self.keys.token(SETUP), seconds=10.0)

    async def hire_everybody(self) -> None:
        """Import the people."""
        rows = [
            people_pb2.ImportPeopleRow(
                row=number,
                person=people_pb2.Person(
                    id=id_, name=name, department=department, roles=roles.split(), manager=manager
                ),
            )
            for number, (id_, name, department, roles, manager) in enumerate(PEOPLE, 1)
        ]
        request = people_pb2.ImportPeopleRequest(request_id=request_id(), rows=rows)
        answer = await self.set_up(self.people.ImportPeople, request)
        assert answer.written, answer

    async def rule(self, rule: rules_pb2.Rule) -> rules_pb2.Rule:
        """Propose a rule as the program that sets the system up."""
        request = rules_pb2.ProposeRuleRequest(request_id=request_id(), rule=rule)
        answer: rules_pb2.ProposeRuleResponse = await self.set_up(self.rules.ProposeRule, request)
        return answer.rule

    async def hear(self, event: Message, order: str) -> None:
        """Tell the service an event of orders, through the broker."""
        self.sequences[order] = self.sequences.get(order, 0) + 1
        name = event.DESCRIPTOR.full_name
        announcement = Announcement(
            0, new_id(), name, order, self.sequences[order], event.SerializeToString(), "", datetime.now(UTC)
        )
        connection = await nats.connect(self.broker_url)
        try:
            await connection.jetstream().publish(
                announcement.subject, announcement.payload, headers=announcement.headers()
            )
        finally:
            await connection.close()

    async def place(self, order: orders_pb2.Order) -> approvals_pb2.Task:
        """Place an order and wait for its task."""
        await self.hear(order_events.OrderPlaced(order=order), order.name)
        name = f"{order.name}-{order.version}"
        await eventually(lambda: self._is_there(name))
        return await self.task(name)

    async def _is_there(self, name: str) -> bool:
        tasks = await self.at_work.runtime.reader.look(
            lambda connection: connection.exec_driver_sql("SELECT name FROM tasks").scalars().all()
        )
        return name in tasks

    async def task(self, name: str) -> approvals_pb2.Task:
        """The task as the director, who may see all, sees it."""
        answer = await self.ask(self.approvals.GetTask, approvals_pb2.GetTaskRequest(name=name), "wangzong")
        task: approvals_pb2.Task = answer.task
        return task

    async def decide(
        self,
        task: approvals_pb2.Task,
        person: str,
        decision: approvals_pb2.Decision = approvals_pb2.DECISION_APPROVE,
        *,
        version: int | None = None,
        request: str = "",
        comment: str = "",
    ) -> approvals_pb2.Task:
        """Decide about a task as a person."""
        seen = task.version if version is None else version
        asked = approvals_pb2.DecideRequest(
            request_id=request or request_id(),
            name=task.name,
            version=seen,
            decision=decision,
            comment=comment,
        )
        answer: approvals_pb2.DecideResponse = await self.ask(self.approvals.Decide, asked, person)
        return answer.task

    async def change(self, person: str, **fields: Any) -> None:
        """Change a person as an administrator."""
        request = people_pb2.UpdatePersonRequest(
            request_id=request_id(),
            person=people_pb2.Person(id=person, **fields),
            update_mask=FieldMask(paths=list(fields)),
        )
        await self.ask(self.people.UpdatePerson, request, "admin")

    async def to_decide(self, person: str) -> list[str]:
        """The names of the tasks a person may decide now."""
        request = approvals_pb2.ListTasksRequest(view=approvals_pb2.TASK_VIEW_TO_DECIDE)
        answer = await self.ask(self.approvals.ListTasks, request, person)
        return [task.name for task in answer.tasks]

    async def lend(self, lender: str, to: str, *, days: int = 1, kinds: Iterable[str] = ()) -> str:
        """Create a delegation that begins now; returns its name."""
        request = people_pb2.CreateDelegationRequest(request_id=request_id(), to_person=to, kinds=kinds)
        request.end_time.FromSeconds(int(datetime.now(UTC).timestamp()) + days * 86_400)
        answer = await self.ask(self.people.CreateDelegation, request, lender)
        return str(answer.delegation.name)

    async def run_timer(self) -> int:
        """Let the timer that follows up tasks run once."""
        return await self.at_work.runtime.writer.act(SERVICE.timers[0].command)

    async def write(self, statement: str) -> None:
        """Change the database behind the service's back, to make time pass or to damage it."""
        await self.at_work.runtime.writer.act(lambda tx: tx.connection.exec_driver_sql(statement) and None)

    async def events(self, aggregate: str) -> list[str]:
        """The short names of the events of an aggregate, in order."""
        rows = await self.at_work.runtime.reader.look(
            lambda connection: connection.execute(
                OUTBOX.select().where(OUTBOX.c.aggregate == aggregate).order_by(OUTBOX.c.sequence)
            ).all()
        )
        return [row.event_type.rpartition(".")[2] for row in rows]

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """Actor, action, subject and outcome of every audit row."""
        rows = await self.at_work.runtime.reader.look(
            lambda connection: connection.execute(AUDIT.select().order_by(AUDIT.c.sequence)).all()
        )
        return [(row.actor, row.action, row.subject, row.outcome) for row in rows]

    def broken(self) -> list[str]:
        """What `kuguan verify` finds."""
        findings = verify(self.at_work.runtime.database, SERVICE)
        return [f"{finding.invariant}: {line}" for finding in findings for line in finding.broken]


def _clients_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "clients.json"
    path.write_text(json.dumps(CLIENTS))
    return path


@asynccontextmanager
async def company(broker_url: str, folder: Path, database_url: str) -> AsyncIterator[Company]:
    """A running service with everybody hired and no rule."""
    keys = Keys.new()
    clients = _clients_file(folder)
    environment = {"KUGUAN_DATABASE_URL": database_url, "KUGUAN_CLIENTS_FILE": str(clients)}
    async with running(SERVICE, broker_url, folder, keys, environment) as (at_work, channel):
        here = Company(at_work, channel, keys, broker_url)
        await here.hire_everybody()
        yield here


def order(
    number: int,
    requester: str = "zhangsan",
    *,
    yuan: int | None = 100,
    kind: str = "requisition",
    version: int = 1,
    category: str = "办公用品",
) -> orders_pb2.Order:
    """An order as orders tells it; without an amount its worth is not known."""
    line = orders_pb2.OrderLine(
        line=1, item="BG-001", warehouse="ZC", item_name="A4打印纸", category=category
    )
    line.quantity.value.value, line.quantity.unit = "5", "包"
    made = orders_pb2.Order(
        name=f"LY{number}", number=number, kind=kind, version=version, requester=requester, lines=[line]
    )
    if yuan is not None:
        made.lines[0].amount.CopyFrom(Money(currency_code="CNY", units=yuan))
        made.amount.CopyFrom(Money(currency_code="CNY", units=yuan))
    return made


def manager_then_finance(position: int = 10, **conditions: Any) -> rules_pb2.Rule:
    """A rule of two steps."""
    steps = [
        step("manager", rules_pb2.Approver(manager_of_requester=True)),
        step("finance", rules_pb2.Approver(role="finance")),
    ]
    return rule("large", steps, position, **conditions)


def step(title: str, *approvers: rules_pb2.Approver, mode: str = "ANY", **hours: int) -> rules_pb2.RuleStep:
    """A step of a rule."""
    return rules_pb2.RuleStep(title=title, approvers=approvers, mode=f"STEP_MODE_{mode}", **hours)


def people_approve(mode: str, *people: str, **hours: int) -> rules_pb2.Rule:
    """A rule of one step with people named in it."""
    approvers = [rules_pb2.Approver(person=person) for person in people]
    return rule("named", [step("named", *approvers, mode=mode, **hours)])


def rule(
    name: str, steps: Iterable[rules_pb2.RuleStep] = (), position: int = 10, **conditions: Any
) -> rules_pb2.Rule:
    """A rule owned by the director, then finance, then a manager."""
    return rules_pb2.Rule(
        name=name,
        title=name,
        title_en=name,
        position=position,
        conditions=rules_pb2.RuleConditions(**conditions),
        steps=steps,
        owners=["wangzong", "chenmin", "lixia"],
    )


async def refusal(awaitable: Awaitable[object]) -> RemoteError:
    """The refusal that a call ends in."""
    with pytest.raises(RemoteError) as caught:
        await awaitable
    return caught.value
