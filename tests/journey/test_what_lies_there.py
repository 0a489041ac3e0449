"""What lies in a warehouse, page by page; and what can be brought back is told before it is confirmed."""

from __future__ import annotations

from tests.journey.system import System


def test_a_warehouse_is_answered_with_its_goods(system: System) -> None:
    zhangsan = system.person("zhangsan")
    for asked in ("冷库有什么", "what's in the cold store"):
        card = zhangsan.says(asked).card
        assert card.values("鸡蛋") or card.values("Eggs")
        assert not card.values("A4打印纸")
        assert "more" not in card.buttons


def test_whether_there_is_enough_is_answered(system: System) -> None:
    zhangsan = system.person("zhangsan")
    assert zhangsan.says("5包A4纸够吗").card["够不够"] == "5 包:够"
    assert "不够,差" in zhangsan.says("还够领9000个口罩吗").card["够不够"]
    assert zhangsan.says("1箱A4纸够不够").card["够不够"] == "1 箱:够"
    both = zhangsan.says("有没有2个鼠标和9000个键盘").card
    assert both["无线鼠标"].startswith("2 个:够 · ")
    assert both["键盘"].startswith("9000 个:不够,差 ")
    assert "够不够" not in zhangsan.says("A4纸还有多少").card.text


def test_what_is_available_is_told_in_packs_too(system: System) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("黑色中性笔还有多少").card
    boxes, left = divmod(system.stock("BG-003")["available"], 12)
    assert card["可用折合"] == f"{boxes} 盒" + (f" {left} 支" if left else "")
    assert "可用折合" not in zhangsan.says("拖把还有吗").card.text


def test_all_stock_comes_in_pages_that_say_how_much_is_left(system: System) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("全部库存").offering("more")
    assert "第 1–15 种" in card.text
    seen = 15
    for _ in range(9):
        card = zhangsan.taps(card, "more").cards[-1]
        seen += 15
        if "more" not in card.buttons:
            break
        assert f"第 {seen - 14}–{seen} 种" in card.text
    assert "more" not in card.buttons
    assert seen >= 30


def test_more_than_was_taken_is_told_on_the_card_and_cannot_be_confirmed(system: System) -> None:
    sunli, zhaoliu = system.people("sunli", "zhaoliu")
    order = sunli.orders("领2盒订书钉")
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    card = sunli.says("退5盒订书钉,买错了").offering("choose_1")
    assert "confirm" not in card.buttons
    assert "最多还能退 2 盒" in card["订书钉"]
    less = sunli.taps(card, "choose_1").offering("confirm")
    back = sunli.confirms(less)
    zhaoliu.taps(zhaoliu.gets(back, "hand_over"), "hand_over")
    system.reaches(back, "FULFILLED")
    assert "免审批(退料)" in sunli.waits(back, "done")[-1].text
    assert "最多还能退 0 盒" in sunli.says("退1盒订书钉").card["订书钉"]


def test_what_was_never_taken_on_record_says_who_decides(system: System) -> None:
    card = system.person("chenmin").says("退1个订书机").offering("confirm")
    assert "没有领用记录" in card["注意"]


def test_what_moved_in_a_time_is_added_up(system: System) -> None:
    sunli, zhaoliu = system.people("sunli", "zhaoliu")
    for _ in range(2):
        order = sunli.orders("领1瓶洗手液")
        zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
        system.reaches(order, "FULFILLED")
    card = sunli.says("今天洗手液领了多少").card
    assert card["领用出库"] == "−2 瓶 · 共 2 单"
    assert order in card.text
    english = sunli.says("how many hand soaps did we use this month").card
    assert english.text.count("−2") == 1
    assert "没有出入库" in sunli.says("洗手液去年用了多少").texts[0]
    assert "哪几天" in sunli.says("洗手液2月30日的流水").texts[0]


def test_what_one_took_oneself_is_told_apart_from_the_departments_and_everybodys(system: System) -> None:
    linbo, sunli, zhaoliu = system.people("linbo", "sunli", "zhaoliu")
    for person in (linbo, sunli):
        order = person.orders("领1盒创可贴")
        zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
        system.reaches(order, "FULFILLED")
    mine = sunli.says("我这个月领了几盒创可贴").card
    assert mine["领用"] == "1 盒 · 1 单"
    assert order in mine.text
    assert sunli.says("我领过创可贴吗").card["领用"] == "1 盒 · 1 单"
    assert "您没有领退过" in sunli.says("我领过几次拖把").texts[0]
    assert sunli.says("采购部本月领了多少创可贴").card["领用出库"] == "−1 盒 · 1 单"
    assert sunli.says("我们部门领了多少创可贴").card["领用出库"] == "−1 盒 · 1 单"
    assert sunli.says("本月领了多少创可贴").card["领用出库"] == "−2 盒 · 共 2 单"
    assert "采购部" in sunli.says("火星部领了多少创可贴").texts[0]
