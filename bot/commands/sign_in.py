"""Signing in to the chat page: a one-time link, given only in a chat that already knows the person."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta

from bot.commands.ask import Ask, Invite

LINK_LIFE = timedelta(minutes=10)
_TOKEN_BYTES = 32
_PHRASES = frozenset(
    {
        "登录",
        "网页登录",
        "登录链接",
        "登录网页",
        "我要登录",
        "sign in",
        "sign-in",
        "sign-in link",
        "log in",
        "login",
    }
)


def is_asked(text: str) -> bool:
    """Whether a sentence asks for the link and for nothing else."""
    return unicodedata.normalize("NFKC", text[:40]).strip(" 。.!").lower() in _PHRASES


def invite(ask: Ask, page: str) -> Invite:
    """A link that signs the person in once, within a few minutes."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    minutes = int(LINK_LIFE.total_seconds() // 60)
    return Invite(ask.words("sign_in.link", link=f"{page}/sign-in/{token}", minutes=minutes), token)
