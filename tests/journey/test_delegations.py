"""Delegations by words: a card says who decides until when, a tap lends it, and a tap ends it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.journey.system import System


def test_somebody_decides_in_my_place_until_i_end_it(system: System) -> None:
    zhangsan, lixia, zhoujie = system.people("zhangsan", "lixia", "zhoujie")
    card = lixia.says("请假期间让周杰代我审批到月底").offering("confirm")
    assert card["代审批人"] == "周杰"
    lixia.taps(card, "confirm")
    order = zhangsan.orders("领6包A4纸 用于投标")
    asked = zhoujie.gets(order, "approve")
    assert "李霞 委托您" in asked["为什么找您"]
    assert "代您审批" in lixia.says("谁在代我审批").card["1. 周杰"]
    assert "由您代为审批" in zhoujie.says("我的委托").card["李霞"]
    ending = lixia.says("取消周杰的代审批").offering("choose_1")
    lixia.taps(ending, "choose_1")
    assert lixia.says("我的委托").says("没有生效的审批委托")
    lixia.taps(lixia.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")


def test_what_is_missing_or_impossible_is_told_and_nothing_is_lent(system: System) -> None:
    lixia = system.person("lixia")
    assert lixia.says("让王五代我审批到周五").says("没有叫「王五」的员工")
    assert lixia.says("让李霞代我审批到周五").says("不能委托给自己")
    assert lixia.says("把我的审批委托给周杰").says("代到哪一天")
    assert lixia.says("让周杰代我审批到2099-01-01").says("最长 90 天")
    card = lixia.says("let Zhou Jie approve for me until Friday").offering("cancel")
    lixia.taps(card, "cancel")
    assert lixia.says("我的委托").says("没有生效的审批委托")


def test_a_time_that_begins_later_stands_on_the_card_with_both_days(system: System) -> None:
    zhangsan, lixia, zhoujie = system.people("zhangsan", "lixia", "zhoujie")
    card = lixia.says("下周一到周三让周杰代我审批").offering("confirm")
    first, last = date.fromisoformat(card["从"].split()[0]), date.fromisoformat(card["到"].split()[0])
    assert (first.weekday(), last - first) == (0, timedelta(days=2))
    assert first > datetime.now(ZoneInfo("Asia/Shanghai")).date()
    lixia.taps(card, "confirm")
    assert f"{first} 周一 到 {last} 周三" in lixia.says("我的委托").card["1. 周杰"]
    order = zhangsan.orders("领6包A4纸 用于投标")
    lixia.taps(lixia.gets(order, "reject"), "reject")
    assert order not in {one.number for one in zhoujie.says("待办").cards}
    ending = lixia.says("取消周杰的代审批").offering("choose_1")
    lixia.taps(ending, "choose_1")
