"""Which language: whoever chose none is answered in the one they write in, and told things in it."""

from __future__ import annotations

from tests.journey.system import System


def test_whoever_writes_english_is_answered_in_english_and_told_so(own_system: System) -> None:
    zhangsan, lixia = own_system.people("zhangsan", "lixia")
    card = zhangsan.says("request 6 packs of A4 copy paper").offering("confirm")
    assert "A4 copy paper" in card.text
    zhangsan.taps(card, "confirm")
    assert zhangsan.says("my requests").card.title == "My orders"
    order = own_system.orders_of("zhangsan")[0]
    lixia.taps(lixia.gets(order, "reject"), "reject")
    assert zhangsan.hears(f"{order} was refused by Li Xia")
    assert zhangsan.says("A4纸还有多少").card.title == "A4打印纸 库存"


def test_a_language_that_was_asked_for_stays(own_system: System) -> None:
    zhaoliu = own_system.person("zhaoliu")
    assert zhaoliu.says("切换成英文").says("English from now on")
    assert zhaoliu.says("A4纸还有多少").card.title == "Stock of A4 copy paper"
    assert zhaoliu.says("speak Chinese please").says("以后用中文")
    assert zhaoliu.says("stock of A4 copy paper").card.title == "A4打印纸 库存"
