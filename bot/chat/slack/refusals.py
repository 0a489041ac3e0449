"""What the error names of Slack mean for the bot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)

_WAIT: Final = 30.0
_LONGEST_WAIT: Final = 3600.0

TOKEN_OVER: Final = frozenset({"invalid_auth", "token_expired", "token_revoked", "not_authed"})
"""The token itself is no longer taken; perhaps another one has been put in its place."""
_RATE: Final = frozenset({"ratelimited", "rate_limited"})
_REFUSED: Final = TOKEN_OVER | {
    "access_denied", "account_inactive", "accesslimited", "ekm_access_denied", "enterprise_is_restricted",
    "missing_scope", "no_permission", "not_allowed_token_type", "org_login_required",
    "team_access_not_granted", "two_factor_setup_required",
}  # fmt: skip
_UNREACHABLE: Final = frozenset({
    "cannot_dm_bot", "cannot_reply_to_message", "channel_not_found", "channel_type_not_supported",
    "is_archived", "messages_tab_disabled", "not_in_channel", "restricted_action",
    "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
    "restricted_action_thread_locked", "restricted_action_thread_only_channel", "user_disabled",
    "user_not_found", "user_not_in_channel", "user_not_visible", "users_not_found",
})  # fmt: skip
_GONE: Final = frozenset({"cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"})
_REJECTED: Final = frozenset({
    "block_mismatch", "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_charset",
    "invalid_form_data", "invalid_metadata_format", "invalid_post_type", "metadata_too_large",
    "msg_blocks_too_long", "msg_too_long", "no_text", "view_too_large",
})  # fmt: skip


class Gone(ChannelError):
    """The message can no longer be changed."""


class TokenOver(AuthFailed):
    """The token is no longer taken."""


def failure(method: str, status: int, answer: object, headers: Mapping[str, Any]) -> ChannelError:
    """The error behind an answer; what nobody knows is tried again."""
    name = answer.get("error") if isinstance(answer, Mapping) else None
    error = name if isinstance(name, str) else ""
    said = f"{method}: {error[:80] or f'HTTP {status}'}"
    if isinstance(answer, Mapping) and isinstance(answer.get("needed"), str):
        said += f" (needs {answer['needed'][:80]})"
    if status == 429 or error in _RATE:
        return RateLimited(seconds_of(headers), said)
    kinds: tuple[tuple[frozenset[str], type[ChannelError]], ...] = (
        (TOKEN_OVER, TokenOver),
        (_REFUSED, AuthFailed),
        (_UNREACHABLE, RecipientUnreachable),
        (_GONE, Gone),
        (_REJECTED, PayloadRejected),
    )
    return next((kind(said) for names, kind in kinds if error in names), Transient(said))


def seconds_of(headers: Mapping[str, Any]) -> float:
    """Seconds to wait, as the answer tells."""
    told = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    seconds = float(told) if told.isascii() and told.isdigit() and len(told) <= 6 else _WAIT
    return min(max(seconds, 1.0), _LONGEST_WAIT)
