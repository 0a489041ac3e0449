"""16 copies of each tap and opposite votes in the same moment: one effect each, whichever was first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.journey.person import Answer, Card, Person
from tests.journey.system import System, eventually
from tests.load.campaign.traffic import DEAR
from tests.load.campaign.trial import Trial, Tried

COPIES = 16
RARE = (
    "16 confirmations at once",
    "16 hand-overs at once",
    "opposite votes: approved",
    "opposite votes: refused",
    "hand-over against withdrawal: handed over",
    "hand-over against withdrawal: withdrawn",
)
_PIECES = 2


def taps(trial: Trial, system: Tried) -> None:
    """So many orders; each of their taps comes 16 times at once, some against their opposite."""
    for number in range(trial.rounds):
        before = system.stock(DEAR)["on_hand"]
        order = _confirmed(trial, system)
        # Some votes and taps come a little earlier than their opposite, so that both ends are surely seen.
        if _decided(trial, system, order, ("approve", "", "reject", "approve", "approve")[number % 5]):
            moved = _carried_out(trial, system, order, ("", "any", "", "withdraw", "hand_over")[number % 5])
        else:
            moved = 0
        assert system.stock(DEAR)["on_hand"] == before - moved, f"seed {trial.seed}: {order}"
        assert len(system.entries(order)) == (1 if moved else 0), f"seed {trial.seed}: {order}"
    broken = system.broken()
    assert not broken, f"seed {trial.seed}: {broken[:20]}"


def _confirmed(trial: Trial, system: System) -> str:
    """16 people could not tap faster: one order comes of it."""
    zhangsan = system.person("zhangsan")
    before = set(system.orders_of("zhangsan"))
    card = zhangsan.says(f"领{_PIECES}件{DEAR} 用于投标").offering("confirm")
    _at_once([_tap(zhangsan, card, "confirm", key) for key in _keys(trial, card)])
    order = zhangsan.becomes_order(card)
    made = set(system.orders_of("zhangsan")) - before
    assert made == {order}, f"seed {trial.seed}: {made} of one card"
    trial.saw("16 confirmations at once")
    return order


def _decided(trial: Trial, system: System, order: str, first: str) -> bool:
    """Both votes eight times each; the one named comes a little earlier. Answers whether it was approved."""
    lixia = system.person("lixia")
    card = lixia.gets(order, "approve")
    if first:
        lixia.taps(card, first)
    votes = ["approve", "reject"] * (COPIES // 2)
    trial.chance.shuffle(votes)
    _at_once([_tap(lixia, card, vote, "") for vote in votes])
    lixia.insists(card, first or "approve")

    def ended() -> str:
        state = system.state(order)
        return "" if state == "PENDING_APPROVAL" else state

    state = eventually(ended, f"{order} is decided")
    assert state in ("APPROVED", "REJECTED"), f"seed {trial.seed}: {order} is {state}"
    assert not first or (state == "APPROVED") == (first == "approve"), f"seed {trial.seed}: {order} {state}"
    trial.saw("opposite votes: approved" if state == "APPROVED" else "opposite votes: refused")
    system.person("zhangsan").hears(f"{order} 已批准" if state == "APPROVED" else f"{order} 被 李霞 拒绝了")
    return state == "APPROVED"


def _carried_out(trial: Trial, system: System, order: str, first: str) -> int:
    """Hand-over and withdrawal against each other; answers how much has left."""
    zhangsan, zhaoliu, qianwu = system.people("zhangsan", "zhaoliu", "qianwu")
    mine = zhangsan.taps(zhangsan.cards(order)[-1], "withdraw").offering("confirm")
    theirs, others = zhaoliu.gets(order, "hand_over"), qianwu.gets(order, "hand_over")
    if first == "withdraw":
        zhangsan.taps(mine, "confirm")
    elif first == "hand_over":
        zhaoliu.taps(theirs, "hand_over")
    actions = [_tap(zhaoliu, theirs, "hand_over", ""), _tap(qianwu, others, "hand_over", "")] * (COPIES // 2)
    if first:
        actions += [_tap(zhangsan, mine, "confirm", "")] * 4
        trial.chance.shuffle(actions)
    else:
        trial.saw("16 hand-overs at once")
    _at_once(actions)
    state = eventually(lambda: _closed(system, order), f"{order} ends")
    moved = -int(system.moved(order))
    assert moved in (0, _PIECES), f"seed {trial.seed}: {order} moved {moved}"
    assert moved or state == "CANCELLED", f"seed {trial.seed}: {order} is {state} without goods"
    trial.saw(f"hand-over against withdrawal: {'handed over' if moved else 'withdrawn'}")
    return moved


def _closed(system: System, order: str) -> str:
    """The last state of an order; empty while a cancelled one may still be overtaken by its goods."""
    state = system.state(order)
    if state == "CANCELLED" and system.moved(order):
        return ""
    return state if state in ("FULFILLED", "CANCELLED") else ""


def _keys(trial: Trial, card: Card) -> Sequence[str]:
    """Half are taps of their own, half the same tap delivered again and again."""
    half = COPIES // 2
    return [*[""] * half, *[f"same-{card.id}"] * half]


def _tap(person: Person, card: Card, action: str, key: str) -> Callable[[], Answer]:
    return lambda: person.taps(card, action, key)


def _at_once(actions: Sequence[Callable[[], Answer]]) -> None:
    line = Barrier(len(actions))

    def one(action: Callable[[], Answer]) -> Answer:
        line.wait(timeout=60)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        for future in [pool.submit(one, action) for action in actions]:
            future.result()
