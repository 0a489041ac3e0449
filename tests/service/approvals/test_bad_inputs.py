"""Whatever is put into a request, the answer is a declared refusal and nothing breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import Default as default_pool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from kuguan.approvals.v1 import access_pb2  # noqa: F401 - registers the service

from services.kit.clients import call
from services.kit.errors import KuguanError
from tests.service.approvals.company import SETUP, Company, order, people_approve, request_id

TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202eabc",
    "\u200b",
    "e\u0301",
    "１２",
    "*",
    ">",
    "a.b",
    "../x",
    "' OR 1=1 --",
    "<@all>",
    "x" * 10_000,
]
TEXTS_ALONE = ["", "\x00", "\x1b[31m", "’" * 300, "nobody", "x" * 10_000]
NUMBERS = [-1, 0, 2**31 - 1, -(2**31)]
SERVICES = ("PeopleService", "RuleService", "ApprovalService", "AccessService")
UNEXPECTED = {"INTERNAL_FAULT", "UNKNOWN", "INTERNAL"}


Fill = Callable[[str], str]


def fill(message: Message, text: Fill, number: int, path: str = "", depth: int = 0) -> None:
    """Put something into every field, also of the messages inside; texts depend on the field's path."""
    for field in message.DESCRIPTOR.fields:
        here = f"{path}.{field.name}"
        inner = field.message_type
        if field.name == "request_id":
            setattr(message, field.name, request_id())
        elif inner is not None:
            if depth > 4 or inner.full_name == "google.protobuf.FieldMask":
                continue
            inside: Any = getattr(message, field.name)
            fill(inside.add() if field.is_repeated else inside, text, number, here, depth + 1)
        else:
            value: Any = number
            if field.type == FieldDescriptor.TYPE_STRING:
                value = text(here)
            elif field.type == FieldDescriptor.TYPE_BOOL:
                value = True
            elif field.type == FieldDescriptor.TYPE_ENUM:
                value = abs(number) % 5
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)


def paths_of(message: Message) -> list[str]:
    """The paths of all texts in a message."""
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return "x"

    fill(message, note, 1)
    return found


def only(wrong: str, text: str) -> Fill:
    """One wrong text; elsewhere what could be right."""
    names = {"currency_code": "CNY", "department": "行政部", "platform": "wecom", "language": "zh"}
    names |= {"roles": "employee", "role": "", "page_token": "", "kinds": "sample", "manager": "wangzong"}

    def choose(path: str) -> str:
        return text if path == wrong else names.get(path.rpartition(".")[2], "lixia")

    return choose


def requests_of(kind: type[Message]) -> Iterator[Message]:
    """Requests of a kind that are wrong everywhere, then in one text each."""
    for place, text in enumerate(TEXTS):
        request = kind()
        fill(request, partial(lambda wrong, path: wrong, text), NUMBERS[place % len(NUMBERS)])
        yield request
    for path in paths_of(kind()):
        for text in TEXTS_ALONE:
            request = kind()
            fill(request, only(path, text), 1)
            yield request


@pytest.mark.parametrize("service", SERVICES)
async def test_no_request_is_answered_with_a_fault_of_ours(here: Company, service: str) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.place(order(1))
    described = default_pool().FindServiceByName(f"kuguan.approvals.v1.{service}")
    stubs = dict(zip(SERVICES, (here.people, here.rules, here.approvals, here.access), strict=True))
    tokens = cycle([here.keys.token(SETUP), here.token("lixia"), here.token("admin")])
    faults: list[tuple[str, str]] = []
    for method in described.methods:
        for request in requests_of(GetMessageClass(method.input_type)):
            try:
                await call(getattr(stubs[service], method.name), request, token=next(tokens), seconds=10.0)
            except KuguanError as error:
                if error.reason in UNEXPECTED:
                    faults.append((method.name, str(request)[:300]))
    assert faults == []
    assert here.broken() == []
