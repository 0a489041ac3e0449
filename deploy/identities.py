"""Imports a mapping of chat accounts to people: all of its rows or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuguan.approvals.v1.people_pb2 import BindIdentityRequest, Identity, ListIdentitiesRequest
from kuguan.approvals.v1.people_pb2_grpc import PeopleServiceStub

from deploy.connection import WRITE_SECONDS, Connection
from deploy.imports import Progress, known_people, silent
from deploy.layouts import IDENTITIES
from deploy.report import Report, RowReport
from deploy.sheets import read_sheet
from services.kit.ids import new_id

PAGE = 500

Key = tuple[str, str, str]


def import_identities(
    connection: Connection, path: Path, *, dry_run: bool, progress: Progress = silent
) -> Report:
    """Bind every account of a table to its person; an account that is somebody else's refuses all rows."""
    progress("read", 0, 1)
    sheet = read_sheet(path, IDENTITIES)
    people = known_people(connection)
    bound: dict[Key, str] = {}
    for person in people:
        bound |= {_key(one): one.person for one in identities_of(connection, person)}
    report = Report.of(path, "identities", sheet, [], dry_run=dry_run)
    wanted: list[Identity] = []
    for row in sheet.rows:
        verdict = RowReport.of(row, "user_id")
        report.rows.append(verdict)
        cells = row.cells
        one = Identity(
            platform=cells["platform"].lower(),
            tenant=cells.get("tenant", ""),
            user_id=cells["user_id"],
            person=cells["person"].lower(),
        )
        if one.person not in people or people[one.person].left:
            verdict.refuse("NO_SUCH", name=cells["person"][:60])
        elif bound.get(_key(one), one.person) != one.person:
            verdict.refuse("DUPLICATE", name=bound[_key(one)])
        elif _key(one) in bound:
            verdict.outcome = "unchanged"
        if not verdict.refused:
            bound[_key(one)] = one.person
            wanted.append(one)
    if dry_run or report.totals["refused"]:
        return report
    bind(connection, wanted, progress)
    report.written = bool(wanted)
    return report


def bind(connection: Connection, wanted: Sequence[Identity], progress: Progress) -> None:
    """Bind accounts to their people; one that is bound so already is left as it is."""
    stub = connection.stub(PeopleServiceStub, "approvals")
    for done, identity in enumerate(wanted, 1):
        asked = BindIdentityRequest(request_id=new_id(), identity=identity)
        connection.call(stub.BindIdentity, asked, WRITE_SECONDS)
        progress("identities", done, len(wanted))


def identities_of(connection: Connection, person: str) -> list[Identity]:
    """All chat accounts of a person."""
    stub = connection.stub(PeopleServiceStub, "approvals")
    found: list[Identity] = []
    token = ""
    while True:
        request = ListIdentitiesRequest(person=person, page_size=PAGE, page_token=token)
        page = connection.call(stub.ListIdentities, request)
        found += page.identities
        token = page.next_page_token
        if not token:
            return found


def _key(one: Identity) -> Key:
    return one.platform, one.tenant, one.user_id
