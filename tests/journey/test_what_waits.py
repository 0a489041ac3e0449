"""What waits for a person: counted, oldest first, one live copy each, with figures that are true."""

from __future__ import annotations

from tests.journey.person import Card
from tests.journey.system import System, eventually


def test_the_figures_of_a_hand_over_are_those_of_the_moment_it_happens(own_system: System) -> None:
    zhangsan, lixia, zhaoliu, qianwu = own_system.people("zhangsan", "lixia", "zhaoliu", "qianwu")
    first, second = zhangsan.orders("领5包A4纸"), zhangsan.orders("领7包A4纸")
    for order in (first, second):
        lixia.taps(lixia.gets(order, "approve"), "approve")
    early, late = zhaoliu.gets(first, "hand_over"), zhaoliu.gets(second, "hand_over")
    before = int(own_system.stock("BG-001")["on_hand"])
    assert (
        f"{before} → {before - 7}"
        in eventually(
            lambda: now if f"现存 {before} →" in (now := zhaoliu.again(late)).text else None,
            "drawn with its figures",
        ).text
    )
    zhaoliu.taps(early, "hand_over")
    zhaoliu.taps(late, "hand_over")
    own_system.reaches(second, "FULFILLED")
    for keeper in (zhaoliu, qianwu):
        true = f"−7 包:现存 {before - 5} → {before - 12}"
        eventually(lambda: true in keeper.cards(second)[-1].text, "the figures of the ledger")  # noqa: B023


def test_what_waits_is_counted_oldest_first_and_has_one_live_copy(own_system: System) -> None:
    hefeng, linbo = own_system.people("hefeng", "linbo")
    orders = [hefeng.orders(f"领{number}顶安全帽 用于换新") for number in range(3, 8)]
    orders += [hefeng.orders(f"领{number}个护目镜 用于换新") for number in (4, 4, 4, 4, 4, 4, 4)]
    for order in orders:
        linbo.gets(order, "approve")
    listed = linbo.says("待办")
    assert listed.says("共 12 张单据等您处理,先来的在前。这里是第 1–10 张")
    assert [card.number for card in listed.cards if "approve" in card.buttons] == orders[:10]
    rest = linbo.taps(listed.offering("more"), "more")
    assert rest.says("这里是第 11–12 张")
    assert [card.number for card in rest.cards if "approve" in card.buttons] == orders[10:]
    for order in orders:
        eventually(lambda: len(live(linbo.cards(order))) == 1, f"one copy of {order} can be tapped")  # noqa: B023
    mine = hefeng.says("我的单据").card
    assert "共 12 张" in mine.text
    assert [label.split()[-1] for label, _ in mine.lines] == orders[:1:-1]
    for order in orders:
        linbo.taps(linbo.gets(order, "reject"), "reject")
        own_system.reaches(order, "REJECTED")
        assert all("已拒绝" in card.stamp for card in linbo.waits(order, "refused"))


def test_a_keeper_calls_up_what_is_to_be_handed_over(own_system: System) -> None:
    zhangsan, lixia, zhaoliu = own_system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("领6包A4纸")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    zhaoliu.gets(order, "hand_over")
    called = [card for card in zhaoliu.says("待办").cards if card.number == order]
    assert [dict(card.buttons) for card in called] == [{"hand_over": "发料"}]
    zhaoliu.taps(called[0], "hand_over")
    own_system.reaches(order, "FULFILLED")
    assert len(zhaoliu.waits(order, "done", "已发料")) == 2


def test_a_bare_word_hands_over_only_what_was_shown_last(own_system: System) -> None:
    zhangsan, lixia, zhaoliu = own_system.people("zhangsan", "lixia", "zhaoliu")
    order = zhangsan.orders("领6包A4纸")
    lixia.taps(lixia.gets(order, "approve"), "approve")
    zhaoliu.gets(order, "hand_over")
    zhaoliu.says("A4纸还有多少")
    assert [card.number for card in zhaoliu.says("发料").cards] == [order]
    assert own_system.state(order) == "APPROVED"
    assert zhaoliu.says("发料").says("已发料")
    own_system.reaches(order, "FULFILLED")


def test_help_tells_a_keeper_how_goods_are_handed_over(own_system: System) -> None:
    zhangsan, zhaoliu = own_system.people("zhangsan", "zhaoliu")
    assert zhaoliu.says("帮助").card["发料和收料"].startswith("「待办」「发料 1027」")
    assert "发料和收料" not in zhangsan.says("帮助").card.text


def test_a_bare_word_hands_nothing_over_where_several_documents_wait(own_system: System) -> None:
    zhangsan, lixia, qianwu = own_system.people("zhangsan", "lixia", "qianwu")
    goods, back = zhangsan.orders("领4包A4纸 用于会议"), zhangsan.orders("退1个订书机")
    lixia.taps(lixia.gets(goods, "approve"), "approve")
    qianwu.gets(goods, "hand_over")
    qianwu.gets(back, "hand_over")
    other = zhangsan.orders("领1支红笔")
    qianwu.gets(other, "hand_over")
    listed = {card.number for card in qianwu.says("发料").cards}
    assert {goods, back, other} <= listed
    assert not qianwu.says(f"发料 {back[2:]}").says("已收料")
    assert own_system.state(goods) == own_system.state(back) == own_system.state(other) == "APPROVED"
    assert qianwu.says(f"发料 {other[2:]}").says("已发料")
    own_system.reaches(other, "FULFILLED")


def test_a_word_of_assent_that_meets_no_card_does_not_pass_for_a_confirmation(own_system: System) -> None:
    (zhangsan,) = own_system.people("zhangsan")
    zhangsan.says("领4包A4纸 用于会议")
    for said in ("好的", "ok", "是的"):
        assert zhangsan.says(said).says("没有提交任何东西")
    assert zhangsan.says("确认").says("已提交")
    assert zhangsan.says("确认").says("没有提交任何东西")


def test_a_refusal_with_the_tap_says_why(own_system: System) -> None:
    zhangsan, lixia = own_system.people("zhangsan", "lixia")
    order = zhangsan.orders("领8包A4纸")
    card = lixia.gets(order, "reject")
    told = own_system.command("tap", "--as", "李霞", card.id, "reject", "--reason", "预算没批")
    assert "已拒绝" in told.stdout
    assert zhangsan.hears(f"{order} 被 李霞 拒绝了:预算没批")


def test_a_card_nobody_has_is_a_failure_of_the_command(own_system: System) -> None:
    told = own_system.command("tap", "--as", "lixia", "no-such-card", "approve", check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert "已失效" in told.stderr


def live(cards: list[Card]) -> list[Card]:
    """Those that can be tapped."""
    return [card for card in cards if card.buttons]
