"""Journeys through the chat while processes die: people tap again until something happens, as people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.journey.system import System

_STAMP = "已发料"


def journey(system: System, walker: int = 1) -> str:
    """One requisition from its sentence to its end; it must end exactly once. Answers with the order."""
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    # Somebody else may walk as the same person at the same moment, and get their card beside this one.
    purpose = f"{walker}号标书"
    cards = zhangsan.says(f"领1件KQ-DEAR 用于{purpose}").cards
    (card,) = (one for one in cards if "confirm" in one.buttons and one["用途"] == purpose)
    zhangsan.taps(card, "confirm")
    zhangsan.insists(card, "confirm")
    order = zhangsan.becomes_order(card)
    for person, action in ((lixia, "approve"), (zhaoliu, "hand_over")):
        card = person.gets(order, action)
        person.taps(card, action)
        person.insists(card, action)
    system.reaches(order, "FULFILLED")
    (entry,) = system.entries(order)
    assert entry.quantity.value == "-1", entry
    for person in (zhangsan, lixia, zhaoliu):
        (last,) = person.waits(order, "done", _STAMP)
        assert dict(last.buttons) == {}, last
    for words in (f"{order} 已批准", f"{order} 已发料完成"):
        zhangsan.hears(words)
        assert len(zhangsan.heard(words)) == 1, zhangsan.heard(words)
    return order


class Journeys(Thread):
    """One journey after the other until it is told to stop."""

    def __init__(self, system: System, walker: int, stopping: Event) -> None:
        super().__init__(name="journeys", daemon=True)
        self._system = system
        self._walker = walker
        self._stopping = stopping
        self.orders: list[str] = []
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Journeys; the first that goes wrong is kept and ends it."""
        try:
            while not self._stopping.is_set():
                self.orders.append(journey(self._system, self._walker))
        except BaseException as error:
            self.fault = error
            raise


@contextmanager
def journeys(system: System, at_once: int) -> Iterator[list[Journeys]]:
    """So many journeys at once while the block runs; all have ended well after it."""
    stopping = Event()
    threads = [Journeys(system, walker, stopping) for walker in range(1, at_once + 1)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stopping.set()
        for thread in threads:
            thread.join(120)
    for thread in threads:
        if thread.fault is not None:
            raise thread.fault
    assert not any(thread.is_alive() for thread in threads), "a journey does not end"
