"""The process of orders on a bus that loses, repeats and reorders, over many weeks of a virtual clock."""

import os
from collections import Counter
from datetime import timedelta
from itertools import pairwise

from services.orders.domain.order import TRANSITIONS, OrderState
from tests.unit.orders.bus import World

SEEDS = int(os.environ.get("KUGUAN_PROCESS_SEEDS", "1000"))
BUSY_DAYS = 30
CALM_DAYS = 60

# States of the world that have to be reached, or the test does not test what it says.
RARE = (
    "arrived too early",
    "arrived again",
    "cancel refused",
    "hold expired",
    "expired PENDING_APPROVAL",
    "expired APPROVED",
    "expired PARTLY_FULFILLED",
    "ORDER_CLOSED",
    "MOVED_AFTER_CLOSE",
    "goods after cancel",
    "goods after expiry",
    "ended FULFILLED",
    "ended REJECTED",
    "ended CANCELLED",
    "ended EXPIRED",
)


def act(world: World, name: str) -> None:
    """One thing that somebody does at any time."""
    action = world.chance.choices(
        ["cancel", "granted", "refused", "withdraw", "hand over", "hand over part", "nothing"],
        [3, 12, 2, 1, 8, 6, 30],
    )[0]
    if action == "cancel":
        world.cancel(name)
    elif action == "withdraw":
        world.decide(name, "withdrawn by requester")
    elif action in {"granted", "refused"}:
        world.decide(name, action)
    elif action != "nothing":
        world.move(name, everything=action == "hand over")


def last_minute(world: World) -> None:
    """The keeper acts in the very minute in which an order's time runs out."""
    waiting = [
        (order.expire_time, name)
        for name, order in world.orders.items()
        if order.granted_task and order.expire_time is not None
    ]
    if not waiting:
        return
    ends, name = min(waiting)
    world.now = max(world.now, ends - timedelta(minutes=1))
    world.deliver()
    world.move(name, everything=world.chance.random() < 0.5)
    world.now += timedelta(minutes=2)
    world.run_timer()


def live(world: World) -> None:
    """A month of business, then calm until every timer has rung."""
    kinds = ["requisition", "sample", "return_to_stock"]
    for number in range(1001, 1004):
        amounts = (world.chance.randint(1, 15), world.chance.randint(1, 15))[: world.chance.randint(1, 2)]
        world.place(number, world.chance.choice(kinds), amounts)
    pace = world.chance.choice([0.25, 2.0, 24.0])
    ends = world.now + timedelta(days=BUSY_DAYS)
    for _ in range(120):
        world.now += timedelta(hours=world.chance.uniform(0.0, 2 * pace))
        if world.now >= ends:
            break
        world.deliver()
        world.end_holds()
        world.run_timer()
        act(world, world.chance.choice(list(world.orders)))
    last_minute(world)
    world.bus.lossy = False
    for _ in range(CALM_DAYS * 2):
        world.now += timedelta(hours=12)
        world.deliver()
        world.end_holds()
        world.run_timer()


def check(world: World) -> None:
    """What must hold when everything has been heard."""
    for name, order in world.orders.items():
        promise = world.promises[name]
        assert not order.is_open, f"{name} neither ended nor has a timer"
        assert [line.fulfilled.scaled for line in order.lines] == promise.moved, f"{name} tells other figures"
        assert sum(promise.reserved) == 0, f"{name} still blocks stock"
        assert (sum(promise.moved) > 0) <= (order.granted_task != ""), f"{name} moved without a grant"
        assert world.tasks[name] != "open", f"{name} left its task open"
        assert (order.granted_task != "") <= (world.tasks[name] == "granted")
        states = world.states[name]
        assert all(after in TRANSITIONS[before] for before, after in pairwise(states))


def note(world: World) -> None:
    """Count what this world came through."""
    for states in world.states.values():
        world.seen[f"ended {states[-1].value}"] += 1
        for before, after in pairwise(states):
            if after in {OrderState.PARTLY_FULFILLED, OrderState.FULFILLED}:
                world.seen["goods after cancel"] += before is OrderState.CANCELLED
                world.seen["goods after expiry"] += before is OrderState.EXPIRED


def test_every_order_ends_consistently_whatever_the_bus_does() -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        world = World(seed)
        try:
            live(world)
            check(world)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        note(world)
        seen += world.seen
    for state in RARE:
        print(f"{state:28} {seen[state]}")
    assert [state for state in RARE if not seen[state]] == []
