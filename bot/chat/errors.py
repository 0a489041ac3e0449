"""What can go wrong between the bot and a chat product."""


class ChannelError(Exception):
    """A chat product did not do what was asked. The text is for logs, never for people."""


class AuthFailed(ChannelError):
    """Our credentials are refused: an operator has to act, repeating does not help."""


class RateLimited(ChannelError):
    """Too many calls; repeat after `retry_after` seconds."""

    def __init__(self, retry_after: float, detail: str = "") -> None:
        super().__init__(f"rate limited for {retry_after} s {detail}".rstrip())
        self.retry_after = retry_after


class RecipientUnreachable(ChannelError):
    """This person or group cannot be written to (left, never met the bot, blocked it)."""


class PayloadRejected(ChannelError):
    """The product refuses this content; repeating it unchanged does not help."""


class Transient(ChannelError):
    """Outcome unknown or product unavailable: repeat with the same key."""


class Overloaded(ChannelError):
    """Raised by the sink: the event was not kept; repeat after `retry_after` seconds."""

    def __init__(self, retry_after: float = 1.0, detail: str = "") -> None:
        super().__init__(f"not kept, repeat after {retry_after} s {detail}".rstrip())
        self.retry_after = retry_after
