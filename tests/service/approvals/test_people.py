"""People through the front door: creating, changing, importing, identities and what others are told."""

from __future__ import annotations

from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from kuguan.approvals.v1 import people_pb2
from kuguan.type.v1 import imports_pb2

from services.approvals.service import SERVICE
from tests.service.approvals.company import PEOPLE, Company, refusal, request_id


def person(id_: str, **fields: Any) -> people_pb2.Person:
    """A person with what every person needs."""
    return people_pb2.Person(
        **{"id": id_, "name": "某人", "department": "行政部", "roles": ["employee"], **fields}
    )


async def create(here: Company, made: people_pb2.Person, by: str = "admin") -> people_pb2.Person:
    """Create a person as an administrator."""
    request = people_pb2.CreatePersonRequest(request_id=request_id(), person=made)
    answer: people_pb2.CreatePersonResponse = await here.ask(here.people.CreatePerson, request, by)
    return answer.person


async def bring_in(
    here: Company, *people: people_pb2.Person, dry_run: bool = False
) -> people_pb2.ImportPeopleResponse:
    """Import people."""
    rows = [people_pb2.ImportPeopleRow(row=number, person=one) for number, one in enumerate(people, 2)]
    request = people_pb2.ImportPeopleRequest(request_id=request_id(), rows=rows, dry_run=dry_run)
    answer: people_pb2.ImportPeopleResponse = await here.set_up(here.people.ImportPeople, request)
    return answer


async def bind(here: Company, platform: str, user_id: str, who: str, tenant: str = "") -> None:
    """Bind an identity."""
    identity = people_pb2.Identity(platform=platform, tenant=tenant, user_id=user_id, person=who)
    request = people_pb2.BindIdentityRequest(request_id=request_id(), identity=identity)
    await here.set_up(here.people.BindIdentity, request)


async def test_a_person_is_created_changed_and_told_about(here: Company) -> None:
    made = await create(here, person("wujing", name=" 吴静 ", manager="lixia"))
    assert (made.name, made.language, made.etag) == ("吴静", "zh", "1")
    assert (await refusal(create(here, person("wujing")))).reason == "DUPLICATE"
    request = people_pb2.UpdatePersonRequest(
        request_id=request_id(),
        person=people_pb2.Person(id="wujing", language="en", etag="1"),
        update_mask=FieldMask(paths=["language"]),
    )
    answer = await here.ask(here.people.UpdatePerson, request, "admin")
    assert (answer.person.language, answer.person.name, answer.person.etag) == ("en", "吴静", "2")
    request.request_id = request_id()
    assert (await refusal(here.ask(here.people.UpdatePerson, request, "admin"))).reason == "VERSION_CHANGED"
    assert await here.events("wujing") == ["PersonCreated", "PersonUpdated"]


async def test_wrong_people_are_refused_with_the_field_that_is_wrong(here: Company) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"id": "Wu.Jing"}, "person.id"),
        ({"name": "  "}, "person.name"),
        ({"name": "a\nb"}, "person.name"),
        ({"name": "\u202eabc"}, "person.name"),
        ({"name": "长" * 81}, "person.name"),
        ({"department": ""}, "person.department"),
        ({"roles": ["emperor"]}, "person.roles"),
        ({"language": "fr"}, "person.language"),
    ]
    for fields, field in wrong:
        error = await refusal(create(here, person(**{"id_": fields.pop("id", "wujing"), **fields})))
        assert (error.reason, error.facts["field"]) == ("INVALID_FIELD", field)
    assert (await refusal(create(here, person("wujing", manager="nobody")))).reason == "NO_SUCH"
    assert await here.events("wujing") == []


async def test_nobody_becomes_their_own_superior(here: Company) -> None:
    for manager in ("zhangsan", "lixia", "wangzong"):
        assert (await refusal(here.change("wangzong", manager=manager))).reason == "MANAGER_CYCLE"
    await here.change("zhangsan", manager="chenmin")
    assert (await refusal(here.change("chenmin", manager="zhangsan"))).reason == "MANAGER_CYCLE"


async def test_nobody_changes_their_own_rights(here: Company) -> None:
    assert (await refusal(here.change("admin", roles=["employee"]))).reason == "OWN_RIGHTS"
    await here.change("admin", language="en")


async def test_an_administrator_whose_role_ended_a_second_ago_changes_nobody(here: Company) -> None:
    request = people_pb2.UpdatePersonRequest(
        request_id=request_id(),
        person=people_pb2.Person(id="admin2", roles=["employee"]),
        update_mask=FieldMask(paths=["roles"]),
    )
    await here.ask(here.people.UpdatePerson, request, "admin")
    error = await refusal(create(here, person("wujing"), by="admin2"))
    assert (error.reason, error.facts["permission"]) == ("PERMISSION_MISSING", "people.write")


async def test_an_import_takes_all_rows_or_none(here: Company) -> None:
    good, bad = person("wujing", manager="zhengkai"), person("zhengkai", roles=["emperor"])
    answer = await bring_in(here, good, bad, person("wujing"))
    assert not answer.written
    assert [(row.row, row.verdict, row.reason) for row in answer.verdicts] == [
        (2, imports_pb2.VERDICT_TAKEN, ""),
        (3, imports_pb2.VERDICT_REFUSED, "INVALID_FIELD"),
        (4, imports_pb2.VERDICT_REFUSED, "DUPLICATE"),
    ]
    assert (await here.ask(here.people.ListPeople, people_pb2.ListPeopleRequest(), "admin")).people[
        -1
    ].id == "zhaoliu"
    assert await here.events("wujing") == []


async def test_managers_may_come_later_in_the_file_and_a_dry_run_writes_nothing(here: Company) -> None:
    rows = [person("wujing", manager="zhengkai", name=" 吴静"), person("zhengkai", manager="wangzong")]
    rows.append(
        people_pb2.Person(
            id="lixia", name="李霞", department="行政部", roles=["employee", "manager"], manager="wangzong"
        )
    )
    dry = await bring_in(here, *rows, dry_run=True)
    assert not dry.written
    assert [row.verdict for row in dry.verdicts] == [
        imports_pb2.VERDICT_MENDED,
        imports_pb2.VERDICT_TAKEN,
        imports_pb2.VERDICT_UNCHANGED,
    ]
    assert await here.events("wujing") == []
    real = await bring_in(here, *rows)
    assert real.written
    assert real.verdicts == dry.verdicts
    assert await here.events("wujing") == ["PersonCreated"]
    assert await here.events("lixia") == ["PersonCreated"]


async def test_an_import_refuses_cycles_of_managers(here: Company) -> None:
    answer = await bring_in(
        here, person("a", manager="b"), person("b", manager="c"), person("c", manager="a")
    )
    assert [row.reason for row in answer.verdicts] == ["MANAGER_CYCLE"] * 3
    assert not answer.written


async def test_lists_go_on_from_page_to_page(here: Company) -> None:
    request = people_pb2.ListPeopleRequest(page_size=3)
    seen: list[str] = []
    while True:
        answer = await here.ask(here.people.ListPeople, request, "lixia")
        seen += [one.id for one in answer.people]
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    assert seen == sorted(row[0] for row in PEOPLE)
    finance = await here.ask(here.people.ListPeople, people_pb2.ListPeopleRequest(role="finance"), "lixia")
    assert [one.id for one in finance.people] == ["chenmin", "fangfang"]
    departments = await here.ask(here.people.ListDepartments, people_pb2.ListDepartmentsRequest(), "lixia")
    assert set(departments.departments) == {row[2] for row in PEOPLE}


async def test_people_bind_and_unbind_their_own_chat_accounts_and_nobody_elses(here: Company) -> None:
    own = people_pb2.Identity(platform="feishu", tenant="t1", user_id="ou_1", person="zhangsan")

    def bound(identity: people_pb2.Identity) -> people_pb2.BindIdentityRequest:
        return people_pb2.BindIdentityRequest(request_id=request_id(), identity=identity)

    def unbound(identity: people_pb2.Identity) -> people_pb2.UnbindIdentityRequest:
        return people_pb2.UnbindIdentityRequest(request_id=request_id(), identity=identity)

    await here.ask(here.people.BindIdentity, bound(own), "zhangsan")
    others = people_pb2.Identity(platform="feishu", tenant="t1", user_id="ou_2", person="lixia")
    page = people_pb2.Identity(platform="web", tenant="local", user_id="newcomer", person="zhangsan")
    for refused in (
        here.ask(here.people.BindIdentity, bound(others), "zhangsan"),
        here.ask(here.people.BindIdentity, bound(page), "zhangsan"),
        here.ask(here.people.UnbindIdentity, unbound(own), "lixia"),
    ):
        error = await refusal(refused)
        assert (error.reason, error.facts["permission"]) == ("PERMISSION_MISSING", "people.write")
    taken = people_pb2.Identity(platform="feishu", tenant="t1", user_id="ou_1", person="lixia")
    assert (await refusal(here.ask(here.people.BindIdentity, bound(taken), "lixia"))).reason == "DUPLICATE"
    await here.ask(here.people.UnbindIdentity, unbound(own), "zhangsan")
    assert (await here.events("zhangsan"))[-2:] == ["IdentityBound", "IdentityUnbound"]


async def test_an_identity_belongs_to_one_person_letter_by_letter(here: Company) -> None:
    await bind(here, "wecom", "ZhangSan", "zhangsan")
    await bind(here, "wecom", "ZhangSan", "zhangsan")
    await bind(here, "wecom", "zhangsan", "lixia")
    await bind(here, "wecom", "ZhangSan", "zhaoliu", tenant="other")
    assert (await refusal(bind(here, "wecom", "ZhangSan", "lixia"))).reason == "DUPLICATE"
    assert (await refusal(bind(here, "wecom", "x", "nobody"))).reason == "NO_SUCH"
    assert (await refusal(bind(here, "We Com", "x", "lixia"))).reason == "INVALID_FIELD"
    assert (await refusal(bind(here, "wecom", "a\x00b", "lixia"))).reason == "INVALID_FIELD"
    listed = await here.ask(
        here.people.ListIdentities, people_pb2.ListIdentitiesRequest(person="zhangsan"), "admin"
    )
    assert [identity.user_id for identity in listed.identities] == ["ZhangSan"]


async def test_everybody_is_announced_again_on_request(here: Company) -> None:
    told = await here.at_work.runtime.writer.act(SERVICE.announcements["people"])
    assert told == len(PEOPLE)
    assert await here.events("zhangsan") == ["PersonCreated", "PersonAnnounced"]


async def test_the_roles_say_what_they_permit_and_administrators_never_decide(here: Company) -> None:
    answer = await here.ask(here.people.ListRoles, people_pb2.ListRolesRequest(), "lixia")
    roles = {role.name: set(role.permissions) for role in answer.roles}
    assert "approvals.decide" in roles["employee"]
    assert "approvals.decide" not in roles["admin"]
    assert {"rules.write", "people.write"} <= roles["admin"]
