"""The check of a set-up names the step that is missing, in words for which both languages have a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from bot.chat.checking import Finding
from bot.chat.feishu import check, configured
from bot.chat.feishu.channel import FeishuChannel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.texts import LANGUAGES
from services.kit.settings import SettingInvalid, SettingMissing
from tests.fakes.feishu import FakeFeishu
from tests.service.chat.feishu_bot import Clock, NoLeases


@pytest.fixture(params=["websocket", "webhook"])
async def fake(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FakeFeishu]:
    """A product that is set up well."""
    product = FakeFeishu(request.param)
    await product.start(tmp_path)
    yield product
    await product.stop()


async def found(environment: Mapping[str, str]) -> dict[str, Finding]:
    """What the check finds; every finding has its sentence."""
    async with aiohttp.ClientSession() as session:
        findings = await check(ChatSettings("FEISHU", environment, {}), session)
    for finding in findings:
        for sentences in LANGUAGES.values():
            assert sentences[finding.key].format(**finding.facts)
    return {finding.step: finding for finding in findings}


async def test_a_good_set_up_is_good_at_every_step(fake: FakeFeishu) -> None:
    findings = await found(fake.environment)
    last = "webhook" if fake.transport == "webhook" else "connection"
    assert list(findings) == ["token", "bot", "scopes", last, "console"]
    assert all(finding.ok for finding in findings.values())


async def test_a_wrong_secret_ends_the_check(fake: FakeFeishu, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong", encoding="utf-8")
    wrong = {**fake.environment, "KUGUAN_FEISHU_APP_SECRET_FILE": str(tmp_path / "wrong")}
    findings = await found(wrong)
    assert list(findings) == ["token"]
    assert findings["token"].key == "check.feishu.token.refused"


async def test_a_bot_that_is_off_and_missing_permissions_are_named(fake: FakeFeishu) -> None:
    fake.activated, fake.scopes = False, {"im:message:send_as_bot"}
    findings = await found(fake.environment)
    assert findings["bot"].key == "check.feishu.bot.off"
    assert not findings["scopes"].ok
    assert "im:resource" in findings["scopes"].facts["scopes"]
    assert "send_as_bot" not in findings["scopes"].facts["scopes"]


async def test_a_product_out_of_reach_is_said(fake: FakeFeishu) -> None:
    findings = await found({**fake.environment, "KUGUAN_FEISHU_API_URL": "http://127.0.0.1:9"})
    assert findings["token"].key == "check.feishu.unreachable"


async def test_missing_and_impossible_settings_are_named(fake: FakeFeishu) -> None:
    half = {"KUGUAN_FEISHU_APP_ID": "cli_1"}
    assert (await found(half))["settings"].key == "check.feishu.settings.missing"
    wrong = {**fake.environment, "KUGUAN_FEISHU_TRANSPORT": "pigeon"}
    assert (await found(wrong))["settings"].key == "check.feishu.settings.invalid"


async def test_nothing_set_is_no_channel_and_half_is_refused(fake: FakeFeishu) -> None:
    async with aiohttp.ClientSession() as session:
        tools = Tools(session, Clock(), NoLeases())
        assert configured(ChatSettings("FEISHU", {}, {}), tools) is None
        with pytest.raises(SettingMissing):
            configured(ChatSettings("FEISHU", {"KUGUAN_FEISHU_APP_ID": "cli_1"}, {}), tools)
        with pytest.raises(SettingInvalid):
            configured(
                ChatSettings("FEISHU", {**fake.environment, "KUGUAN_FEISHU_TRANSPORT": "pigeon"}, {}), tools
            )
        lark = configured(ChatSettings("FEISHU", fake.environment, {}), tools)
        assert isinstance(lark, FeishuChannel)
        assert lark.name == "feishu"
        assert not lark.health().connected
