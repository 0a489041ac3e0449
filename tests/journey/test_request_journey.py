"""From a sentence to the ledger: each kind of request with everybody who takes part, through the chat."""

from __future__ import annotations

import json
import urllib.request
from decimal import Decimal
from http.cookiejar import CookieJar

import pytest

from tests.journey.person import Card, Person
from tests.journey.system import System, eventually

EVERYBODY = ("zhangsan", "lixia", "zhaoliu", "qianwu")


def final(cards: list[Card], state: str, stamp: str) -> None:
    """Cards that say how it ended and have nothing left to tap."""
    for card in cards:
        assert (card.state, dict(card.buttons)) == (state, {}), card
        assert stamp in card.stamp, card


def choose_english(system: System, person: str) -> None:
    """What the page does when somebody chooses English there."""
    choose_language(system, person, "en")


def choose_language(system: System, person: str, language: str) -> None:
    """What the page does when somebody chooses a language there."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    for path, body in (("/api/demo/persona", {"person": person}), ("/api/language", {"language": language})):
        request = urllib.request.Request(
            system.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Origin": system.url, "X-Person": person},
        )
        with opener.open(request, timeout=10) as answer:
            assert answer.status == 200


def test_paper_for_a_tender_is_asked_for_approved_and_handed_over(system: System) -> None:
    zhangsan, lixia, zhaoliu, qianwu = system.people(*EVERYBODY)
    before = system.stock("BG-001")
    on_hand = before["on_hand"]

    asked = zhangsan.says("领5包A4纸 用于投标").offering("confirm")
    assert asked["A4打印纸"] == f"−5 包:现存 {on_hand} → {on_hand - 5}"
    assert (asked["仓库"], asked["用途"], asked["参考金额"]) == ("主仓", "投标", "¥90.00")
    assert asked.buttons == {"confirm": "确认", "cancel": "取消"}
    assert system.stock("BG-001") == before, "showing a card changes nothing"

    order = zhangsan.confirms(asked)
    card = lixia.gets(order, "approve")
    assert "张三" in card.text
    assert "投标" in card.text
    assert "¥90.00" in card.text
    assert f"现存 {on_hand} → {on_hand - 5}" in card["A4打印纸"]
    assert "主管" in card["为什么找您"]
    held = system.stock("BG-001")
    assert (held["on_hand"], held["available"]) == (on_hand, before["available"] - 5)

    lixia.taps(card, "approve")
    picking = zhaoliu.gets(order, "hand_over")
    assert f"−5 包:现存 {on_hand} → {on_hand - 5}" in picking.text
    assert zhangsan.hears(f"{order} 已批准")
    assert qianwu.gets(order, "hand_over"), "every keeper may hand it over"

    zhaoliu.taps(picking, "hand_over")
    system.reaches(order, "FULFILLED")
    assert zhangsan.hears(f"{order} 已发料完成")
    for person in (zhangsan, lixia, zhaoliu, qianwu):
        final(person.waits(order, "done", "已发料"), "done", "已发料")
    after = system.stock("BG-001")
    assert after == {
        **before,
        "on_hand": on_hand - 5,
        "available": before["available"] - 5,
    }
    (entry,) = system.entries(order)
    assert (entry.movement, entry.quantity.value) == ("requisition_issue", "-5")
    assert Decimal(entry.on_hand_after.value) == on_hand - 5
    assert f"现存 {on_hand - 5}" in zhangsan.says("A4纸还有多少").card.text
    assert order in zhangsan.says("A4纸 流水").card.text
    assert order in zhangsan.says("我的领用单").card.text


def test_who_chose_english_is_spoken_to_in_english_and_nobody_else_is(system: System) -> None:
    linbo, wangzong, zhaoliu = system.people("linbo", "wangzong", "zhaoliu")
    choose_english(system, "linbo")
    try:
        _english_journey(system, linbo, wangzong, zhaoliu)
    finally:
        choose_language(system, "linbo", "zh")


def _english_journey(system: System, linbo: Person, wangzong: Person, zhaoliu: Person) -> None:
    asked = linbo.says("request 5 staplers for the trade fair")
    assert all(text.isascii() for text in asked.texts), asked.texts
    card = asked.offering("confirm")
    assert "Stapler" in card.text
    assert "the trade fair" in card.text
    assert "¥60.00" in card.text
    order = linbo.confirms(card)
    asking = wangzong.gets(order, "approve")
    assert asking["订书机"]
    wangzong.taps(asking, "approve")
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    (mine,) = linbo.waits(order, "done")
    # Departments and units are the company's own words, which the demo company has in Chinese only.
    said = mine.text.replace("生产部", "").replace("5 个", "5")
    chinese = [sign for sign in said if "一" <= sign <= "鿿"]
    assert not chinese, mine.text
    assert linbo.hears(f"{order}")
    assert wangzong.waits(order, "done", "已发料")


def test_a_small_requisition_needs_nobody_and_the_card_says_so(system: System) -> None:
    hefeng, linbo, zhaoliu = system.people("hefeng", "linbo", "zhaoliu")
    before = system.stock("BG-003")["on_hand"]
    order = hefeng.orders("领2支黑笔")
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    (card,) = hefeng.waits(order, "done", "已发料")
    assert "免审批" in card["审批"]
    assert linbo.cards(order) == []
    assert system.stock("BG-003")["on_hand"] == before - 2


def test_a_large_requisition_needs_the_manager_then_finance_and_shows_serial_numbers(system: System) -> None:
    sunli, zhoujie, chenmin, zhaoliu = system.people("sunli", "zhoujie", "chenmin", "zhaoliu")
    before = system.stock("IT-005")["on_hand"]
    order = sunli.orders("领2台显示器 用于设计")
    first = zhoujie.gets(order, "approve")
    assert "¥2,900.00" in first.text
    assert chenmin.cards(order) == [], "finance is asked after the manager"
    zhoujie.taps(first, "approve")
    second = chenmin.gets(order, "approve")
    assert "财务" in second["为什么找您"] or "finance" in second["为什么找您"]
    assert zhaoliu.cards(order) == []
    chenmin.taps(second, "approve")
    picking = zhaoliu.gets(order, "hand_over")
    serials = picking.values("序列号")
    assert len(serials) == 2
    assert all(serial.startswith("IT-005-SN") for serial in serials)
    zhaoliu.taps(picking, "hand_over")
    system.reaches(order, "FULFILLED")
    gone = sorted(entry.serial for entry in system.entries(order))
    assert gone == sorted(serial.split(" ")[0] for serial in serials)
    assert system.stock("IT-005")["on_hand"] == before - 2
    (card,) = sunli.waits(order, "done", "已发料")
    decided = card.values("审批")
    assert [name in said for name, said in zip(("周杰", "陈敏"), decided, strict=True)] == [True, True]


def test_a_sample_needs_its_purpose_and_the_manager_however_cheap_it_is(system: System) -> None:
    wujing, zhengkai, zhaoliu = system.people("wujing", "zhengkai", "zhaoliu")
    before = system.stock("SP-009")["on_hand"]
    asked = wujing.says("送样品 可乐1箱")
    assert asked.says("用途")
    assert not [card for card in asked.cards if card.buttons]
    order = wujing.orders("从主仓送样品 可乐 1箱 用于 客户品尝")
    assert order.startswith("YP")
    card = zhengkai.gets(order, "approve")
    assert "客户品尝" in card.text
    zhengkai.taps(card, "approve")
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    assert system.stock("SP-009")["on_hand"] == before - 24
    assert {entry.movement for entry in system.entries(order)} == {"sample_issue"}


def test_what_is_returned_comes_back_to_the_stock_when_the_keeper_takes_it(system: System) -> None:
    zhangsan, lixia, zhaoliu, qianwu = system.people(*EVERYBODY)
    before = system.stock("IT-003")["on_hand"]
    asked = zhangsan.says("退2个鼠标").offering("confirm")
    assert asked["无线鼠标"] == f"+2 个:现存 {before} → {before + 2}"
    order = zhangsan.confirms(asked)
    assert order.startswith("TL")
    card = zhaoliu.gets(order, "hand_over")
    assert card.buttons["hand_over"] == "收料"
    assert system.stock("IT-003")["on_hand"] == before
    zhaoliu.taps(card, "hand_over")
    system.reaches(order, "FULFILLED")
    assert system.stock("IT-003")["on_hand"] == before + 2
    assert system.moved(order) == 2
    for person in (zhangsan, zhaoliu, qianwu):
        final(person.waits(order, "done", "已收料"), "done", "已收料")
    assert lixia.cards(order) == []


def test_a_return_that_is_not_brought_is_closed_by_the_keeper(system: System) -> None:
    zhangsan, zhaoliu, qianwu = system.people("zhangsan", "zhaoliu", "qianwu")
    before = system.stock("IT-003")
    order = zhangsan.orders("退1个鼠标")
    card = zhaoliu.gets(order, "close")
    assert "没有领用记录" in card["注意"]
    zhaoliu.taps(card, "close")
    system.reaches(order, "CANCELLED")
    assert zhangsan.hears(f"{order} 的退料由赵六关闭")
    for person in (zhangsan, zhaoliu, qianwu):
        assert all(not one.buttons for one in person.waits(order, "closed"))
    assert system.stock("IT-003") == before


def test_a_refusal_in_words_tells_the_reason_and_frees_the_goods(system: System) -> None:
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    before = system.stock("BG-001")
    order = zhangsan.orders("领6包A4纸")
    lixia.gets(order, "reject")
    answer = lixia.says(f"驳回 {order[2:]} 数量写错")
    assert answer.says(f"已拒绝 {order}")
    assert "数量写错" in zhangsan.hears(f"{order} 被 李霞 拒绝了")
    final(zhangsan.waits(order, "refused", "已拒绝"), "refused", "已拒绝")
    final(lixia.waits(order, "refused", "已拒绝"), "refused", "已拒绝")
    assert "数量写错" in zhangsan.cards(order)[-1]["原因"]
    assert system.state(order) == "REJECTED"
    assert zhaoliu.cards(order) == []
    assert system.entries(order) == []
    wait_stock(system, "BG-001", before)


def test_who_withdraws_a_request_frees_what_was_kept_for_it(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    before = system.stock("BG-001")
    order = zhangsan.orders("领7包A4纸")
    lixia.gets(order, "approve")
    held = {**before, "reserved": before["reserved"] + 7, "available": before["available"] - 7}
    wait_stock(system, "BG-001", held)
    asked = zhangsan.says(f"撤销 {order[2:]}").offering("confirm")
    assert "确认撤回" in asked.buttons.values()
    zhangsan.taps(asked, "confirm")
    system.reaches(order, "CANCELLED")
    assert zhangsan.hears(f"{order} 已撤回")
    final(zhangsan.waits(order, "closed", "已撤回"), "closed", "已撤回")
    for card in lixia.waits(order, "closed"):
        assert dict(card.buttons) == {}
    wait_stock(system, "BG-001", before)
    assert system.entries(order) == []


def test_a_case_of_water_is_24_bottles_of_the_lot_that_expires_first(system: System) -> None:
    hefeng, zhaoliu = system.people("hefeng", "zhaoliu")
    before = system.stock("SP-008")["on_hand"]
    asked = hefeng.says("从主仓领1箱矿泉水").offering("confirm")
    assert f"−24 瓶:现存 {before} → {before - 24}" in asked["矿泉水"]
    assert "1 箱" in asked["矿泉水"]
    order = hefeng.confirms(asked)
    picking = zhaoliu.gets(order, "hand_over")
    (lot,) = picking.values("批次")
    assert lot.startswith("SP-008-L1 · 24 瓶")
    assert "有效期至" in lot
    zhaoliu.taps(picking, "hand_over")
    system.reaches(order, "FULFILLED")
    assert [(entry.lot, entry.quantity.value) for entry in system.entries(order)] == [("SP-008-L1", "-24")]


def test_what_one_lot_cannot_give_comes_from_the_next_to_expire(system: System) -> None:
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("从冷库领20板鸡蛋")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    picking = zhaoliu.gets(order, "hand_over")
    lots = [value.rpartition(" · ")[0] for value in picking.values("批次")]
    assert lots == ["SP-006-L1 · 16 板", "SP-006-L2 · 4 板"]
    zhaoliu.taps(picking, "hand_over")
    system.reaches(order, "FULFILLED")
    assert {entry.lot: entry.quantity.value for entry in system.entries(order)} == {
        "SP-006-L1": "-16",
        "SP-006-L2": "-4",
    }


def test_goods_come_from_the_main_warehouse_where_no_other_is_named(system: System) -> None:
    # The shop floor has them too, and its code comes first in the alphabet.
    zhangsan = system.person("zhangsan")
    asked = zhangsan.says("领2包抽纸").offering("confirm")
    zhangsan.taps(asked, "cancel")
    assert asked["仓库"] == "主仓"


def test_several_lines_are_one_order_and_one_document(system: System) -> None:
    zhangsan, lixia, zhaoliu = system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("我要5支黑笔和2个文件夹,还有10顶安全帽")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    taken = {(entry.item, entry.line): entry.quantity.value for entry in system.entries(order)}
    assert taken == {("BG-003", 1): "-5", ("BG-007", 2): "-2", ("LB-002", 3): "-10"}


@pytest.mark.parametrize("action", ["withdraw", "remind"])
def test_the_status_card_of_what_waits_has_working_buttons(system: System, action: str) -> None:
    sentence = "从主仓领30包抽纸"
    zhangsan, lixia = system.people("zhangsan", "lixia")
    order = zhangsan.orders(sentence)
    lixia.gets(order, "approve")
    eventually(lambda: "李霞" in zhangsan.cards(order)[0].text, "the status card says who decides")
    (card,) = zhangsan.cards(order)
    assert set(card.buttons) == {"withdraw", "remind"}
    assert "李霞" in card["等待"]
    if action == "remind":
        zhangsan.taps(card, action)
        assert lixia.hears("催办")
    offered = zhangsan.taps(zhangsan.again(card), "withdraw")
    assert system.state(order) == "PENDING_APPROVAL", "nothing happens before it is confirmed"
    assert "释放已占用 30 包" in offered.offering("confirm").text
    assert zhangsan.taps(offered.offering("confirm"), "confirm").says(f"已撤回 {order}")
    system.reaches(order, "CANCELLED")


def wait_stock(system: System, item: str, figures: dict[str, Decimal]) -> None:
    """Wait until the figures of an item in the main warehouse are these."""
    eventually(lambda: system.stock(item) == figures, f"{item} becomes {figures}")


def test_a_person_is_named_as_the_company_knows_them(system: System) -> None:
    named: Person = system.person("张三")
    assert named.says("你能做什么").cards
