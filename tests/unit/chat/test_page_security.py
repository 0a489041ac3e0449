"""The page is for its own people only: sessions, hosts, origins, one-time links, what may run."""

from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.chat.session import COOKIE, Sessions
from tests.unit.chat.conftest import SESSION_SECRET, Browser, World


async def reason(response: aiohttp.ClientResponse) -> str:
    return str((await response.json())["error"]["reason"])


async def test_nobody_reads_or_speaks_without_a_session(browser: Browser) -> None:
    for path in ("/api/messages", "/api/events"):
        response = await browser.get(path)
        assert (response.status, await reason(response)) == (401, "SIGNED_OUT")
    for path, data in (("/api/say", {"id": "a" * 12, "text": "好"}), ("/api/tap", {})):
        response = await browser.post(path, data)
        assert (response.status, await reason(response)) == (401, "SIGNED_OUT")


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    response = await browser.post("/api/demo/persona", {"person": "zhangsan"})
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"


async def test_a_forged_or_altered_cookie_is_no_session(browser: Browser, world: World) -> None:
    await browser.become("zhangsan")
    [cookie] = list(browser.client.cookie_jar)
    payload, _, signature = cookie.value.partition(".")
    forged = [f"{payload}.{'0' * 64}", f"{payload[:-4]}AAAA.{signature}", payload, ".", "好.好", "a" * 5000]
    for value in forged:
        async with aiohttp.ClientSession() as stranger:
            header = {"Cookie": f"{COOKIE}={value}"}
            response = await stranger.get(f"{world.url}/api/messages", headers=header)
            assert response.status == 401, value


async def test_a_session_ends_by_itself(browser: Browser, world: World) -> None:
    await browser.become("zhangsan")
    world.clock[0] += timedelta(days=31)
    assert (await browser.get("/api/messages")).status == 401


async def test_whoever_has_left_is_signed_out_at_once(browser: Browser, world: World) -> None:
    await browser.become("zhangsan")
    world.directory.gone.add("zhangsan")
    assert (await browser.get("/api/messages")).status == 401


async def test_a_browser_speaks_only_for_persons_it_has_proven(browser: Browser) -> None:
    await browser.become("zhangsan")
    say = {"id": "abcdefgh", "text": "好"}
    response = await browser.post("/api/say", say, headers={"X-Kuguan-Person": "lixia"})
    assert (response.status, await reason(response)) == (409, "PERSON_CHANGED")
    assert (await browser.get("/api/events?person=lixia")).status == 409


async def test_two_tabs_of_the_demo_speak_for_two_persons(browser: Browser, world: World) -> None:
    await browser.become("zhangsan")
    await browser.become("lixia")
    for person in ("zhangsan", "lixia"):
        headers = {"X-Kuguan-Person": person}
        response = await browser.post("/api/say", {"id": "abcdefgh", "text": "好"}, headers=headers)
        assert response.status == 200
    assert sorted(event.sender.user_id for event in world.sink.heard.values()) == ["lixia", "zhangsan"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_site_changes_nothing(
    browser: Browser, world: World, headers: dict[str, str]
) -> None:
    await browser.become("zhangsan")
    for path, data in (
        ("/api/say", {"id": "abcdefgh", "text": "好"}),
        ("/api/tap", {"id": "abcdefgh", "card": "c", "action": "approve"}),
        ("/api/demo/persona", {"person": "lixia"}),
        ("/api/language", {"language": "en"}),
        ("/api/sign-out", {}),
    ):
        response = await browser.post(path, data, headers=headers)
        assert (response.status, await reason(response)) == (403, "ORIGIN_FOREIGN")
    assert world.sink.heard == {}


async def test_a_form_of_another_site_cannot_pass_as_json(browser: Browser) -> None:
    await browser.become("zhangsan")
    response = await browser.client.post(
        browser.url + "/api/say",
        data=b'{"id": "abcdefgh", "text": "x"}',
        headers={"Origin": browser.url, "Content-Type": "text/plain"},
    )
    assert response.status == 415


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "kuguan.example", "[", ""])
async def test_a_rebound_name_reaches_nothing(browser: Browser, host: str) -> None:
    for path in ("/", "/api/session", "/api/messages"):
        response = await browser.get(path, headers={"Host": host})
        assert response.status in (400, 421), path


async def test_a_proxied_visitor_is_no_neighbour_in_demo_mode(browser: Browser) -> None:
    response = await browser.get("/api/session", headers={"X-Forwarded-For": "127.0.0.1"})
    assert (response.status, await reason(response)) == (403, "DEMO_ONLY_LOCAL")


async def test_personas_exist_in_demo_mode_only(real_browser: Browser) -> None:
    session = await (await real_browser.get("/api/session")).json()
    assert session["demo"] is False
    assert "personas" not in session
    assert session["person"] is None
    assert (await real_browser.post("/api/demo/persona", {"person": "zhangsan"})).status == 404


async def test_a_demo_session_is_worth_nothing_outside_the_demo(browser: Browser, real_world: World) -> None:
    await browser.become("zhangsan")
    [cookie] = list(browser.client.cookie_jar)
    async with aiohttp.ClientSession() as client:
        header = {"Cookie": f"{COOKIE}={cookie.value}"}
        assert (await client.get(f"{real_world.url}/api/messages", headers=header)).status == 401


async def test_a_one_time_link_signs_in_once_and_looking_at_it_does_not_use_it(
    real_browser: Browser, real_world: World
) -> None:
    real_world.tokens["secret-token"] = "zhangsan"
    for _ in range(3):
        assert (await real_browser.get("/sign-in/secret-token")).status == 200
    response = await real_browser.post("/api/sign-in/secret-token", {})
    assert (response.status, (await response.json())["person"]["name"]) == (200, "张三")
    assert (await real_browser.get("/api/messages")).status == 200
    response = await real_browser.post("/api/sign-in/secret-token", {})
    assert (response.status, await reason(response)) == (403, "LINK_OVER")


async def test_signing_in_replaces_whoever_was_signed_in(real_browser: Browser, real_world: World) -> None:
    real_world.tokens.update(first="zhangsan", second="lixia")
    await real_browser.post("/api/sign-in/first", {})
    await real_browser.post("/api/sign-in/second", {})
    assert (await real_browser.get("/api/messages?person=zhangsan")).status == 409
    await real_browser.post("/api/sign-out", {})
    assert (await real_browser.get("/api/messages")).status == 401


async def test_the_published_name_is_served_and_its_origin_believed(
    real_browser: Browser, real_world: World
) -> None:
    real_world.tokens["t"] = "zhangsan"
    headers = {"Host": "kuguan.example", "Origin": "https://kuguan.example"}
    assert (await real_browser.post("/api/sign-in/t", {}, headers=headers)).status == 200
    headers["Origin"] = "http://kuguan.example"
    assert (await real_browser.post("/api/sign-in/t", {}, headers=headers)).status == 403


def sealed(secrets: list[bytes], world: World) -> Sessions:
    return Sessions(secrets, lambda: world.clock[0], demo=True, secure=False)


async def test_an_old_secret_opens_while_a_new_one_seals(world: World) -> None:
    old, new = b"o" * 32, b"n" * 32
    empty = make_mocked_request("GET", "/")
    response = web.Response()
    sealed([old], world).add(response, empty, "zhangsan")
    cookie = f"{COOKIE}={response.cookies[COOKIE].value}"
    carrying = make_mocked_request("GET", "/", headers={"Cookie": cookie})
    session = sealed([new, old], world).open(carrying)
    assert session is not None
    assert session.persons == ("zhangsan",)
    assert sealed([new], world).open(carrying) is None


async def test_a_short_secret_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="secret"):
        sealed([b"short"], world)
    with pytest.raises(ValueError, match="secret"):
        sealed([SESSION_SECRET, b""], world)


async def test_the_page_runs_only_its_own_files(browser: Browser) -> None:
    response = await browser.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    html = await response.text()
    assert "<style" not in html
    assert " style=" not in html
    assert "onclick" not in html
    assert all(tag.startswith((' src="/assets/', ' type="module" src="/assets/')) for tag in scripts(html))


def scripts(html: str) -> list[str]:
    return [part.split(">")[0] for part in html.split("<script")[1:]]
