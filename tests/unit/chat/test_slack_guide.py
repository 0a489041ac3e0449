"""The guides tell to ask for what the bot uses, and the check asks for the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.chat.slack.callbacks import PATH
from bot.chat.slack.check import SCOPES

FOLDER = Path(__file__).parents[3] / "docs" / "channels"


def manifest(page: str) -> Any:
    """The manifest to paste, as the page shows it."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


@pytest.mark.parametrize("page", ["slack.md", "slack.en.md"])
def test_the_manifest_asks_for_what_is_used_and_hears_what_is_read(page: str) -> None:
    told = manifest(page)
    assert tuple(told["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert told["settings"]["event_subscriptions"]["bot_events"] == [
        "app_home_opened",
        "app_mention",
        "message.im",
    ]
    assert told["settings"]["interactivity"]["is_enabled"]
    assert told["features"]["app_home"]["messages_tab_enabled"]
    assert PATH in (FOLDER / page).read_text(encoding="utf-8")
