"""What DingTalk's refusals mean, how calls are counted, and what an administrator sets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.chat.dingtalk.account import Account
from bot.chat.dingtalk.api import Gateway
from bot.chat.dingtalk.quota import Quota
from bot.chat.dingtalk.refusals import CardGone, CardThere, QuotaUsedUp, TokenRefused, refusal
from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.settings import ChatSettings
from services.kit.settings import SettingInvalid, SettingMissing


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "Forbidden.AccessDenied.QpsLimitForApi", RateLimited),
        (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", RateLimited),
        (200, 90002, RateLimited),
        (200, 90018, RateLimited),
        (200, 90020, QuotaUsedUp),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", QuotaUsedUp),
        (403, "Forbidden.AccessDenied.IpNotInWhiteList", AuthFailed),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", AuthFailed),
        (403, "", AuthFailed),
        (400, "invalidClientIdOrSecret", AuthFailed),
        (401, "authFailed", AuthFailed),
        (401, "InvalidAuthentication", TokenRefused),
        (401, "", TokenRefused),
        (200, 40014, TokenRefused),
        (400, "staffId.notExisted", RecipientUnreachable),
        (400, "param.userIdNotExist", RecipientUnreachable),
        (400, "param.outTrackIdNotExist", CardGone),
        (400, "param.outTrackIdExist", CardThere),
        (400, "param.cardTemplateNotExist", AuthFailed),
        (400, "param.contentUnsafe", PayloadRejected),
        (500, "system.error", Transient),
        (429, "", RateLimited),
    ],
)
def test_each_refusal_leads_to_what_can_be_done_about_it(
    status: int, code: str | int, error: type[ChannelError]
) -> None:
    body = {"code": code} if isinstance(code, str) else {"errcode": code}
    assert type(refusal(status, body)) is error


def test_a_missing_permission_is_named_and_nothing_else_of_the_answer() -> None:
    detail = {"requiredScopes": ["Card.Instance.Write"]}
    body = {"code": "Forbidden.AccessDenied.X", "message": "token abc", "accessdenieddetail": detail}
    assert str(refusal(403, body)) == "HTTP 403 Forbidden.AccessDenied.X Card.Instance.Write"


@pytest.mark.parametrize(
    ("given", "seconds"), [("7", 7), ("", 1), ("soon", 1), ("9" * 30, 1), ("99999", 3600)]
)
def test_the_pause_asked_for_is_kept_within_reason(given: str, seconds: float) -> None:
    error = refusal(429, {}, given)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_where_to_connect_never_shows_its_ticket() -> None:
    assert "hush" not in repr(Gateway("wss://gateway.example/connect?ticket=hush"))


def test_the_month_of_the_count_begins_at_midnight_in_china() -> None:
    clock = [datetime(2026, 11, 30, 15, 59, tzinfo=UTC)]
    quota = Quota(10, lambda: clock[0])
    with capture_logs() as logs:
        for _ in range(9):
            quota.count()
    assert [entry["used"] for entry in logs] == [8], "an operator is warned once"
    assert quota.warning == "quota: 9 of 10 calls used this month"
    clock[0] = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert (quota.used, quota.warning) == (0, "")
    quota.count()
    assert quota.used == 1


def test_calls_that_are_not_limited_are_no_matter_for_a_warning() -> None:
    quota = Quota(0, lambda: datetime(2026, 11, 30, tzinfo=UTC))
    quota.count(1_000_000)
    assert quota.warning == ""


def chat(folder: Path, **values: str) -> ChatSettings:
    secret = folder / "secret"
    secret.write_text("hush\n", encoding="utf-8")
    named = {f"KUGUAN_DINGTALK_{name}": value for name, value in values.items()}
    return ChatSettings("DINGTALK", {"KUGUAN_DINGTALK_CLIENT_SECRET_FILE": str(secret), **named}, {})


def test_an_application_needs_two_settings_and_has_the_official_addresses(tmp_path: Path) -> None:
    ours = Account.of(chat(tmp_path, CLIENT_ID="ding1"))
    assert (ours.robot_code, ours.client_secret.value, ours.template) == ("ding1", "hush", "")
    assert (ours.api, ours.oapi) == ("https://api.dingtalk.com", "https://oapi.dingtalk.com")
    assert ours.monthly_calls == 10_000
    assert "hush" not in repr(ours)
    with pytest.raises(SettingMissing):
        Account.of(chat(tmp_path))


def test_what_an_administrator_sets_takes_the_place_of_what_is_usual(tmp_path: Path) -> None:
    named = {
        "KUGUAN_DINGTALK_CLIENT_ID": "ding1",
        "KUGUAN_DINGTALK_ROBOT_CODE": "robot1",
        "KUGUAN_DINGTALK_MONTHLY_CALLS": "0",
    }
    ours = Account.of(ChatSettings("DINGTALK", {**chat(tmp_path).environment, **named}, {}))
    assert (ours.robot_code, ours.monthly_calls) == ("robot1", 0)


def test_an_address_for_taps_needs_its_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing):
        Account.of(chat(tmp_path, CLIENT_ID="ding1", CALLBACK_KEY="kuguan"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"MONTHLY_CALLS": "many"},
        {"MONTHLY_CALLS": "-1"},
        {"API_URL": "api.dingtalk.com"},
        {"OAPI_URL": "ftp://x"},
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingInvalid):
        Account.of(chat(tmp_path, CLIENT_ID="ding1", **wrong))
