"""People, roles, imports, delegations and clients as pure rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.domain.clients import (
    ClientsFileWrong,
    CredentialRefused,
    FailureBound,
    MayNotVouch,
    read_clients,
)
from services.approvals.domain.delegations import CannotStandIn, Delegation, delegate
from services.approvals.domain.importing import Row, Verdict, all_taken, judge
from services.approvals.domain.people import ManagerCycle, Person, check_chain, in_cycles
from services.approvals.domain.roles import ROLES, permissions_of
from services.approvals.domain.wording import opaque_key
from services.kit.errors import InvalidField
from tests.unit.approvals.samples import COMPANY, NOW

DIGEST = hashlib.sha256(b"right").hexdigest()
ENTRY = {
    "client": "bot",
    "secret_sha256": DIGEST,
    "permissions": ["people.read", "approvals.decide"],
    "may_vouch": True,
}


@given(st.frozensets(st.sampled_from(sorted(ROLES))))
def test_administrators_never_decide_whatever_else_they_are(roles: frozenset[str]) -> None:
    decides = "approvals.decide" in permissions_of(roles)
    assert decides == (bool(roles - {"admin"}) and "admin" not in roles)


def test_who_left_and_who_has_no_role_may_nothing() -> None:
    assert Person("a", "a", roles=frozenset({"manager"}), left=True).permissions == frozenset()
    assert permissions_of(["emperor"]) == frozenset()


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")))
def test_cycles_of_managers_are_found_wherever_they_are(managers: dict[str, str]) -> None:
    def reaches_itself(start: str) -> bool:
        above = start
        for _ in range(10):
            above = managers.get(above, "")
            if above == start:
                return True
        return False

    assert in_cycles(managers) == {start for start in managers if reaches_itself(start)}
    for start in managers:
        if reaches_itself(start):
            with pytest.raises(ManagerCycle):
                check_chain(start, managers)


def test_an_import_says_for_each_row_what_it_would_do() -> None:
    known = {name: COMPANY.people[name] for name in ("lixia", "wangzong")}
    rows = [
        Row(2, Person("new", " 新人 ", department="行政部", manager="later")),
        Row(3, Person("later", "后来", department="行政部", manager="lixia")),
        Row(4, known["lixia"]),
        Row(5, Person("later", "重复", department="行政部")),
        Row(6, Person("lost", "无主", department="行政部", manager="nobody")),
        Row(7, Person("self", "自己", department="行政部", manager="self")),
    ]
    results = judge(rows, known, {"lixia": "wangzong"}, "admin", NOW)
    assert [(result.verdict, result.reason) for result in results] == [
        (Verdict.MENDED, "TIDIED"),
        (Verdict.TAKEN, ""),
        (Verdict.UNCHANGED, ""),
        (Verdict.REFUSED, "DUPLICATE"),
        (Verdict.REFUSED, "NO_SUCH"),
        (Verdict.REFUSED, "MANAGER_CYCLE"),
    ]
    assert not all_taken(results)
    with pytest.raises(InvalidField):
        judge([], known, {}, "admin", NOW)


def test_an_import_does_not_close_a_circle_through_people_who_are_there() -> None:
    known = dict(COMPANY.people)
    row = Row(2, Person("wangzong", "王总", department="总经办", manager="zhangsan"))
    managers = {one.id: one.manager for one in known.values() if one.manager}
    assert judge([row], known, managers, "admin", NOW)[0].reason == "MANAGER_CYCLE"


@pytest.mark.parametrize(
    ("to", "start", "hours", "problem"),
    [
        ("lixia", None, 1, "self"),
        ("admin", None, 1, "not_entitled"),
        ("nobody", None, 1, "not_entitled"),
        ("zhaoliu", None, 0, "end_time"),
        ("zhaoliu", None, 90 * 24 + 1, "end_time"),
        ("zhaoliu", -6, 1, "start_time"),
        ("zhaoliu", 366 * 24 * 60, 1, "start_time"),
    ],
)
def test_a_delegation_that_cannot_be_is_refused(to: str, start: int | None, hours: int, problem: str) -> None:
    begins = None if start is None else NOW + timedelta(minutes=start)
    ends = (begins or NOW) + timedelta(hours=hours)
    with pytest.raises((CannotStandIn, InvalidField)) as caught:
        delegate("d", "lixia", to, begins, ends, frozenset(), COMPANY, NOW)
    assert problem in caught.value.facts.values()


def test_a_delegation_is_live_from_its_first_to_before_its_last_moment() -> None:
    made = Delegation("d", "lixia", "zhaoliu", NOW, NOW + timedelta(hours=1), frozenset({"sample"}))
    tick = timedelta(microseconds=1)
    assert [made.covers("sample", moment) for moment in (NOW - tick, NOW, made.end - tick, made.end)] == [
        False,
        True,
        True,
        False,
    ]
    assert not made.covers("requisition", NOW)
    assert not made.finish(NOW).covers("sample", NOW)
    assert made.finish(made.end) is made


def test_clients_prove_themselves_and_programs_never_decide() -> None:
    clients = read_clients(json.dumps([ENTRY, {**ENTRY, "client": "setup", "may_vouch": False}]))
    assert clients.check_vouching("bot", "right").permissions == {"people.read"}
    with pytest.raises(MayNotVouch):
        clients.check_vouching("setup", "right")
    for name, secret in (("bot", "wrong"), ("bot", ""), ("nobody", "right"), ("bot", "right" + " " * 500)):
        with pytest.raises(CredentialRefused):
            clients.check(name, secret)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        json.dumps([{**ENTRY, "secret": "x"}]),
        json.dumps([{**ENTRY, "secret_sha256": "short"}]),
        json.dumps([{**ENTRY, "may_vouch": "yes"}]),
        json.dumps([{**ENTRY, "permissions": "all"}]),
        json.dumps([ENTRY, ENTRY]),
    ],
)
def test_a_wrong_file_of_clients_is_refused_without_telling_what_is_in_it(text: str) -> None:
    with pytest.raises(ClientsFileWrong) as caught:
        read_clients(text)
    assert DIGEST not in str(caught.value)


@given(st.lists(st.integers(0, 3), max_size=200))
def test_failures_are_heard_in_a_burst_and_then_slowly(pauses: list[int]) -> None:
    bound, now, heard = FailureBound(5, 2), 100, 0
    for pause in pauses:
        now += pause
        wait = bound.hear(now)
        heard += wait == 0
        assert 0 <= wait <= 2
    assert heard <= 5 + (now - 100) // 2 + 1


NAMES = [
    "",
    " ",
    "\u3000",
    "\x00",
    "张\x1b三",
    "\u202e张三",
    "张\u200b三",
    "\u200d",
    "\u00ad",
    "\u061c张三",
    "\u3164",
    "张\n三",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_hides_something_is_refused(name: str) -> None:
    person = COMPANY.people["zhangsan"]
    for wrong in (replace(person, name=name), replace(person, department=name)):
        with pytest.raises(InvalidField):
            wrong.checked()


def test_keys_of_other_systems_are_kept_as_they_are() -> None:
    assert opaque_key("ZhangSan ", "user_id", 20) == "ZhangSan "
    with pytest.raises(InvalidField):
        opaque_key("", "user_id", 20)
