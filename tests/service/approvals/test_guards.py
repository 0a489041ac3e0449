"""What the database itself refuses when two decisions were made about the same version of a task."""

from __future__ import annotations

import pytest

from services.approvals.domain.course import risen
from services.approvals.domain.refusals import TaskChanged
from services.approvals.storage import tasks
from services.kit.changes import Transaction
from tests.service.approvals.company import Company, manager_then_finance, order


async def test_of_two_changes_to_one_version_of_a_task_the_second_is_refused(here: Company) -> None:
    await here.rule(manager_then_finance())
    name = (await here.place(order(1, yuan=2500))).name

    def change_twice(tx: Transaction) -> None:
        task = tasks.find_task(tx.connection, name)
        assert task is not None
        for _ in range(2):
            tasks.update_task(tx.connection, task, risen(task, tx.now), tasks.Plan())

    with pytest.raises(TaskChanged):
        await here.at_work.runtime.writer.act(change_twice)
    assert (await here.task(name)).version == 1
