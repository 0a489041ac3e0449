"""When the bot is not sure or the goods are not there: it asks, offers, and never posts a guess."""

from __future__ import annotations

from tests.journey.system import System


def nothing_to_tap(answer_cards: tuple[object, ...]) -> bool:
    """Whether no card with a button came."""
    return not any(getattr(card, "buttons", None) for card in answer_cards)


def test_a_missing_quantity_is_asked_for_and_never_guessed(system: System) -> None:
    zhangsan = system.person("zhangsan")
    before = system.orders_of("zhangsan")
    answer = zhangsan.says("领A4纸")
    assert answer.says("要多少")
    assert nothing_to_tap(answer.cards)
    assert system.orders_of("zhangsan") == before


def test_a_quantity_in_a_unit_the_item_lacks_is_answered_with_its_units(system: System) -> None:
    answer = system.person("zhangsan").says("领3吨A4纸")
    assert nothing_to_tap(answer.cards)
    assert answer.says("包")


def test_an_ambiguous_word_gives_a_choice_and_the_choice_becomes_the_confirm_card(system: System) -> None:
    hefeng, zhaoliu = system.people("hefeng", "zhaoliu")
    choice = hefeng.says("领 螺栓 20个").offering("choose_1")
    assert {"choose_1", "choose_2", "cancel"} == set(choice.buttons)
    number = next(n for n in (1, 2) if "M6" in choice.buttons[f"choose_{n}"])
    chosen = hefeng.taps(choice, f"choose_{number}").offering("confirm")
    assert "−20 个" in chosen["内六角螺栓M6"]
    assert [card.id for card in hefeng.sees().cards if card.id == choice.id] == [chosen.id]
    order = hefeng.confirms(chosen)
    zhaoliu.taps(zhaoliu.gets(order, "hand_over"), "hand_over")
    system.reaches(order, "FULFILLED")
    assert {entry.item for entry in system.entries(order)} == {"WJ-002"}


def test_none_of_the_candidates_means_nothing_happens(system: System) -> None:
    hefeng = system.person("hefeng")
    before = system.orders_of("hefeng")
    choice = hefeng.says("领 螺栓 30个").offering("cancel")
    hefeng.taps(choice, "cancel")
    assert (hefeng.again(choice).state, dict(hefeng.again(choice).buttons)) == ("closed", {})
    assert system.orders_of("hefeng") == before


def test_a_cancelled_confirm_card_places_no_order_even_when_it_is_tapped_again(system: System) -> None:
    zhangsan = system.person("zhangsan")
    before = system.orders_of("zhangsan")
    card = zhangsan.says("领3包A4纸").offering("confirm")
    zhangsan.taps(card, "cancel")
    late = zhangsan.taps(card, "confirm")
    assert late.says("已经处理过")
    assert system.orders_of("zhangsan") == before


def test_more_than_there_is_cannot_be_confirmed_but_the_rest_can_be_taken(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    there = system.stock("CP-001")
    card = zhangsan.says("领100张工作台").offering("cancel")
    assert "confirm" not in card.buttons
    assert "缺 93 张" in card.text
    before = system.orders_of("zhangsan")
    zhangsan.taps(card, "confirm")
    assert system.orders_of("zhangsan") == before
    less = zhangsan.taps(card, "choose_1").offering("confirm")
    assert less.id == card.id
    assert f"−7 张:现存 {there['on_hand']} → 0" in less.text
    order = zhangsan.confirms(less)
    lixia.gets(order, "reject")
    lixia.taps(lixia.gets(order, "reject"), "reject")
    system.reaches(order, "REJECTED")
    assert system.entries(order) == []


def test_what_was_taken_meanwhile_is_noticed_when_the_card_is_tapped(system: System) -> None:
    zhangsan, sunli, lixia = system.people("zhangsan", "sunli", "lixia")
    mine = zhangsan.says("领5套物料架").offering("confirm")
    theirs = sunli.says("领4套物料架").offering("confirm")
    first = zhangsan.confirms(mine)
    lixia.gets(first, "approve")
    # The hold is placed by event; it is there before anybody decides.
    before = system.orders_of("sunli")
    late = sunli.taps(theirs, "confirm")
    assert late.says("内容有变化"), late
    changed = sunli.again(theirs)
    assert "confirm" not in changed.buttons
    assert "库存" in changed.text
    assert system.orders_of("sunli") == before
    lixia.taps(lixia.gets(first, "reject"), "reject")
    system.reaches(first, "REJECTED")


def test_a_confirmation_after_another_card_came_in_shows_the_own_card_again(system: System) -> None:
    lixia, zhangsan = system.people("lixia", "zhangsan")
    lixia.says("领3包A4纸 用于会议").offering("confirm")
    lixia.gets(zhangsan.orders("领4包A4纸 用于投标"), "approve")
    before = system.orders_of("lixia")
    again = lixia.says("确认")
    assert again.says("还没有提交")
    assert "−3 包" in again.offering("confirm").text
    assert system.orders_of("lixia") == before
    assert lixia.says("确认").says("已提交")
    assert len(system.orders_of("lixia")) == len(before) + 1


def test_a_missing_purpose_is_asked_for_and_the_answer_goes_on(system: System) -> None:
    wujing = system.person("wujing")
    asked = wujing.says("送2个鼠标做样品")
    assert asked.says("用途")
    card = wujing.says("用于: 客户展会").offering("confirm")
    assert card["用途"] == "客户展会"
    wujing.taps(card, "cancel")
    assert not wujing.says("客户展会").cards[-1].buttons, "nothing waits for a purpose any more"


def test_small_talk_is_not_a_command(system: System) -> None:
    zhangsan = system.person("zhangsan")
    before = system.orders_of("zhangsan")
    for sentence in ("明天开会吗", "领带多少钱", "我同意", "你好", "5", "?"):
        assert nothing_to_tap(zhangsan.says(sentence).cards), sentence
    assert system.orders_of("zhangsan") == before


def test_hostile_text_is_shown_as_text_and_does_nothing(system: System) -> None:
    zhangsan, lixia = system.people("zhangsan", "lixia")
    purpose = "展会 <img src=x onerror=alert(1)>' OR 1=1 展品"
    card = zhangsan.says(f"领6包A4纸 用于 {purpose}").offering("confirm")
    assert card["用途"] == purpose
    order = zhangsan.confirms(card)
    asked = lixia.gets(order, "reject")
    assert asked["用途"] == purpose
    lixia.taps(asked, "reject")
    system.reaches(order, "REJECTED")
