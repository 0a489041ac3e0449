"""Drives the chat page in a real browser the way a person does: by what is seen, labelled and tapped."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NARROW: Final = (390, 844)
WIDE: Final = (1280, 800)
PATIENCE: Final = 15_000
"""Milliseconds until something expected has to be seen."""

Theme = Literal["light", "dark"]
State = Literal["open", "processing", "done", "refused", "closed"]


def browser_program() -> str | None:
    """The browser of this machine: the one named by KUGUAN_BROWSER, else the first known one on the path."""
    named = os.environ.get("KUGUAN_BROWSER")
    return named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


@asynccontextmanager
async def started_browser() -> AsyncIterator[Browser]:
    """A browser without a window. Raises FileNotFoundError when the machine has none."""
    program = browser_program()
    if program is None:
        raise FileNotFoundError("no chromium on the path; install it or name one in KUGUAN_BROWSER")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


class ChatPage:
    """One open page of one person. `complaints` gathers what the browser complained about, `requests`
    the address of everything it fetched."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        *,
        person: str | None = None,
        size: tuple[int, int] = WIDE,
        theme: Theme = "light",
    ) -> "ChatPage":
        """A page in a browser profile of its own; in demo mode it starts as `person` (an id)."""
        width, height = size
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale="zh-CN",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        if person is not None:
            # As if this tab had been used before: only then does the page not choose by itself.
            name, value = "'kuguan.person'", f"'\"{person}\"'"
            await context.add_init_script(
                f"sessionStorage.getItem({name}) ?? sessionStorage.setItem({name}, {value})"
            )
        chat = cls(context, await context.new_page())
        await chat.page.goto(url)
        return chat

    async def ready(self) -> None:
        """Wait until the live stream is up and the history is shown."""
        await expect(self.page.locator(".connection-up")).to_be_visible(timeout=PATIENCE)
        await expect(self.log).to_have_attribute("aria-busy", "false", timeout=PATIENCE)

    async def close(self) -> None:
        await self.context.close()

    # ------------------------------------------------------------ what is seen

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def composer(self) -> Locator:
        return self.page.locator("#text")

    @property
    def banner(self) -> Locator:
        return self.page.locator("#banner")

    @property
    def toasts(self) -> Locator:
        return self.page.locator(".toast")

    def bubbles(self, text: str | None = None) -> Locator:
        """Plain messages of both sides, in reading order."""
        return self.log.locator(".bubble:not(.dots)", has_text=text)

    def said(self, text: str | None = None) -> Locator:
        """What this person said."""
        return self.log.locator(".mine .bubble", has_text=text)

    def cards(self, title: str | None = None, state: State | None = None) -> Locator:
        """Cards, in reading order."""
        selector = ".card" if state is None else f'.card[data-state="{state}"]'
        return self.log.locator(selector, has_text=title)

    async def last_card(self, title: str, state: State = "open") -> Locator:
        """The newest card with these words in this state; waits for it."""
        card = self.cards(title, state).last
        await expect(card).to_be_visible(timeout=PATIENCE)
        return card

    async def rows(self, card: Locator) -> dict[str, str]:
        """Label → value of a card, as a screen reader gets it."""
        found: dict[str, str] = {}
        for row in await card.locator(".row").all():
            value = row.locator("dd")
            spoken = value.locator(".unseen")
            words = spoken if await spoken.count() else value
            label = await row.locator("dt").text_content()
            found[label or ""] = await words.text_content() or ""
        return found

    # ------------------------------------------------------------ what is done

    async def say(self, text: str) -> None:
        """Type and send, and wait until the words stand in the conversation."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.said(text).last).to_be_visible(timeout=PATIENCE)

    async def tap(self, card: Locator, action: str) -> None:
        """Tap a button by the name of its action."""
        await card.locator(f'[data-action="{action}"]').click()

    async def become(self, person: str) -> None:
        """Switch to another persona of the demo company, by id."""
        button = self.page.locator(f'[data-person="{person}"]')
        if not await button.locator("visible=true").count():
            await self.page.locator(".who").click()
        await button.locator("visible=true").first.click()
        await expect(self.page.locator(f'.persona.current[data-person="{person}"]').first).to_be_attached()
        await self.ready()

    async def choose_theme(self, theme: Literal["auto", "light", "dark"]) -> None:
        await self.page.locator(f'[data-theme-choice="{theme}"]').locator("visible=true").first.click()

    async def screenshot(self, path: Path) -> None:
        await self.page.screenshot(path=path)

    def _note(self, kind: str, text: str) -> None:
        # A cut connection is part of many tests; the browser reports each failed request by itself.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.complaints.append(text)
