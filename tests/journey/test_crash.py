"""kill -9 of any process in mid-journey, and of everything: the journey ends exactly once all the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from tests.journey.person import Person
from tests.journey.system import PARTS, System

# Each process dies at a step of its own, and with another lead in seconds after the tap was sent.
MOMENTS = [
    ("broker", "confirm", 0.004),
    ("stock", "hand_over", 0.004),
    ("orders", "confirm", 0.02),
    ("approvals", "approve", 0.004),
    ("bot", "approve", 0.0),
]


class Journey:
    """One requisition by 张三 from its sentence to its end, with a disturbance at one of its steps."""

    def __init__(self, system: System, disturb: Callable[[str], None]) -> None:
        self.system = system
        self.zhangsan, self.lixia, self.zhaoliu, self.qianwu = system.people(
            "zhangsan", "lixia", "zhaoliu", "qianwu"
        )
        self._disturb = disturb

    def run(self) -> str:
        """Go through all steps; answers with the order's name once it is carried out."""
        before = self.system.orders_of("zhangsan")
        card = self.zhangsan.says("领5包A4纸 用于投标").offering("confirm")
        self._tap(self.zhangsan, card.id, "confirm")
        order = self.zhangsan.becomes_order(card)
        self._tap(self.lixia, self.lixia.gets(order, "approve").id, "approve")
        self._tap(self.zhaoliu, self.zhaoliu.gets(order, "hand_over").id, "hand_over")
        self.system.reaches(order, "FULFILLED")
        assert [name for name in self.system.orders_of("zhangsan") if name not in before] == [order]
        return order

    def ended_once(self, order: str) -> None:
        """One entry in the ledger, every card final, everything said once."""
        (entry,) = self.system.entries(order)
        assert entry.quantity.value == "-5"
        for person, stamp in (
            (self.zhangsan, "已发料"),
            (self.lixia, "已发料"),
            (self.zhaoliu, "已发料"),
            (self.qianwu, "已发料"),
        ):
            (card,) = person.waits(order, "done", stamp)
            assert dict(card.buttons) == {}
        for words in (f"{order} 已批准", f"{order} 已发料完成"):
            self.zhangsan.hears(words)
            assert len(self.zhangsan.heard(words)) == 1

    def _tap(self, person: Person, card: str, action: str) -> None:
        """Tap, and tap again until the card no longer offers the button, as people do."""
        with ThreadPoolExecutor(1) as pool:
            tap = pool.submit(person.taps, card, action)
            self._disturb(action)
            tap.result()
        person.insists(card, action)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "step", "lead"), MOMENTS)
def test_a_killed_process_comes_back_and_the_journey_ends_exactly_once(
    own_system: System, part: str, step: str, lead: float
) -> None:
    assert part in PARTS
    killed: list[int] = []

    def kill(action: str) -> None:
        if action == step:
            sleep(lead)
            killed.append(own_system.kill(part))

    journey = Journey(own_system, kill)
    before = own_system.stock("BG-001")["on_hand"]
    order = journey.run()
    (pid,) = killed
    own_system.wait_restarted(part, pid)
    journey.ended_once(order)
    assert own_system.stock("BG-001")["on_hand"] == before - 5


@pytest.mark.slow
@pytest.mark.parametrize("step", ["approve"])
def test_all_processes_die_at_once_and_the_journey_goes_on_after_a_start(
    own_system: System, step: str
) -> None:
    before = own_system.stock("BG-001")["on_hand"]
    zhangsan, lixia, zhaoliu = own_system.people("zhangsan", "lixia", "zhaoliu")
    card = zhangsan.says("领5包A4纸 用于投标").offering("confirm")
    pool = ThreadPoolExecutor(1)
    try:
        order = ""
        for person, action in ((zhangsan, "confirm"), (lixia, "approve"), (zhaoliu, "hand_over")):
            card = card if action == "confirm" else person.gets(order, action)
            tap = pool.submit(person.taps, card.id, action)
            if action == step:
                sleep(0.01)
                own_system.kill_everything()
                own_system.start(port=own_system.port)
            tap.result()
            person.insists(card.id, action)
            order = order or zhangsan.becomes_order(card)
    finally:
        pool.shutdown()
    own_system.reaches(order, "FULFILLED")
    Journey(own_system, lambda action: None).ended_once(order)
    assert own_system.stock("BG-001")["on_hand"] == before - 5


@pytest.mark.slow
def test_after_all_the_kills_every_invariant_holds(own_system: System) -> None:
    Journey(own_system, lambda action: None).run()
    own_system.verify()
