"""Checks whether a chat product is set up right, step by step, with its own words for each step."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, ClientTimeout

from bot.chat.checking import Finding
from bot.chat.products import PRODUCTS
from bot.chat.settings import ChatSettings
from bot.texts import Words
from deploy.errors import CommandFailed
from deploy.location import base_url, not_running
from services.kit.settings import SettingInvalid, SettingMissing, Settings

CALL_SECONDS = 10.0
_ZONE = ZoneInfo("UTC")


def check_chat(product: str, data: Path) -> Sequence[Finding]:
    """What is right and what is missing for a product; raises CommandFailed where nothing can be checked."""
    package = package_of(product, PRODUCTS)
    with settings_in_words():
        return asyncio.run(_check(package, chat_settings(package, data)))


def package_of(product: str, packages: Iterable[str]) -> str:
    """The package of a product as people name it; raises CommandFailed for one that is not among them."""
    package = product.lower().replace("-", "_")
    if package not in packages:
        known = " ".join(name.replace("_", "-") for name in packages)
        raise CommandFailed(
            f"没有「{product}」这个平台,可选:{known}", f"no such chat {product}; there are: {known}"
        )
    return package


def chat_settings(package: str, data: Path) -> ChatSettings:
    """What an administrator set for a product; raises SettingInvalid."""
    return ChatSettings.of(Settings.of("bot", {**os.environ, "KUGUAN_DATA": str(data)}), PRODUCTS[package])


@contextmanager
def settings_in_words() -> Iterator[None]:
    """A setting that is missing or wrong ends the command with what is to be set."""
    try:
        yield
    except (SettingMissing, SettingInvalid) as wrong:
        said = f"{wrong.facts['setting']}: {wrong.facts['hint']}"
        raise CommandFailed(f"设置缺失或不对 {said}", f"a setting is missing or wrong: {said}") from None


def chats_now() -> Sequence[Mapping[str, Any]]:
    """How each chat of the running system is; raises CommandFailed where nothing runs."""
    url = base_url()
    # No proxy of the environment stands between us and our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/status", timeout=CALL_SECONDS) as reply:
            chats: Sequence[Mapping[str, Any]] = json.load(reply)["chats"]
            return chats
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        raise not_running(url) from None


def words_of(finding: Finding) -> tuple[str, str]:
    """The sentence of a finding, Chinese first."""
    return in_both(finding.key, finding.facts)


def in_both(key: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """A sentence of the bot in both languages, Chinese first."""
    chinese, english = (Words(language, _ZONE)(key, **facts) for language in ("zh", "en"))
    return chinese, english


async def _check(package: str, chat: ChatSettings) -> Sequence[Finding]:
    async with ClientSession(timeout=ClientTimeout(total=CALL_SECONDS)) as session:
        findings: Sequence[Finding] = await import_module(f"bot.chat.{package}").check(chat, session)
        return findings
