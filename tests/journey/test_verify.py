"""`kuguan verify` holds on a system at work, and says by its exit code and the rows what was damaged."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.command import application
from tests.journey.system import System, eventually


@dataclass(frozen=True)
class Damage:
    """Something that a bug or a hand in the database could do, and what verify has to say about it."""

    name: str
    part: str
    statements: Sequence[str]
    invariant: str
    row: str


DAMAGES = [
    Damage(
        "a balance is changed",
        "stock",
        ["UPDATE balances SET on_hand = on_hand + 1 WHERE item = 'BG-001' AND warehouse = 'ZC'"],
        "I1",
        "BG-001/ZC",
    ),
    Damage(
        "an audit row is changed",
        "approvals",
        [
            "DROP TRIGGER audit_no_update",
            "UPDATE audit SET actor = 'somebody' WHERE sequence = 3",
        ],
        "I8",
        "audit row 3",
    ),
    Damage(
        "an audit row is deleted",
        "orders",
        ["DROP TRIGGER audit_no_delete", "DELETE FROM audit WHERE sequence = 2"],
        "I8",
        "audit row",
    ),
    Damage(
        "a promise is removed",
        "stock",
        ["DELETE FROM reservations WHERE document = '{waiting}'"],
        "I3",
        "{waiting}",
    ),
    Damage(
        "less is promised than was set aside",
        "stock",
        ["UPDATE reservation_lines SET reserved = reserved - 1 WHERE document = '{waiting}'"],
        "I3",
        "BG-001/ZC",
    ),
    Damage(
        "an event is deleted",
        "orders",
        [
            """DELETE FROM outbox WHERE sequence =
            (SELECT max(sequence) FROM outbox WHERE aggregate LIKE '%{done}')"""
        ],
        "I14",
        "{done}",
    ),
    Damage(
        "a ledger entry is changed",
        "stock",
        [
            "DROP TRIGGER entries_no_update",
            "UPDATE entries SET quantity = -50 WHERE document = '{done}'",
        ],
        "I6",
        "{done}",
    ),
    Damage(
        "a ledger entry is deleted",
        "stock",
        ["DROP TRIGGER entries_no_delete", "DELETE FROM entries WHERE document = '{done}'"],
        "I6",
        "{done}",
    ),
    Damage(
        "an order is called done that is not",
        "orders",
        [
            """UPDATE orders SET state = 'FULFILLED', expire_time = NULL, granted_task = 'x',
            granted_version = version WHERE name = '{waiting}'"""
        ],
        "I12",
        "{waiting}",
    ),
    Damage(
        "somebody seems to have decided about their own request",
        "approvals",
        [
            "PRAGMA ignore_check_constraints = ON",
            "UPDATE tasks SET requester = 'lixia' WHERE order_name = '{done}'",
        ],
        "I11",
        "{done}",
    ),
    Damage(
        "an event that was announced was never heard",
        "bot",
        ["UPDATE heard SET last_sequence = last_sequence + 5 WHERE aggregate LIKE '%{done}'"],
        "I15",
        "{done}",
    ),
]


@dataclass(frozen=True)
class Copy:
    """A copy of a system with one order that was carried out and one that waits."""

    folder: Path
    done: str
    waiting: str


@pytest.fixture(scope="module")
def copy(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy made while the system runs, with one order carried out and one in the middle."""
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    done, waiting = zhangsan.orders("领5包A4纸"), zhangsan.orders("领6包A4纸")
    lixia.taps(lixia.gets(done, "approve"), "approve")
    lixia.gets(waiting, "approve")
    zhaoliu.taps(zhaoliu.gets(done, "hand_over"), "hand_over")
    system.reaches(done, "FULFILLED")
    zhangsan.hears(f"{done} 已发料完成")
    eventually(lambda: system.order(waiting).lines[0].reserved.value == "6", f"goods are held for {waiting}")
    folder = tmp_path_factory.mktemp("copies") / "copy"
    system.command("backup", str(folder), "--data", str(system.data))
    yield Copy(folder, done, waiting)
    zhangsan.withdraws(zhangsan.cards(waiting)[-1])
    system.reaches(waiting, "CANCELLED")


def verdict(data: Path) -> tuple[int, list[dict[str, object]]]:
    """The exit code of verify and the checks that failed."""
    done = CliRunner().invoke(application, ["verify", "--data", str(data), "--json"])
    checks = json.loads(done.stdout)["checks"]
    assert len(checks) > 20, "every part has its checks"
    return done.exit_code, [check for check in checks if check["broken"]]


def test_every_invariant_holds_on_the_running_system_and_on_its_copy(system: System, copy: Copy) -> None:
    assert verdict(system.data) == (0, [])
    assert verdict(copy.folder) == (0, [])


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name.replace(" ", "_"))
def test_a_damaged_copy_is_found_and_the_rows_are_named(copy: Copy, damage: Damage, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(copy.folder, damaged)
    orders = {"done": copy.done, "waiting": copy.waiting}
    with closing(sqlite3.connect(damaged / f"{damage.part}.sqlite3")) as database:
        for statement in damage.statements:
            # A damage that changes nothing would prove nothing.
            changed = database.execute(statement.format(**orders)).rowcount
            assert changed != 0, statement
        database.commit()
    code, broken = verdict(damaged)
    assert code == 1
    assert any(
        check["part"] == damage.part
        and check["invariant"] == damage.invariant
        and damage.row.format(**orders) in json.dumps(check["broken"], ensure_ascii=False)
        for check in broken
    ), broken


def test_people_read_what_is_wrong_in_a_table(system: System, copy: Copy, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(copy.folder, damaged)
    with closing(sqlite3.connect(damaged / "stock.sqlite3")) as database:
        database.execute("UPDATE balances SET on_hand = on_hand + 1 WHERE item = 'BG-001'")
        database.commit()
    done = system.command("verify", "--data", str(damaged), check=False)
    assert done.returncode == 1
    assert "BG-001/ZC" in done.stdout
    assert "I1" in done.stdout
