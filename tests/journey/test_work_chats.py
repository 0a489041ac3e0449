"""The same journey through each work chat and across several of them at once."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.chat import FakeChat
from tests.fakes.dingtalk import DingTalkFake
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_platform import Refused
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_bot import FakeWecomBot
from tests.journey.chats import MOBILES, Chats, accounts_table, addresses_table, know_addresses
from tests.journey.system import System
from tests.journey.test_request_journey import choose_english, choose_language

# Of each product the accounts of a requester, their manager and a keeper.
ACCOUNTS = {
    "wecom": ("ZhangSan", "lisi", "wangwu"),
    "wecom-bot": ("woZhang3", "woLi4", "woWang5"),
    "dingtalk": ("0101", "0102", "0103"),
    "feishu": ("ou_" + "a1" * 16, "ou_" + "b2" * 16, "ou_" + "c3" * 16),
    "slack": ("U0ZHANG001", "U0LI000001", "U0WANG0001"),
}
# Of each product that has them a group, as its fake names them.
GROUPS = {"wecom-bot": "wrGroup1", "dingtalk": "cidGroup1", "feishu": "group1", "slack": "C0STORE001"}
PEOPLE = ("zhangsan", "lixia", "zhaoliu")
NUMBER = re.compile(r"LY\d+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
JPEG = b"\xff\xd8\xff\xe0"
CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chats]:
    """A fake of each product."""
    every: list[FakeChat] = [FakeWecom(), FakeWecomBot(), DingTalkFake(), FakeFeishu(), FakeSlack()]
    fakes = Chats(every, tmp_path_factory.mktemp("chats"))
    try:
        yield fakes
    finally:
        fakes.stop()


@pytest.fixture(scope="module")
def connected(chats: Chats, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The demo company whose bot is connected to all of them, with everybody's accounts imported."""
    folder = tmp_path_factory.mktemp("connected")
    system = System(folder / "data", settings=chats.environment).start()
    try:
        chats.bot_is_at(system.url)
        rows = [
            {"platform": platform, "tenant": chats.fakes[platform].tenant, "user_id": user, "person": person}
            for platform, users in ACCOUNTS.items()
            for user, person in zip(users, PEOPLE, strict=True)
        ]
        system.command("import", "identities", str(accounts_table(folder / "accounts.csv", rows)))
        yield system
        system.verify()
    finally:
        system.stop()


@pytest.mark.parametrize("platform", list(ACCOUNTS))
def test_the_whole_journey_in_one_chat(connected: System, chats: Chats, platform: str) -> None:
    requester, manager, keeper = (chats.person(platform, user) for user in ACCOUNTS[platform])
    on_hand = connected.stock("BG-001")["on_hand"]

    # Each of them talks there once, so that this is where they are reached.
    for person in (manager, keeper):
        person.says("A4纸还有多少")
        person.sees_somewhere("A4打印纸")
    requester.says("领5包A4纸 用于投标")
    card = requester.gets("confirm", "A4打印纸")
    assert f"{on_hand} → {on_hand - 5}" in card.text
    requester.taps(card, "confirm")
    order = order_of(requester.gets("withdraw", "LY"))

    approval = manager.gets("approve", order)
    assert "投标" in approval.text
    manager.taps(approval, "approve")
    keeper.taps(keeper.gets("hand_over", order), "hand_over")

    connected.reaches(order, "FULFILLED")
    assert requester.hears(order, "已发料完成")
    for person in (requester, manager, keeper):
        person.waits_until_closed(order)
    assert connected.stock("BG-001")["on_hand"] == on_hand - 5
    assert len(connected.entries(order)) == 1


def order_of(card: object) -> str:
    """The order's name on a card."""
    found = NUMBER.search(repr(card))
    assert found, card
    return found[0]


def test_one_request_goes_through_several_chats(connected: System, chats: Chats) -> None:
    """Asked for in a work chat, approved in another one, handed over on the page."""
    platforms = list(ACCOUNTS)
    requester = chats.person(platforms[0], ACCOUNTS[platforms[0]][0])
    manager = chats.person(platforms[-1], ACCOUNTS[platforms[-1]][1])
    keeper = connected.person("zhaoliu")
    requester.says("库存 鼠标")
    manager.says("待办")
    keeper.says("待办")
    requester.says("领6包A4纸 用于投标")
    requester.taps(requester.gets("confirm", "A4打印纸"), "confirm")
    order = order_of(requester.gets("withdraw", "LY"))
    manager.taps(manager.gets("approve", order), "approve")
    keeper.taps(keeper.gets(order, "hand_over"), "hand_over")
    connected.reaches(order, "FULFILLED")
    assert requester.hears(order, "已发料完成")
    for person in (requester, manager):
        person.waits_until_closed(order)


def test_an_unknown_account_is_bound_by_the_code_it_gets(connected: System, chats: Chats) -> None:
    stranger, sunli = chats.person("wecom", "sun.li"), connected.person("sunli")
    chats.fakes["wecom"].members.add("sun.li")  # type: ignore[attr-defined]
    stranger.says("A4纸还有多少")
    code = CODE.search(stranger.hears("绑定码"))
    assert code is not None
    assert not [shown for shown in stranger.sees() if "A4" in shown.text], "nothing else is told"
    sunli.taps(sunli.says(f"绑定 {code[0]}").offering("confirm"), "confirm")
    assert sunli.hears("sun.li 已绑定")
    stranger.says("A4纸还有多少")
    stranger.sees_somewhere("A4打印纸")
    again = sunli.says(f"绑定 {code[0]}").offering("confirm")
    assert not sunli.taps(again, "cancel").card.buttons


def test_a_code_from_the_page_binds_the_account_it_is_sent_from(connected: System, chats: Chats) -> None:
    account, zhoujie = chats.person("wecom", "zhou.jie"), connected.person("zhoujie")
    chats.fakes["wecom"].members.add("zhou.jie")  # type: ignore[attr-defined]
    code = CODE.search(zhoujie.says("绑定").texts[-1])
    assert code is not None
    account.says(code[0].lower())
    assert account.hears("已绑定", "您好")
    thief = chats.person("wecom", "thief")
    chats.fakes["wecom"].members.add("thief")  # type: ignore[attr-defined]
    thief.says(code[0])
    assert thief.hears("绑定码")


def test_an_unbound_account_can_no_longer_do_anything(connected: System, chats: Chats) -> None:
    account, wujing = chats.person("wecom", "lost.phone"), connected.person("wujing")
    chats.fakes["wecom"].members.add("lost.phone")  # type: ignore[attr-defined]
    code = CODE.search(wujing.says("绑定").texts[-1])
    assert code is not None
    account.says(code[0])
    assert account.hears("已绑定")
    account.says("领1包A4纸 用于打印")
    card = account.gets("confirm", "A4打印纸")
    choice = wujing.says("解绑").offering("choose_1")
    wujing.taps(choice, "choose_1")
    before = connected.orders_of("wujing")
    account.taps(card, "confirm")
    account.says("领1包A4纸 用于打印")
    assert account.hears("绑定码")
    assert connected.orders_of("wujing") == before


def test_the_bot_dies_between_a_tap_and_its_outcome(connected: System, chats: Chats) -> None:
    """What was acknowledged is done, once, and every card comes to its true state."""
    for platform, users in ACCOUNTS.items():
        requester, manager, keeper = (chats.person(platform, user) for user in users)
        for person in (manager, keeper):
            person.says("待办")
        requester.says("领7包A4纸 用于投标")
        requester.taps(requester.gets("confirm", "−7 包"), "confirm")
        order = order_of(requester.gets("withdraw", "LY"))
        approval = manager.gets("approve", order)
        manager.taps(approval, "approve")
        connected.wait_restarted("bot", connected.kill("bot"))
        chats.bot_is_at(connected.url)
        picking = keeper.gets("hand_over", order)
        keeper.taps(picking, "hand_over")
        connected.reaches(order, "FULFILLED")
        assert requester.hears(order, "已发料完成")
        for person in (requester, manager, keeper):
            person.waits_until_closed(order)
        assert len(connected.entries(order)) == 1


def test_every_step_can_be_typed_where_buttons_do_not_work(connected: System, chats: Chats) -> None:
    for platform, users in ACCOUNTS.items():
        requester, manager, keeper = (chats.person(platform, user) for user in users)
        for person in (manager, keeper):
            person.says("待办")
        requester.says("领8包A4纸 用于投标")
        requester.gets("confirm", "−8 包")
        requester.says("确认")
        order = NUMBER.search(requester.hears("已提交"))
        assert order is not None
        manager.gets("approve", order[0])
        manager.says(f"同意 {order[0][2:]}")
        keeper.gets("hand_over", order[0])
        keeper.says(f"发料 {order[0][2:]}")
        connected.reaches(order[0], "FULFILLED")
        assert requester.hears(order[0], "已发料完成")


@pytest.mark.parametrize("platform", list(ACCOUNTS))
def test_who_chose_english_is_spoken_to_in_english_in_every_chat(
    connected: System, chats: Chats, platform: str
) -> None:
    choose_english(connected, "zhangsan")
    try:
        requester = chats.person(platform, ACCOUNTS[platform][0])
        requester.says("I need 2 packs of A4 paper for the tender")
        card = requester.gets("confirm", "−2 packs")
        assert not CHINESE.search(card.text.replace("行政部", "")), card.text
        assert card.buttons["confirm"] == "Confirm"
        requester.taps(card, "cancel")
    finally:
        choose_language(connected, "zhangsan", "zh")


@pytest.mark.parametrize("platform", ["wecom-bot", "dingtalk", "feishu", "slack"])
def test_a_question_in_a_group_is_answered_in_the_group(
    connected: System, chats: Chats, platform: str
) -> None:
    user = ACCOUNTS[platform][0]
    person, group = chats.person(platform, user), GROUPS[platform]
    person.says("键盘还有多少", group)
    person.sees_somewhere("键盘", group)
    assert not any("键盘" in shown.text for shown in person.sees()), "not in the direct chat"


def test_people_are_told_where_they_want_it_and_else_in_their_order(connected: System, chats: Chats) -> None:
    """Whatever they used last; an administrator may say it for them."""
    requester = chats.person("wecom", ACCOUNTS["wecom"][0])
    here, there, else_ = (chats.person(one, ACCOUNTS[one][1]) for one in ("feishu", "slack", "dingtalk"))
    here.says("通知先用Slack,再用钉钉")
    assert here.hears("Slack → 钉钉")

    def asked_for(amount: int) -> str:
        here.says("A4纸还有多少")
        requester.says(f"领{amount}包A4纸 用于投标")
        requester.taps(requester.gets("confirm", f"−{amount} 包"), "confirm")
        return order_of(requester.gets("withdraw", f": {amount} 包"))

    there.taps(there.gets("approve", asked_for(11)), "approve")
    fake: Any = chats.fakes["slack"]
    fake.gone.add(there.user)
    try:
        else_.taps(else_.gets("approve", asked_for(12)), "approve")
    finally:
        fake.gone.discard(there.user)
    requester.says("通知李霞用飞书")
    assert requester.hears("只有管理员")
    assert "飞书 → " in connected.person("admin").says("通知李霞用飞书").texts[-1]
    assert here.hears("管理员", "通知方式")
    here.taps(here.gets("approve", asked_for(13)), "approve")
    here.says("通知用最近的")
    assert here.hears("按最近使用:飞书")


@pytest.mark.parametrize("platform", list(ACCOUNTS))
def test_a_picture_is_kept_with_its_message(connected: System, chats: Chats, platform: str) -> None:
    person, picture = chats.person(platform, ACCOUNTS[platform][0]), JPEG + platform.encode()
    person.sends_picture(picture)
    assert person.hears("图片收到了")
    with closing(sqlite3.connect(connected.data / "bot.sqlite3")) as database:
        kept = database.execute(
            "SELECT a.person, a.media_type, r.platform, r.kind, r.state FROM attachments a JOIN received r"
            " ON r.platform || '/' || r.tenant || '/' || r.dedupe_key = a.cause"
            " WHERE a.data = ?",
            [picture],
        ).fetchall()
    assert len(kept) == 1
    assert kept[0][0] == "zhangsan"
    assert kept[0][1].startswith("image/")
    assert kept[0][2:] == (platform, "image", "done")


def test_a_picture_that_does_not_come_at_once_is_fetched_again(connected: System, chats: Chats) -> None:
    fake: Any = chats.fakes["feishu"]
    fake.scripted["resource"] = [Refused(502, 0, page="bad gateway"), Refused(429, 99991400)]
    person, picture = chats.person("feishu", ACCOUNTS["feishu"][2]), JPEG + b"on the third try"
    person.sends_picture(picture)
    assert person.hears("图片收到了")
    with closing(sqlite3.connect(connected.data / "bot.sqlite3")) as database:
        assert database.execute("SELECT 1 FROM attachments WHERE data = ?", [picture]).fetchall() == [(1,)]


def test_the_picture_of_a_stranger_is_not_kept(connected: System, chats: Chats) -> None:
    stranger, picture = chats.person("feishu", "ou_" + "d4" * 16), JPEG + b"of nobody"
    stranger.sends_picture(picture)
    assert stranger.hears("绑定码")
    with closing(sqlite3.connect(connected.data / "bot.sqlite3")) as database:
        assert not database.execute("SELECT 1 FROM attachments WHERE data = ?", [picture]).fetchall()


# Of each product the accounts of two more people, whom it knows by their addresses.
FOUND = {
    "wecom": ("chen.min", "he.feng"),
    "dingtalk": ("0201", "0202"),
    "feishu": ("ou_" + "e5" * 16, "ou_" + "f6" * 16),
    "slack": ("U0CHEN0001", "U0HE000001"),
}


def found(system: System, table: Path, platform: str, *words: str) -> tuple[int, dict[str, Any]]:
    done = system.command(
        "import", "identities", str(table), "--from", platform, "--json", *words, check=False
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("platform", list(FOUND))
def test_accounts_are_found_by_the_addresses_a_product_knows(
    connected: System, chats: Chats, platform: str, tmp_path: Path
) -> None:
    people = ("chenmin", "hefeng", "wangzong")
    know_addresses(chats, platform, dict(zip(people, FOUND[platform], strict=False)))
    table = addresses_table(tmp_path / "people.csv", people)
    code, told = found(connected, table, platform, "--dry-run")
    assert (code, told["written"]) == (0, False)
    assert [row["verdict"] for row in told["rows"]] == ["taken", "taken", "refused"]
    stranger = chats.person(platform, FOUND[platform][0])
    stranger.says("A4纸还有多少")
    assert stranger.hears("绑定码"), "looking is not binding"

    assert found(connected, table, platform)[1]["totals"]["taken"] == 2
    for account in FOUND[platform]:
        person = chats.person(platform, account)
        person.says("A4纸还有多少")
        person.sees_somewhere("A4打印纸")
    code, again = found(connected, table, platform)
    assert (code, again["written"]) == (1, False), "one row is still refused, and nothing was left to write"
    assert [row["verdict"] for row in again["rows"]] == ["unchanged", "unchanged", "refused"]
    with closing(sqlite3.connect(connected.data / "approvals.sqlite3")) as database:
        kept = "\n".join(database.iterdump())
    assert FOUND[platform][0] in kept
    assert not any(address in kept for address in (MOBILES["chenmin"], "chenmin@example.com"))


def test_no_account_is_found_for_two_people_or_taken_from_one(
    connected: System, chats: Chats, tmp_path: Path
) -> None:
    fake: Any = chats.fakes["feishu"]
    know_addresses(chats, "feishu", {})
    shared, taken = "ou_" + "a7" * 16, ACCOUNTS["feishu"][0]
    numbers = {"linbo": "13800138004", "zhengkai": "13800138005", "qianwu": "13800138006"}
    for person, account in {"linbo": shared, "zhengkai": shared, "qianwu": taken}.items():
        fake.addresses[numbers[person]] = (account, {})
    table = tmp_path / "people.csv"
    rows = [*(f"{person},{number}" for person, number in numbers.items()), "zhangsan,13800138004", "sunli,"]
    table.write_text("id,mobile\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code, told = found(connected, table, "feishu")
    assert (code, told["written"]) == (1, False)
    verdicts = {
        row["label"]: (row["verdict"], *(one["reason"] for one in row["reasons"])) for row in told["rows"]
    }
    assert verdicts == {
        "linbo": ("refused", "ACCOUNT_FOUND", "ACCOUNT_OF_SEVERAL"),
        "zhengkai": ("refused", "ACCOUNT_FOUND", "ACCOUNT_OF_SEVERAL"),
        "qianwu": ("refused", "ACCOUNT_FOUND", "DUPLICATE"),
        "zhangsan": ("unchanged",),
        "sunli": ("refused", "ADDRESS_MISSING"),
    }


def test_a_product_that_may_not_be_asked_says_what_to_allow(
    connected: System, chats: Chats, tmp_path: Path
) -> None:
    fake: Any = chats.fakes["feishu"]
    fake.scopes -= {"contact:user.id:readonly"}
    table = addresses_table(tmp_path / "people.csv", ["wangzong"])
    done = connected.command("import", "identities", str(table), "--from", "feishu", check=False)
    assert done.returncode == 1
    assert "contact:user.id:readonly" in done.stderr
    assert "什么都没有绑定" in done.stderr
    done = connected.command("import", "identities", str(table), "--from", "wecom-bot", check=False)
    assert "wecom dingtalk feishu slack" in done.stderr
