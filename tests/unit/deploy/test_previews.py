"""Every card of the bot fits every chat product, and looks there as the drawings that people read.

`python -m tests.unit.deploy.test_previews` writes the drawings under tests/data/cards/samples anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from bot.chat.platform import Button, Card, Group, Line
from deploy.command import application
from deploy.previews.look import Look, Message
from deploy.previews.markup import html_of, text_of
from deploy.previews.page import LOOKS
from deploy.previews.samples import LANGUAGES, Sample, samples
from tests.fakes import feishu_cards, slack_blocks, wecom_cards
from tests.journey.page import FLAGS, browser_program

FOLDER = Path(__file__).parents[2] / "data" / "cards" / "samples"
SAMPLES = {f"{one.name}.{language}": one for language in LANGUAGES for one in samples(language)}
TASK = re.compile(r"[0-9A-Za-z_@-]{1,128}")
EVIL = "<img src=x onerror=alert(1)>\"'&</script>"


def drawing(card: Card) -> str:
    """A card in every product, in plain lines drawn from what is sent."""
    return "\n".join(
        "\n".join([f"== {look.name}", *(text_of(look.draw(one)) + "\n" for one in look.messages(card))])
        for look in LOOKS
    )


def problem_of(look: Look, message: Message) -> str:
    """What a product would refuse or cut of a message, "" if nothing."""
    if look.name in ("wecom", "wecom-bot"):
        return _problem_of_wecom(look, message)
    if look.name == "dingtalk":
        parameters = message["cardData"]["cardParamMap"]
        return "" if all(isinstance(one, str) for one in parameters.values()) else "not a text"
    if look.name == "feishu":
        feishu_cards.checked(json.dumps(message, ensure_ascii=False))
        return "" if len(json.dumps(message).encode()) <= feishu_cards.CARD_BYTES else "too large"
    return slack_blocks.problem_of(message["blocks"]) if "blocks" in message else ""


def _problem_of_wecom(look: Look, message: Message) -> str:
    if "template_card" in message:
        return wecom_cards.problem_of(message["template_card"], TASK, greyed=look.name == "wecom")
    content = message[message["msgtype"]]["content"]
    return "" if len(content.encode()) <= (2048 if look.name == "wecom" else 20_480) else "too long"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_card_of_the_bot_is_taken_whole_by_every_product(sample: Sample, look: Look) -> None:
    card = sample.card
    messages = look.messages(card)
    assert [problem_of(look, one) for one in messages] == [""] * len(messages)
    shown = "\n".join(text_of(look.draw(one)) for one in messages)
    assert all(button.label in shown for button in card.buttons)
    assert len(card.buttons) <= shown.count("[")


@pytest.mark.parametrize("name", SAMPLES)
def test_cards_look_as_the_drawings_that_people_read(name: str) -> None:
    assert drawing(SAMPLES[name].card) == (FOLDER / f"{name}.txt").read_text("utf-8")


def test_there_is_no_drawing_without_a_card() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SAMPLES)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_words_on_a_drawing_never_become_markup(look: Look) -> None:
    card = Card("evil", EVIL, EVIL, (Line(EVIL, EVIL),), (Group(EVIL, (), EVIL),), (Button("ok", EVIL),))
    for message in look.messages(card):
        html = html_of(look.draw(message))
        assert set(re.findall(r"</?([^\s>]+)", html)) <= {"div", "span", "b"}
        assert "onerror=alert(1)>" not in html


@pytest.fixture(scope="module", params=LANGUAGES)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as the command writes it."""
    out: Path = tmp_path_factory.mktemp("cards") / "cards.html"
    done = CliRunner().invoke(
        application, ["cards", "preview", "--out", str(out), "--language", request.param]
    )
    assert done.exit_code == 0, done.output
    return out


def test_the_page_shows_every_card_in_every_product_and_fetches_nothing(written: Path) -> None:
    html = written.read_text("utf-8")
    assert not re.search(r"\b(?:src|href)=|@import|url\(", html)
    assert len(re.findall(r"<figure ", html)) == len(samples("zh")) * (1 + len(LOOKS))


@pytest.mark.browser
@pytest.mark.skipif(browser_program() is None, reason="no chromium on this machine")
def test_a_browser_draws_the_cards_of_the_chat_page_as_the_page_does(written: Path) -> None:
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        shown = browser.new_page()
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto(written.as_uri())
        titles = shown.locator("[data-chat=web] .card-title").all_inner_texts()
        browser.close()
    language = "en" if 'lang="en"' in written.read_text("utf-8") else "zh"
    assert titles == [one.card.title for one in samples(language)]
    assert complaints == []


def test_a_page_that_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    done = CliRunner().invoke(application, ["cards", "preview", "--out", str(tmp_path / "no" / "cards.html")])
    assert "写不了文件" in str(done.exception)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for file, one in SAMPLES.items():
        (FOLDER / f"{file}.txt").write_text(drawing(one.card), "utf-8")
