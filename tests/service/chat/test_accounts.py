"""Accounts found by mobile number and e-mail address, on the fakes that the products' own clients accept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import aiohttp
import pytest
from lark_channel import Client
from lark_channel.api.contact.v3.model.batch_get_id_user_request import BatchGetIdUserRequest
from lark_channel.api.contact.v3.model.batch_get_id_user_request_body import BatchGetIdUserRequestBody
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.accounts import MODULES, Accounts, Kind
from bot.chat.errors import AuthFailed, RateLimited, Transient
from bot.chat.products import PRODUCTS
from services.kit.settings import SettingMissing
from tests.fakes.chat import FakeChat
from tests.fakes.dingtalk import DingTalkFake, Scripted
from tests.fakes.dingtalk_people import BY_MOBILE
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_platform import Refused
from tests.fakes.feishu_pushes import APP_ID, APP_SECRET
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import ALL_SCOPES, BOT_TOKEN, Fault
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom import Fault as WecomFault
from tests.service.chat.wecom_world import settings_of

MOBILE, ABROAD, UNKNOWN = "13800138000", "+85261234567", "13900139000"
EMAIL, NOBODY = "zhang.san@example.com", "nobody@example.com"
LOOK_UP = {"contact:user.id:readonly", "tenant:tenant:readonly"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def wecom(tmp_path: Path) -> AsyncIterator[FakeWecom]:
    fake = FakeWecom()
    await fake.start(tmp_path)
    fake.directory.mobiles = {MOBILE: "ZhangSan", ABROAD: "lisi"}
    fake.directory.mailboxes = {EMAIL: "ZhangSan"}
    fake.directory.private = {"private@example.com": "lisi"}
    yield fake
    await fake.stop()


@pytest.fixture
async def dingtalk(tmp_path: Path) -> AsyncIterator[DingTalkFake]:
    fake = DingTalkFake()
    await fake.start(tmp_path)
    fake.employees.own = {MOBILE: "0101"}
    yield fake
    await fake.stop()


@pytest.fixture
async def feishu(tmp_path: Path) -> AsyncIterator[FakeFeishu]:
    fake = FakeFeishu()
    await fake.start(tmp_path)
    fake.addresses = {MOBILE: ("zhang", {}), ABROAD: ("li", {}), EMAIL: ("zhang", {"is_activated": True})}
    fake.scopes |= LOOK_UP
    yield fake
    await fake.stop()


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start(tmp_path)
    fake.scopes = f"{ALL_SCOPES},users:read,users:read.email"
    fake.mailboxes = {EMAIL: {"id": "U0ZHANG001", "is_email_confirmed": True}}
    yield fake
    await fake.stop()


def accounts_of(fake: FakeChat, session: aiohttp.ClientSession) -> Accounts:
    assert fake.platform in MODULES
    chat = settings_of(PRODUCTS[fake.platform], fake.environment)
    made: Accounts = import_module(f"bot.chat.{fake.platform}.accounts").accounts(chat, session)
    return made


# ---------------------------------------------------------------- WeCom


async def test_wecom_finds_members_by_number_and_by_corporate_mailbox(
    wecom: FakeWecom, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(wecom, session)
    assert await accounts.tenant() == wecom.tenant
    asked = [MOBILE, UNKNOWN, ABROAD]
    assert await accounts.find(Kind.MOBILE, asked) == {MOBILE: "ZhangSan", ABROAD: "lisi"}
    mailboxes = [EMAIL, NOBODY, "private@example.com"]
    assert await accounts.find(Kind.EMAIL, mailboxes) == {EMAIL: "ZhangSan"}
    assert all(body.get("email_type") == 1 for path, body in wecom.calls if path.endswith("by_email"))


async def test_wecom_tells_nothing_of_members_outside_the_scope(
    wecom: FakeWecom, session: aiohttp.ClientSession
) -> None:
    wecom.directory.outside = {"ZhangSan"}
    assert await accounts_of(wecom, session).find(Kind.MOBILE, [MOBILE, ABROAD]) == {ABROAD: "lisi"}


async def test_wecom_refuses_an_app_from_elsewhere_and_a_company_with_too_many_wrong_numbers(
    wecom: FakeWecom, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(wecom, session)
    wecom.directory.wrong_left = 0
    with pytest.raises(RateLimited):
        await accounts.find(Kind.MOBILE, [MOBILE])
    wecom.trusted = False
    with pytest.raises(AuthFailed, match="60020"):
        await accounts.find(Kind.MOBILE, [MOBILE])


async def test_wecom_takes_a_token_that_ended_for_no_answer(
    wecom: FakeWecom, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(wecom, session)
    await accounts.tenant()
    wecom.expire_token()
    assert await accounts.find(Kind.MOBILE, [MOBILE]) == {MOBILE: "ZhangSan"}
    wecom.faults["user/getuserid"] = [WecomFault({}, status=502)]
    with pytest.raises(Transient):
        await accounts.find(Kind.MOBILE, [MOBILE])


# ---------------------------------------------------------------- DingTalk


async def test_dingtalk_finds_employees_by_number(
    dingtalk: DingTalkFake, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(dingtalk, session)
    assert await accounts.tenant() == dingtalk.tenant
    assert await accounts.find(Kind.MOBILE, [MOBILE, UNKNOWN]) == {MOBILE: "0101"}
    dingtalk.expire_tokens()
    assert await accounts.find(Kind.MOBILE, [MOBILE]) == {MOBILE: "0101"}


async def test_dingtalk_finds_the_one_account_the_company_made_but_never_one_of_several(
    dingtalk: DingTalkFake, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(dingtalk, session)
    dingtalk.employees.made = {UNKNOWN: ["0909"]}
    assert await accounts.find(Kind.MOBILE, [UNKNOWN]) == {UNKNOWN: "0909"}
    dingtalk.employees.made = {UNKNOWN: ["0909", "0910"], MOBILE: ["0911"]}
    assert await accounts.find(Kind.MOBILE, [UNKNOWN, MOBILE]) == {}


async def test_dingtalk_names_the_permission_that_is_missing(
    dingtalk: DingTalkFake, session: aiohttp.ClientSession
) -> None:
    dingtalk.employees.permitted = False
    with pytest.raises(AuthFailed, match="qyapi_get_member_by_mobile") as refused:
        await accounts_of(dingtalk, session).find(Kind.MOBILE, [MOBILE])
    assert not any(token in str(refused.value) for token in dingtalk.tokens)


async def test_dingtalk_needs_to_be_told_its_company(
    dingtalk: DingTalkFake, session: aiohttp.ClientSession
) -> None:
    environment = {
        name: value for name, value in dingtalk.environment.items() if not name.endswith("CORP_ID")
    }
    with pytest.raises(SettingMissing):
        import_module("bot.chat.dingtalk.accounts").accounts(settings_of("DINGTALK", environment), session)


async def test_dingtalk_is_asked_again_later_where_it_is_busy(
    dingtalk: DingTalkFake, session: aiohttp.ClientSession
) -> None:
    busy = {"errcode": 88, "sub_code": "90018", "sub_msg": "您的应用调用该接口次数过多"}
    dingtalk.script(f"POST {BY_MOBILE}", Scripted(200, busy))
    accounts = accounts_of(dingtalk, session)
    with pytest.raises(RateLimited):
        await accounts.find(Kind.MOBILE, [MOBILE])
    assert await accounts.find(Kind.MOBILE, [MOBILE]) == {MOBILE: "0101"}


# ---------------------------------------------------------------- Feishu


async def test_feishu_finds_users_by_number_and_address_in_one_question(
    feishu: FakeFeishu, session: aiohttp.ClientSession
) -> None:
    accounts = accounts_of(feishu, session)
    assert await accounts.tenant() == feishu.tenant
    found = await accounts.find(Kind.MOBILE, [MOBILE, UNKNOWN, ABROAD])
    assert found == {MOBILE: feishu.open_id("zhang"), ABROAD: feishu.open_id("li")}
    assert await accounts.find(Kind.EMAIL, [EMAIL, NOBODY]) == {EMAIL: feishu.open_id("zhang")}
    assert feishu.calls.count("ids") == 2


@pytest.mark.parametrize("status", ["is_resigned", "is_exited", "is_frozen"])
async def test_feishu_users_who_left_are_not_found(
    feishu: FakeFeishu, session: aiohttp.ClientSession, status: str
) -> None:
    feishu.addresses[MOBILE] = ("zhang", {status: True})
    assert await accounts_of(feishu, session).find(Kind.MOBILE, [MOBILE]) == {}


@pytest.mark.parametrize("scope", sorted(LOOK_UP))
async def test_feishu_names_the_permission_that_is_missing(
    feishu: FakeFeishu, session: aiohttp.ClientSession, scope: str
) -> None:
    feishu.scopes.discard(scope)
    accounts = accounts_of(feishu, session)
    call = accounts.tenant() if scope.startswith("tenant") else accounts.find(Kind.MOBILE, [MOBILE])
    with pytest.raises(AuthFailed, match=scope):
        await call


async def test_feishu_answers_for_addresses_that_were_asked_for_only(
    feishu: FakeFeishu, session: aiohttp.ClientSession
) -> None:
    """A number is nobody's because another one looks like it, whatever an answer says."""
    said = {"user_list": [{"user_id": "ou_1", "mobile": UNKNOWN}, {"mobile": MOBILE}, {"user_id": "ou_2"}, 7]}
    body = {"code": 0, "msg": "success", "data": said}
    feishu.scripted["ids"] = [Refused(200, 0, page=str(body).replace("'", '"'))]
    assert await accounts_of(feishu, session).find(Kind.MOBILE, [MOBILE]) == {}


async def test_the_product_s_client_finds_the_same_users(feishu: FakeFeishu) -> None:
    client = Client.builder().app_id(APP_ID).app_secret(APP_SECRET).domain(feishu.url).build()
    body = BatchGetIdUserRequestBody.builder().mobiles([MOBILE, UNKNOWN]).emails([EMAIL]).build()
    request = BatchGetIdUserRequest.builder().user_id_type("open_id").request_body(body).build()
    # The client fetches its token with blocking calls.
    answer = await asyncio.to_thread(client.contact.v3.user.batch_get_id, request)
    assert answer.success(), (answer.code, answer.msg)
    found = [(one.mobile or one.email, one.user_id) for one in answer.data.user_list]
    zhang = feishu.open_id("zhang")
    assert sorted(found, key=str) == sorted([(MOBILE, zhang), (UNKNOWN, None), (EMAIL, zhang)], key=str)
    feishu.scopes -= LOOK_UP
    refused = await asyncio.to_thread(client.contact.v3.user.batch_get_id, request)
    assert refused.code == 99991672


# ---------------------------------------------------------------- Slack


async def test_slack_finds_members_by_address(slack: FakeSlack, session: aiohttp.ClientSession) -> None:
    accounts = accounts_of(slack, session)
    assert await accounts.tenant() == slack.tenant
    assert await accounts.find(Kind.EMAIL, [EMAIL, NOBODY]) == {EMAIL: "U0ZHANG001"}


@pytest.mark.parametrize(
    "told",
    [
        {"is_email_confirmed": False},
        {"deleted": True},
        {"is_bot": True},
        {"is_stranger": True},
        {"team_id": "T0OTHER001"},
        {"profile": {"email": NOBODY}},
    ],
)
async def test_slack_finds_nobody_who_is_not_surely_the_one(
    slack: FakeSlack, session: aiohttp.ClientSession, told: dict[str, object]
) -> None:
    slack.mailboxes[EMAIL] |= told
    accounts = accounts_of(slack, session)
    await accounts.tenant()
    assert await accounts.find(Kind.EMAIL, [EMAIL]) == {}


@pytest.mark.parametrize("scope", ["users:read", "users:read.email"])
async def test_slack_names_the_permission_that_is_missing(
    slack: FakeSlack, session: aiohttp.ClientSession, scope: str
) -> None:
    slack.scopes = ",".join(one for one in slack.scopes.split(",") if one != scope)
    with pytest.raises(AuthFailed, match=rf"needs {scope}\)"):
        await accounts_of(slack, session).find(Kind.EMAIL, [EMAIL])


async def test_slack_is_asked_again_later_where_it_is_busy(
    slack: FakeSlack, session: aiohttp.ClientSession
) -> None:
    slack.faults["users.lookupByEmail"] = [Fault(429, "ratelimited", {"Retry-After": "7"})]
    with pytest.raises(RateLimited) as limited:
        await accounts_of(slack, session).find(Kind.EMAIL, [EMAIL])
    assert limited.value.retry_after == 7


async def test_the_web_client_finds_the_same_member(slack: FakeSlack) -> None:
    client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/")
    found = await client.users_lookupByEmail(email=EMAIL.upper())
    assert (found["user"]["id"], found["user"]["profile"]["email"]) == ("U0ZHANG001", EMAIL)
    with pytest.raises(SlackApiError, match="users_not_found"):
        await client.users_lookupByEmail(email=NOBODY)
