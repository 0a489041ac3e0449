"""Taps that come twice, sixteen times, at once, against each other, or long after: one effect each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from tests.journey.person import Answer
from tests.journey.system import System, eventually

Result = TypeVar("Result")


def at_once(actions: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do everything in the same moment; answers with the results in order."""
    line = Barrier(len(actions))

    def one(action: Callable[[], Result]) -> Result:
        line.wait(timeout=30)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(one, actions))


def test_a_double_tap_of_confirm_places_one_order(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    before = system.orders_of("zhangsan")
    card = zhangsan.says("领5包A4纸").offering("confirm")
    at_once([lambda: zhangsan.taps(card, "confirm")] * 2)
    (order,) = [name for name in system.orders_of("zhangsan") if name not in before]
    assert zhangsan.again(card).number == order
    lixia.taps(lixia.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")


def test_sixteen_taps_at_once_and_a_repeated_delivery_place_one_order(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    before = system.orders_of("zhangsan")
    card = zhangsan.says("领5包A4纸").offering("confirm")
    fresh: list[Callable[[], Answer]] = [lambda: zhangsan.taps(card, "confirm")] * 8
    repeated: list[Callable[[], Answer]] = [lambda: zhangsan.taps(card, "confirm", "the-same-tap-0001")] * 8
    at_once([*fresh, *repeated])
    (order,) = [name for name in system.orders_of("zhangsan") if name not in before]
    assert len(lixia.cards(order)) <= 1
    lixia.taps(lixia.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")
    assert len(lixia.cards(order)) == 1
    zhangsan.hears(f"{order} 被 李霞 拒绝了")
    assert len(zhangsan.heard(f"{order} 被 李霞 拒绝了")) == 1


def test_sixteen_approvals_at_once_are_one_decision(system: System) -> None:
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("领5包A4纸")
    card = lixia.gets(order, "approve")
    at_once([lambda: lixia.taps(card, "approve")] * 16)
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    assert len(zhangsan.waits(order, "done")[-1].values("审批")) == 1
    assert len(zhangsan.heard(f"{order} 已批准")) == 1
    assert len(zhaoliu.cards(order)) == 1


def test_opposite_votes_at_once_are_one_decision(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    outcomes = set()
    for _ in range(4):
        order = zhangsan.orders("领5包A4纸")
        card = lixia.gets(order, "approve")
        at_once([lambda: lixia.taps(card, "approve"), lambda: lixia.taps(card, "reject")] * 2)  # noqa: B023
        state = settled(system, order)
        outcomes.add(state)
        if state == "APPROVED":
            zhangsan.hears(f"{order} 已批准")
            zhangsan.withdraws(zhangsan.cards(order)[-1])
            system.reaches(order, "CANCELLED")
            assert zhangsan.heard(f"{order} 被") == []
        else:
            zhangsan.hears(f"{order} 被 李霞 拒绝了")
            assert zhangsan.heard(f"{order} 已批准") == []
    assert outcomes <= {"APPROVED", "REJECTED"}


def settled(system: System, order: str) -> str:
    """The state of an order once somebody's decision has reached it."""

    def decided() -> str | None:
        state = system.state(order)
        return state if state != "PENDING_APPROVAL" else None

    return eventually(decided, f"{order} is decided")


def test_two_keepers_at_once_hand_the_goods_over_once(system: System) -> None:
    zhangsan, lixia, zhaoliu, qianwu = system.people("zhangsan", "lixia", "zhaoliu", "qianwu")
    before = system.stock("BG-001")["on_hand"]
    order = zhangsan.orders("领5包A4纸")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    first, second = zhaoliu.gets(order, "hand_over"), qianwu.gets(order, "hand_over")
    taps: list[Callable[[], Answer]] = [
        lambda: zhaoliu.taps(first, "hand_over"),
        lambda: qianwu.taps(second, "hand_over"),
    ]
    at_once(taps * 4)
    system.reaches(order, "FULFILLED")
    assert len(system.entries(order)) == 1
    assert system.stock("BG-001")["on_hand"] == before - 5
    for keeper in (zhaoliu, qianwu):
        (card,) = keeper.waits(order, "done", "已发料")
        assert dict(card.buttons) == {}
    zhangsan.hears(f"{order} 已发料完成")
    assert len(zhangsan.heard(f"{order} 已发料完成")) == 1


def test_an_old_confirm_card_leads_to_the_same_order_for_ever(system: System) -> None:
    hefeng, zhaoliu = system.people("hefeng", "zhaoliu")
    before = system.orders_of("hefeng")
    card = hefeng.says("领3支黑笔").offering("confirm")
    order = hefeng.confirms(card)
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    for key in ("", "", "long-after-0001", "long-after-0001"):
        late = hefeng.taps(card, "confirm", key)
        assert all(one.number == order for one in late.cards), late
    assert system.orders_of("hefeng") == [order, *before]
    assert len(system.entries(order)) == 1


def test_a_sentence_delivered_twice_is_answered_once(system: System) -> None:
    hefeng = system.person("hefeng")
    at_once([lambda: hefeng.says("领4支黑笔", "the-same-words-0001")] * 4)
    hefeng.says("领4支黑笔", "the-same-words-0001")
    open_cards = [card for card in hefeng.sees().cards if "−4 支" in card.text and "confirm" in card.buttons]
    assert len(open_cards) == 1
    hefeng.taps(open_cards[0], "cancel")
