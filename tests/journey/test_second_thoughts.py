"""Second thoughts: what was just asked for is put right in words, before it is confirmed."""

from __future__ import annotations

import pytest

from tests.journey.system import System, eventually


def test_another_quantity_makes_a_new_card_and_the_old_one_cannot_be_confirmed(system: System) -> None:
    zhangsan = system.person("zhangsan")
    before = system.orders_of("zhangsan")
    first = zhangsan.says("领6包A4纸 用于投标").offering("confirm")
    second = zhangsan.says("不对,是3包").offering("confirm")
    assert "−3 包" in second["A4打印纸"]
    assert second["用途"] == "投标"
    eventually(lambda: zhangsan.again(first).state == "closed", "the end of the first card")
    zhangsan.taps(first, "confirm")
    assert system.orders_of("zhangsan") == before
    zhangsan.taps(second, "cancel")


def test_one_line_of_several_is_put_right_by_its_name(system: System) -> None:
    zhangsan = system.person("zhangsan")
    zhangsan.says("领2包A4纸和3卷胶带").offering("confirm")
    assert zhangsan.says("改成5").says("要改哪一样")
    card = zhangsan.says("胶带改成5卷").offering("confirm")
    assert "−5 卷" in card["透明胶带"]
    assert "−2 包" in card["A4打印纸"]
    zhangsan.taps(card, "cancel")


def test_a_difference_changes_what_stands_on_the_card(system: System) -> None:
    zhangsan = system.person("zhangsan")
    zhangsan.says("领2包A4纸和3卷胶带").offering("confirm")
    assert zhangsan.says("少要一个").says("要改哪一样")
    card = zhangsan.says("胶带少要一卷").offering("confirm")
    assert "−2 卷" in card["透明胶带"]
    card = zhangsan.says("A4纸多要1箱").offering("confirm")
    assert "−10 包" in card["A4打印纸"]
    card = zhangsan.says("A4纸减到4包").offering("confirm")
    assert "−4 包" in card["A4打印纸"]
    assert zhangsan.says("A4纸减5包").says("A4打印纸 现在是 4 包")
    card = zhangsan.says("胶带减2卷").offering("confirm")
    assert "胶带" not in card.text
    card = zhangsan.says("再加两包").offering("confirm")
    assert "−6 包" in card["A4打印纸"]
    zhangsan.taps(card, "cancel")
    assert zhangsan.says("再加两包").says("没有等您确认的申请")


def test_two_more_are_not_two(system: System) -> None:
    hefeng = system.person("hefeng")
    hefeng.says("I need 3 staplers").offering("confirm")
    card = hefeng.says("make it two more").offering("confirm")
    assert card.text.count("−5") == 1
    card = hefeng.says("one less").offering("confirm")
    assert card.text.count("−4") == 1
    hefeng.taps(card, "cancel")


def test_goods_that_are_not_wanted_any_more_leave_the_card(system: System) -> None:
    zhangsan = system.person("zhangsan")
    first = zhangsan.says("领2包A4纸和3卷胶带").offering("confirm")
    card = zhangsan.says("胶带不要了").offering("confirm")
    assert "−2 包" in card["A4打印纸"]
    assert "胶带" not in card.text
    eventually(lambda: zhangsan.again(first).state == "closed", "the end of the first card")
    assert zhangsan.says("去掉A4纸").says("已取消")
    eventually(lambda: zhangsan.again(card).state == "closed", "the end of the card without goods")


def test_what_is_wanted_as_well_joins_the_card_that_was_shown_last(system: System) -> None:
    zhangsan = system.person("zhangsan")
    first = zhangsan.says("领2包A4纸").offering("confirm")
    card = zhangsan.says("再加一个订书机").offering("confirm")
    assert "−2 包" in card["A4打印纸"]
    assert "−1 个" in card["订书机"]
    eventually(lambda: zhangsan.again(first).state == "closed", "the end of the first card")
    both = zhangsan.says("再来两包A4纸").offering("confirm")
    assert "−4 包" in both["A4打印纸"]
    zhangsan.taps(both, "cancel")
    alone = zhangsan.says("再加一个订书机").offering("confirm")
    assert "A4打印纸" not in alone.text
    zhangsan.taps(alone, "cancel")


def test_what_is_wanted_as_well_is_kept_while_a_quantity_is_asked_for(system: System) -> None:
    zhangsan = system.person("zhangsan")
    assert zhangsan.says("领A4纸").says("要多少")
    assert zhangsan.says("再加一个订书机").says("要多少")
    card = zhangsan.says("3包").offering("confirm")
    assert "−3 包" in card["A4打印纸"]
    assert "−1 个" in card["订书机"]
    zhangsan.taps(card, "cancel")


def test_a_name_that_nobody_knows_does_not_cost_the_rest(system: System) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("领3包A4纸、1个火星石和2卷胶带").offering("confirm")
    assert "−3 包" in card["A4打印纸"]
    assert "−2 卷" in card["透明胶带"]
    assert "没有找到「火星石」" in card.text
    zhangsan.taps(card, "cancel")


def test_the_card_that_was_just_shown_is_what_is_taken_back(system: System) -> None:
    zhangsan = system.person("zhangsan")
    placed = system.orders_of("zhangsan")
    card = zhangsan.says("领2包A4纸").offering("confirm")
    assert zhangsan.says("刚才那个取消").says("已取消")
    eventually(lambda: zhangsan.again(card).state == "closed", "the end of the card")
    assert system.orders_of("zhangsan") == placed


def test_a_choice_and_a_question_are_cancelled_by_the_word(system: System) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("领5支笔").offering("choose_1")
    zhangsan.says("取消")
    eventually(lambda: zhangsan.again(card).state == "closed", "the end of the choice")
    assert zhangsan.says("领A4纸").says("要多少")
    assert zhangsan.says("取消").says("已取消")
    assert not zhangsan.says("3包").says("确认")


def test_what_goods_are_for_may_be_said_later(system: System) -> None:
    zhangsan = system.person("zhangsan")
    zhangsan.says("领2包A4纸").offering("confirm")
    card = zhangsan.says("用途写投标").offering("confirm")
    assert card["用途"] == "投标"
    zhangsan.taps(card, "cancel")


@pytest.mark.parametrize("words", ["算了不要了", "never mind"])
def test_never_mind_cancels_the_card_that_waits(system: System, words: str) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("领2包A4纸").offering("confirm")
    zhangsan.says(words)
    eventually(lambda: zhangsan.again(card).state == "closed", "the end of the card")


def test_a_quantity_that_was_asked_for_may_be_said_as_a_correction(system: System) -> None:
    zhangsan = system.person("zhangsan")
    assert zhangsan.says("领A4纸").says("要多少")
    card = zhangsan.says("改成4包").offering("confirm")
    assert "−4 包" in card["A4打印纸"]
    zhangsan.taps(card, "cancel")


def test_nothing_that_was_placed_is_changed_by_a_sentence(system: System) -> None:
    wujing = system.person("wujing")
    wujing.taps(wujing.says("领1个文件夹").offering("cancel"), "cancel")
    assert wujing.says("不对,是3个").says("没有等您确认的申请")


def test_why_goods_come_back_stands_on_the_card(system: System) -> None:
    hefeng = system.person("hefeng")
    card = hefeng.says("退2个文件夹,夹子松了").offering("cancel")
    assert card["退回原因"] == "夹子松了"
    hefeng.taps(card, "cancel")


def test_why_goods_are_wanted_is_noted_and_no_excuse_is_made_for_it(system: System) -> None:
    zhangsan = system.person("zhangsan")
    card = zhangsan.says("胶带没了,再领两卷").offering("confirm")
    assert "−2 卷" in card["透明胶带"]
    assert card["用途"] == "胶带没了"
    assert "不能自动安排" not in card.text
    zhangsan.taps(card, "cancel")
    card = zhangsan.says("领2卷胶带 用于打包,因为胶带没了").offering("confirm")
    assert card["用途"] == "打包(备注:胶带没了)"
    zhangsan.taps(card, "cancel")


def test_the_same_again_is_a_card_like_the_last_one(system: System) -> None:
    qianwu, wangzong = system.people("qianwu", "wangzong")
    assert qianwu.says("跟上次一样").says("还没有可以照着再来一份")
    order = qianwu.orders("领2盒订书钉和1个订书机 用于培训")
    card = qianwu.says("老样子").offering("confirm")
    assert "−2 盒" in card["订书钉"]
    assert "−1 个" in card["订书机"]
    assert f"照 {order} 再来一份" in card.text
    assert "培训" not in card.text, "what it is for is not guessed"
    card = qianwu.says("改成3盒订书钉").offering("confirm")
    assert "−3 盒" in card["订书钉"]
    qianwu.taps(card, "cancel")
    named = qianwu.says(f"repeat {order}").offering("confirm")
    assert named.text.count("−2") == 1
    qianwu.taps(named, "cancel")
    assert wangzong.says("照999999再来一份").says("没有找到")


def test_the_purpose_may_be_said_as_people_say_it(system: System) -> None:
    zhangsan = system.person("zhangsan")
    zhangsan.says("领2包A4纸").offering("confirm")
    card = zhangsan.says("用于投标").offering("confirm")
    assert card["用途"] == "投标"
    zhangsan.taps(card, "cancel")
