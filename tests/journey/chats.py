"""Work chats beside a running system: their fakes on a loop of their own, and the people who use them."""

from __future__ import annotations

import asyncio
import csv
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, TypeVar

from tests.fakes.chat import FakeChat, Shown, ShownCard
from tests.fakes.slack_api import ALL_SCOPES

PATIENCE: Final = 60.0
Result = TypeVar("Result")
MOBILES = {"chenmin": "13800138001", "hefeng": "13800138002", "wangzong": "13800138003"}


class Chats:
    """Fakes at work in the background, until stopped."""

    def __init__(self, fakes: Sequence[FakeChat], folder: Path) -> None:
        self.fakes = {fake.platform: fake for fake in fakes}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        for fake in fakes:
            place = folder / fake.platform
            place.mkdir(parents=True)
            self.run(fake.start(place))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something on the fakes' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot finds all of them."""
        return {name: value for fake in self.fakes.values() for name, value in fake.environment.items()}

    def bot_is_at(self, url: str) -> None:
        """Tell every fake where the bot is."""
        for fake in self.fakes.values():
            self.run(fake.bot_is_at(url))

    def stop(self) -> None:
        """End the fakes and their loop."""
        for fake in self.fakes.values():
            self.run(fake.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def person(self, platform: str, user: str) -> ChatPerson:
        """Somebody who uses one of the chats."""
        return ChatPerson(self, self.fakes[platform], user)


class ChatPerson:
    """Somebody in a work chat."""

    def __init__(self, chats: Chats, fake: FakeChat, user: str) -> None:
        self._chats = chats
        self._fake = fake
        self.user = user

    def says(self, text: str, group: str = "") -> None:
        """Write to the bot, or mention it in a group."""
        self._chats.run(self._fake.say(self.user, text, group))

    def sends_picture(self, data: bytes) -> None:
        """Send the bot a picture."""
        self._chats.run(self._fake.send_picture(self.user, data))

    def enters(self) -> None:
        """Open the chat with the bot."""
        self._chats.run(self._fake.enter(self.user))

    def taps(self, card: ShownCard, action: str) -> str:
        """Tap a button; answers with the passing word."""
        return self._chats.run(self._fake.tap(self.user, card, action))

    def sees(self, group: str = "") -> Sequence[Shown]:
        """Everything in the chat with the bot, as it looks now."""

        async def look() -> Sequence[Shown]:
            return self._fake.seen(self.user, group)

        # On the loop that changes it, so that it is not changed while it is read.
        return self._chats.run(look())

    def cards(self, *words: str) -> list[ShownCard]:
        """The cards with all of these words, oldest first."""
        found = [shown.card for shown in self.sees() if shown.card is not None]
        return [card for card in found if all(word in card.text or word in card.title for word in words)]

    def gets(self, action: str, *words: str) -> ShownCard:
        """Wait for a card with a button and words."""

        def look() -> ShownCard | None:
            return next((card for card in reversed(self.cards(*words)) if action in card.buttons), None)

        return self._waits(look, f"{action} on a card with {words}")

    def hears(self, *words: str) -> str:
        """Wait for a message with all of these words."""

        def look() -> str | None:
            texts = (shown.text for shown in reversed(self.sees()) if shown.card is None)
            return next((text for text in texts if all(word in text for word in words)), None)

        return self._waits(look, f"a message with {words}")

    def sees_somewhere(self, words: str, group: str = "") -> None:
        """Wait for words in a message or on a card."""

        def look() -> bool | None:
            return True if any(words in _words(one) for one in self.sees(group)) else None

        self._waits(look, f"{words} anywhere")

    def waits_until_closed(self, *words: str) -> None:
        """Wait until the newest thing with these words has nothing to tap: the card itself where it can be
        replaced, or what followed it where it cannot."""

        def look() -> bool | None:
            about = [one for one in self.sees() if all(word in _words(one) for word in words)]
            return True if about and not (about[-1].card and about[-1].card.buttons) else None

        self._waits(look, f"{words} with nothing left to tap")

    def _waits(self, look: Callable[[], Result | None], what: str) -> Result:
        ends = monotonic() + PATIENCE
        while True:
            found = look()
            if found is not None:
                return found
            assert monotonic() < ends, f"{self.user} never saw {what}: {list(self.sees())[-5:]}"
            sleep(0.05)


def _words(shown: Shown) -> str:
    return f"{shown.card.title} {shown.card.text}" if shown.card else shown.text


def accounts_table(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A table of accounts as an administrator imports it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["platform", "tenant", "user_id", "person"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def know_addresses(chats: Chats, platform: str, accounts: Mapping[str, str]) -> None:
    """Let a product know the addresses of accounts, and let the app ask about them."""
    fake: Any = chats.fakes[platform]
    numbers = {MOBILES[person]: account for person, account in accounts.items()}
    if platform == "wecom":
        fake.members |= set(accounts.values())
        fake.directory.mobiles = numbers
    elif platform == "dingtalk":
        fake.employees.own = numbers
    elif platform == "feishu":
        fake.addresses = {number: (account, {}) for number, account in numbers.items()}
        fake.scopes |= {"contact:user.id:readonly", "tenant:tenant:readonly"}
    else:
        fake.scopes = f"{ALL_SCOPES},users:read,users:read.email"
        fake.mailboxes = {f"{person}@example.com": {"id": account} for person, account in accounts.items()}


def addresses_table(path: Path, people: Iterable[str]) -> Path:
    """A table of people as their department keeps it: more columns than are asked for."""
    rows = [f"{person},某人,{MOBILES[person]},{person.title()}@Example.com" for person in people]
    path.write_text("工号,姓名,手机号,邮箱\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path
