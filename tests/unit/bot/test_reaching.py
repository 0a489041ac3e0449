"""What people say about where they want to be told first, and what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.chat.products import CALLED, PRODUCTS
from bot.reaching import Choice, choice
from bot.ways import place

FEISHU, DINGTALK, SLACK, PAGE = ("feishu",), ("dingtalk",), ("slack",), ("web",)
WECOM, WECOM_BOT = ("wecom", "wecom-bot"), ("wecom-bot",)
SENTENCES = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("said", "chats"),
    [
        ("通知用飞书", (FEISHU,)),
        ("通知我用飞书。", (FEISHU,)),
        ("以后通知都用钉钉", (DINGTALK,)),
        ("消息发到企业微信", (WECOM,)),
        ("以后用飞书通知我", (FEISHU,)),
        ("请在钉钉上通知我", (DINGTALK,)),
        ("通知先用飞书,再用企微,然后网页", (FEISHU, WECOM, PAGE)),
        ("通知用智能机器人、Slack", (WECOM_BOT, SLACK)),
        ("notify me on Slack", (SLACK,)),
        ("Please notify me on Lark, then WeCom bot and then the web page", (FEISHU, WECOM_BOT, PAGE)),
        ("notifications to DingTalk", (DINGTALK,)),
        ("Reach me by wecom.", (WECOM,)),
    ],
)
def test_chats_are_named_in_their_order(said: str, chats: tuple[tuple[str, ...], ...]) -> None:
    assert choice(said) == Choice(chats)


def test_every_product_is_understood_by_each_of_its_names() -> None:
    assert set(CALLED) == {package.replace("_", "-") for package in PRODUCTS}
    for platform, words in CALLED.items():
        for word in words:
            for said in (f"通知用{word}", f"notify me on {word.title()}"):
                understood = choice(said)
                assert understood is not None, said
                assert [platform in chat for chat in understood.chats] == [True], said


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("通知张三用飞书", "张三"),
        ("通知 zhangsan 用飞书", "zhangsan"),
        ("以后用飞书通知张三", "张三"),
        ("notify Zhang San on Lark", "Zhang San"),
    ],
)
def test_an_administrator_names_somebody(said: str, who: str) -> None:
    assert choice(said) == Choice((FEISHU,), who=who)


@pytest.mark.parametrize("said", ["通知用最近的", "通知用默认", "notify me where I was last"])
def test_the_order_of_last_use_comes_back(said: str) -> None:
    assert choice(said) == Choice(by_use=True)


@pytest.mark.parametrize("said", ["通知方式", "怎么通知我?", "Notifications", "how do you notify me?"])
def test_one_may_ask_how_it_is(said: str) -> None:
    assert choice(said) == Choice()


@pytest.mark.parametrize(
    "said",
    [
        "飞书",
        "通知",
        "领用A4纸 5包 用于飞书通知",
        "通知用A4纸 5包",
        "用飞书",
        "通知用微信",
        "notify me",
        "催办",
    ],
)
def test_anything_else_is_left_to_others(said: str) -> None:
    assert choice(said) is None


def test_no_sentence_about_goods_is_taken_for_it() -> None:
    for file in sorted(SENTENCES.glob("utterances*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            text = json.loads(line)["text"]
            assert choice(text) is None, text


def test_named_chats_come_first_and_the_others_stay_as_they_are() -> None:
    used = ["web", "slack", "feishu", "wecom"]
    assert sorted(used, key=lambda one: place(one, ["feishu", "dingtalk"])) == [
        "feishu",
        "web",
        "slack",
        "wecom",
    ]
