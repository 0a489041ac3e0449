"""What is said beside the goods, said twice, or said when asked: it is told on the card and never lost."""

from __future__ import annotations

from tests.journey.system import System


def test_whom_and_when_are_told_on_the_card_and_written_on_the_order(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    card = zhangsan.says("帮李霞领6包A4纸,明天要 用于投标").offering("confirm")
    assert "帮李霞、明天要" in card.text
    assert card["用途"] == "投标(备注:帮李霞、明天要)"
    order = zhangsan.confirms(card)
    asked = lixia.gets(order, "reject")
    assert asked["用途"] == "投标(备注:帮李霞、明天要)"
    lixia.taps(asked, "reject")
    system.reaches(order, "REJECTED")


def test_lines_of_one_item_are_one_line_that_can_be_confirmed(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    card = zhangsan.says("领A4纸5包;A4纸1箱").offering("confirm")
    assert "5 包 + 1 箱 = 13 包" in card.text
    order = zhangsan.confirms(card)
    lixia.taps(lixia.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")


def test_an_amount_per_person_is_asked_for_in_total_and_the_answer_goes_on(system: System) -> None:
    zhangsan = system.person("zhangsan")
    asked = zhangsan.says("每人领1包A4纸 用于投标")
    assert asked.says("总数")
    assert not any(card.buttons for card in asked.cards)
    card = zhangsan.says("20包").offering("confirm")
    assert "−20 包" in card["A4打印纸"]
    assert card["用途"] == "投标"
    zhangsan.taps(card, "cancel")


def test_a_choice_is_kept_when_the_quantity_is_asked_for_afterwards(system: System) -> None:
    hefeng = system.person("hefeng")
    choice = hefeng.says("领 螺栓").offering("choose_1")
    number = next(n for n in (1, 2) if "M6" in choice.buttons[f"choose_{n}"])
    assert hefeng.taps(choice, f"choose_{number}").says("要多少")
    card = hefeng.says("20个").offering("confirm")
    assert "−20 个" in card["内六角螺栓M6"]
    hefeng.taps(card, "cancel")


def test_an_amount_answers_only_the_question_that_was_asked_last(system: System) -> None:
    zhangsan = system.person("zhangsan")
    zhangsan.says("领A4纸")
    zhangsan.says("可乐还有多少")
    assert not any("confirm" in card.buttons for card in zhangsan.says("5包").cards)


def test_what_a_unit_cannot_be_divided_into_is_told_with_the_smallest_step(system: System) -> None:
    answer = system.person("zhangsan").says("领0.5包A4纸")
    assert answer.says("最小以 1 包 计")
    assert not any(card.buttons for card in answer.cards)


def test_courtesies_are_answered_in_a_word_and_bare_decisions_only_show_what_waits(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    assert zhangsan.says("谢谢").says("不客气")
    assert zhangsan.says("你好").cards == ()
    order = zhangsan.confirms(zhangsan.says("领6包A4纸").offering("confirm"))
    lixia.gets(order, "approve")
    shown = lixia.says("同意").offering("approve")
    assert system.entries(order) == []
    lixia.taps(shown, "reject")
    system.reaches(order, "REJECTED")
