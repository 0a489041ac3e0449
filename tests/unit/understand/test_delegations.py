"""Who decides in somebody's place is never read out of a sentence that says the opposite, or asks how."""

from __future__ import annotations

import pytest

from bot.understand import Command, Vocabulary, understand


@pytest.mark.parametrize(
    "said",
    [
        "不让李霞代我审批到周五",
        "别让李霞代我审批了",
        "不再让李霞代我审批",
        "李霞不代我审批了",
        "李霞不再代我审批",
        "我想知道怎么让李霞代我审批",
        "Don't let Li Xia approve for me until Friday",
        "I don't want to let Li Xia approve for me",
        "Li Xia doesn't approve for me",
        "Li Xia will not approve for me until Friday",
        "how can I delegate my approvals to Li Xia",
    ],
)
def test_who_refuses_or_asks_how_lends_nothing(vocabulary: Vocabulary, said: str) -> None:
    assert understand(said, vocabulary).command is not Command.DELEGATE_APPROVALS


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("我这周不在,让李霞代我审批到周五", "李霞"),
        ("我不在公司 李霞代我审批到周五", "李霞"),
        ("I'm not in, let Li Xia approve for me until Friday", "Li Xia"),
        ("I am not here, Li Xia approves for me until Friday", "Li Xia"),
    ],
)
def test_a_no_in_the_reason_refuses_nothing(vocabulary: Vocabulary, said: str, person: str) -> None:
    intent = understand(said, vocabulary)
    assert (intent.command, intent.person) == (Command.DELEGATE_APPROVALS, person)
    assert intent.until in ("周五", "Friday")
