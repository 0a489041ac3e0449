"""Which rule counts: the first by position whose conditions all hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st
from kuguan.approvals.v1 import rules_pb2

from services.approvals.domain.rules import (
    Conditions,
    Facts,
    Rule,
    RuleNotWaiting,
    RuleState,
    SecondAdministratorNeeded,
    default_owners,
    pick,
)
from services.approvals.messages.rules import rule_message, wanted_rule
from tests.unit.approvals.samples import MANAGER, rule, step

YUAN = 1_000_000
DEMO = Path(__file__).parents[3] / "deploy" / "demo" / "rules.json"

amounts = st.one_of(st.none(), st.integers(0, 5_000).map(lambda yuan: yuan * YUAN))
kinds = st.sampled_from(["requisition", "sample", "return_to_stock"])
words = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
facts = st.builds(Facts, kinds, amounts, words, st.sampled_from(["", "a", "b"]))
conditions = st.builds(
    Conditions,
    st.frozensets(kinds, max_size=2),
    st.one_of(st.none(), st.integers(0, 2_000).map(lambda yuan: yuan * YUAN)),
    st.one_of(st.none(), st.integers(1, 4_000).map(lambda yuan: yuan * YUAN)),
    words,
    words,
)
rules = st.lists(
    st.builds(
        lambda name, position, condition, state: replace(
            rule(name=name, position=position, conditions=condition), state=state
        ),
        st.sampled_from(["r1", "r2", "r3", "r4"]),
        st.integers(0, 3),
        conditions,
        st.sampled_from(list(RuleState)),
    ),
    max_size=6,
)


def demo_rules() -> list[Rule]:
    """The rules of the demo company, in force."""
    rows = json.loads(DEMO.read_text("utf-8"))["rules"]
    parsed = [wanted_rule(ParseDict(row, rules_pb2.Rule())).checked() for row in rows]
    return [replace(one, state=RuleState.ACTIVE) for one in parsed]


@given(rules, facts)
def test_the_rule_picked_fits_and_none_before_it_does(made: list[Rule], seen: Facts) -> None:
    picked = pick(made, seen)
    fitting = [one for one in made if one.state is RuleState.ACTIVE and one.conditions.fit(seen)]
    if picked is None:
        assert not fitting
    else:
        assert picked in fitting
        assert all((picked.position, picked.name) <= (one.position, one.name) for one in fitting)


@given(rules, facts)
def test_the_order_in_which_rules_are_kept_does_not_matter(made: list[Rule], seen: Facts) -> None:
    unique = list({one.name: one for one in made}.values())
    assert pick(unique, seen) == pick(reversed(unique), seen)


@given(conditions, facts, st.integers(0, 6_000))
def test_an_unknown_amount_is_never_treated_better_than_a_known_one(
    condition: Conditions, seen: Facts, yuan: int
) -> None:
    unknown, known = replace(seen, amount=None), replace(seen, amount=yuan * YUAN)
    if condition.below_amount is not None:
        assert not condition.fit(unknown)
    elif condition.fit(known):
        assert condition.fit(unknown)


@pytest.mark.parametrize(
    ("kind", "amount", "titles"),
    [
        ("requisition", 0, []),
        ("requisition", 49_999_999, []),
        ("requisition", 50 * YUAN, ["manager"]),
        ("requisition", 2_000 * YUAN - 1, ["manager"]),
        ("requisition", 2_000 * YUAN, ["manager", "finance"]),
        ("requisition", None, ["manager", "finance"]),
        ("sample", 1, ["manager"]),
        ("sample", 9_000 * YUAN, ["manager"]),
        ("return_to_stock", 9_000 * YUAN, []),
    ],
)
def test_the_demo_rules_ask_whom_they_should(kind: str, amount: int | None, titles: list[str]) -> None:
    picked = pick(demo_rules(), Facts(kind, amount))
    assert picked is not None
    assert [one.title for one in picked.steps] == titles
    assert [(one.remind_after_hours, one.escalate_after_hours) for one in picked.steps] == [(4, 24)] * len(
        titles
    )
    assert picked.owners == ("wangzong", "chenmin", "lixia")


def test_where_no_rule_fits_the_owners_are_those_of_all_rules_in_force() -> None:
    made = [
        rule(name="b", position=2, owners=("x", "y")),
        rule(name="a", position=1, owners=("y", "z")),
        replace(rule(name="c", position=0, owners=("w",)), state=RuleState.PROPOSED),
    ]
    assert default_owners(made) == ("y", "z", "x")


def test_a_rule_is_confirmed_once_and_by_another_person() -> None:
    proposed = replace(rule(), state=RuleState.PROPOSED, proposer="admin")
    with pytest.raises(SecondAdministratorNeeded):
        proposed.confirm("admin")
    in_force = proposed.confirm("admin2")
    assert (in_force.state, in_force.confirmer) == (RuleState.ACTIVE, "admin2")
    with pytest.raises(RuleNotWaiting):
        in_force.confirm("admin3")


def test_a_rule_survives_its_way_over_the_wire() -> None:
    made = replace(rule(step(MANAGER)), state=RuleState.PROPOSED)
    assert wanted_rule(rule_message(made)) == made
    assert not made.says_the_same(made)
    assert rule().says_the_same(replace(rule(), version=3, proposer="somebody"))
