"""The console: what people say and tap in a terminal goes to the bot's door for this installation."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from deploy.errors import CommandFailed
from deploy.location import base_url, client_secret, data_directory, is_supervised, not_running
from services.kit.ids import new_id

# The bot waits up to 20 seconds for the answer to settle.
DEADLINE_SECONDS = 30.0
# Asking again with the same id is harmless, so a system that is just restarting is worth a little patience.
RETRY_SECONDS = 10.0
_PAUSE_SECONDS = 0.3

_WORDS = {
    "SECRET_WRONG": (
        "本机密钥不被接受:请用 KUGUAN_DATA 指向正在运行的那个系统的数据目录。",
        "The local secret was refused: let KUGUAN_DATA name the data directory of the system that runs.",
    ),
    "STILL_AT_WORK": (
        "已收到,但还没有处理完;稍后用 kuguan inbox 查看。",
        "It was taken but is not finished yet; look again with `kuguan inbox`.",
    ),
    "OVERLOADED": ("系统正忙,请稍后再试。", "The system is busy; try again later."),
    "TEXT_TOO_LONG": ("这句话太长了。", "The sentence is too long."),
    "TEXT_EMPTY": ("这句话是空的。", "The sentence is empty."),
    "TEXT_UNREADABLE": ("这句话里有无法识别的字符。", "The sentence has characters that cannot be read."),
}

Answer = dict[str, Any]


class Console:
    """The conversation of one person, by id or name."""

    def __init__(self, person: str, url: str | None = None, secret: str | None = None) -> None:
        self._person = person
        self._url = url or base_url()
        self._secret = secret or client_secret("console")
        # No proxy of the environment stands between us and our own machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, text: str) -> Answer:
        """Say a sentence; answers with the messages it brought."""
        return self._post("/console/ask", {"as": self._person, "text": text, "id": new_id()})

    def interpret(self, text: str) -> Answer:
        """What the bot understands by a sentence; nothing is said and nothing changes."""
        return self._post("/console/interpret", {"as": self._person, "text": text})

    def tap(self, card: str, action: str, text: str = "") -> Answer:
        """Tap a button of a card, with words where it asks for some; answers with the messages it brought,
        and ``refused`` where there was no such card of this person."""
        told = {"as": self._person, "card": card, "action": action, "text": text, "id": new_id()}
        return self._post("/console/tap", told)

    def inbox(self, limit: int = 20) -> Answer:
        """The newest messages of the conversation."""
        query = urllib.parse.urlencode({"as": self._person, "limit": limit})
        return self._send(urllib.request.Request(f"{self._url}/console/inbox?{query}"))  # noqa: S310 (our own address)

    def _post(self, path: str, body: Mapping[str, str]) -> Answer:
        request = urllib.request.Request(  # noqa: S310 (our own address)
            self._url + path,
            data=json.dumps(body, ensure_ascii=True).encode(),
            headers={"Content-Type": "application/json"},
        )
        return self._send(request)

    def _send(self, request: urllib.request.Request) -> Answer:
        request.add_header("Authorization", f"Bearer {self._secret}")
        ends = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                with self._opener.open(request, timeout=DEADLINE_SECONDS) as reply:
                    answer = json.load(reply)
                if not isinstance(answer, dict):
                    raise self._foreign()
                return answer
            except urllib.error.HTTPError as error:
                raise self._refusal(error) from None
            except urllib.error.URLError as error:
                # Nobody listens: the system is away, not slow; or the bot is just being started again.
                refused = isinstance(error.reason, ConnectionRefusedError)
                if time.monotonic() > ends or (refused and not is_supervised(data_directory())):
                    raise not_running(self._url) from None
            except (OSError, http.client.HTTPException):
                if time.monotonic() > ends:
                    raise not_running(self._url) from None
            except ValueError:
                raise self._foreign() from None
            time.sleep(_PAUSE_SECONDS)

    def _refusal(self, error: urllib.error.HTTPError) -> CommandFailed:
        try:
            told = json.load(error)["error"]
            reason, facts = str(told["reason"]), dict(told.get("facts", {}))
        except (ValueError, KeyError, TypeError, OSError):
            return self._foreign()
        if reason == "PERSON_UNKNOWN":
            return CommandFailed(
                f"没有叫「{self._person}」的人;请用人员编号或姓名。",
                f"Nobody is called {self._person!r}; use a person's id or name.",
            )
        if reason == "PERSON_AMBIGUOUS":
            people = facts.get("people", "")
            return CommandFailed(
                f"叫「{self._person}」的不止一人,请用人员编号:{people}。",
                f"More than one person is called {self._person!r}; use an id: {people}.",
            )
        if reason == "FIELD_MISSING" and facts.get("field") in ("card", "action"):
            return CommandFailed(
                "卡片编号或按钮名写错了:编号在卡片右下角,按钮名如 confirm、approve。",
                "The card's id or the action is misspelt: the id is at the card's lower edge, "
                "actions are such as confirm or approve.",
            )
        if reason in _WORDS:
            return CommandFailed(*_WORDS[reason])
        about = ", ".join(f"{name}={value}" for name, value in facts.items())
        return CommandFailed(f"请求被拒绝:{reason} {about}".rstrip(), f"Refused: {reason} {about}".rstrip())

    def _foreign(self) -> CommandFailed:
        return CommandFailed(
            f"{self._url} 上运行的不是库管。请检查 KUGUAN_URL。",
            f"What answers at {self._url} is not Kuguan. Check KUGUAN_URL.",
        )
