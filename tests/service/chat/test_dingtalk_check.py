"""The check of a DingTalk application names the step that is missing, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.chat.checking import Finding
from bot.chat.dingtalk import DingTalkChannel, check, configured
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.texts import LANGUAGES
from services.kit.settings import SettingMissing
from tests.fakes.dingtalk import DingTalkFake, Scripted
from tests.service.chat.dingtalk_world import NoLeases

SEND = "POST /v1.0/robot/oToMessages/batchSend"


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[DingTalkFake]:
    fake = DingTalkFake()
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


async def found(fake: DingTalkFake, **changed: str) -> list[Finding]:
    """The findings, each seen to have its sentence."""
    named = {f"KUGUAN_DINGTALK_{name.upper()}": value for name, value in changed.items()}
    chat = ChatSettings("DINGTALK", {**fake.environment, **named}, {})
    async with aiohttp.ClientSession() as session:
        findings = await check(chat, session)
    for finding in findings:
        for sentences in LANGUAGES.values():
            assert sentences[finding.key].format(**finding.facts)
        assert fake.client_secret not in str(finding)
    return findings


def keys(findings: list[Finding]) -> list[str]:
    return [finding.key.removeprefix("check.dingtalk.") for finding in findings]


async def test_an_application_that_is_set_up_passes_every_step_and_bothers_nobody(fake: DingTalkFake) -> None:
    findings = await found(fake)
    assert keys(findings) == ["settings.ok", "token.ok", "stream.ok", "robot.ok", "template.ok"]
    assert all(finding.ok for finding in findings)
    assert dict(fake.timeline) == {}


@pytest.mark.parametrize(
    ("changed", "last"),
    [
        ({"client_id": ""}, "settings.client_id"),
        ({"client_secret_file": ""}, "settings.secret"),
        ({"client_secret_file": "/nowhere"}, "settings.secret"),
        ({"monthly_calls": "many"}, "settings.invalid"),
        ({"client_id": "another"}, "token.refused"),
        ({"api_url": "http://127.0.0.1:1"}, "calls.unreachable"),
        ({"card_template_id": ""}, "template.missing"),
        ({"card_template_id": "another"}, "template.refused"),
    ],
)
async def test_what_is_missing_is_named(fake: DingTalkFake, changed: dict[str, str], last: str) -> None:
    findings = await found(fake, **changed)
    assert keys(findings)[-1] == last
    assert not findings[-1].ok


async def test_what_a_robot_lacks_is_named(fake: DingTalkFake) -> None:
    assert "robot.refused" in keys(await found(fake, robot_code="another"))
    fake.permitted = False
    assert keys(await found(fake))[-2:] == ["robot.permission", "template.permission"]
    fake.permitted = True
    fake.script(SEND, Scripted(403, {"code": "Forbidden.AccessDenied.IpNotInWhiteList"}))
    assert keys(await found(fake))[-2] == "calls.address"
    fake.quota = 1
    assert keys(await found(fake))[-2:] == ["calls.quota", "calls.quota"]


async def test_a_stream_that_is_not_switched_on_is_named(fake: DingTalkFake) -> None:
    fake.script("POST /v1.0/gateway/connections/open", Scripted(400, {"code": "stream.notEnabled"}))
    assert keys(await found(fake))[-1] == "stream.refused"


async def test_a_channel_is_there_where_an_application_is_set(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        tools = Tools(session, lambda: datetime.now(UTC), NoLeases())
        assert configured(ChatSettings("DINGTALK", {}, {}), tools) is None
        section = {"client_id": "ding1", "client_secret": "hush"}
        assert isinstance(configured(ChatSettings("DINGTALK", {}, section), tools), DingTalkChannel)
        with pytest.raises(SettingMissing):
            configured(ChatSettings("DINGTALK", {}, {"client_id": "ding1"}), tools)
