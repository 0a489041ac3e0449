"""Finding accounts by addresses that a chat product itself knows to be its user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

MODULES: Final = ("wecom", "dingtalk", "feishu", "slack")
"""The packages of products with a module `accounts`, whose `accounts(chat, session)` makes Accounts.

It raises SettingMissing and SettingInvalid.
"""


class Kind(StrEnum):
    """What an account can be found by."""

    MOBILE = "mobile"
    EMAIL = "email"


class Accounts(Protocol):
    """The accounts of one company on one product, as far as the app may see them."""

    @property
    def kinds(self) -> Sequence[Kind]:
        """What can be asked by, the surer first."""
        ...

    @property
    def at_once(self) -> int:
        """How many addresses one question may have."""
        ...

    async def tenant(self) -> str:
        """The company, named as events from people name it. Raises a ChannelError."""
        ...

    async def find(self, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
        """The user id behind each address that is somebody's; all others are left out.

        A mobile number is 11 digits in mainland China and begins with + and the country's code anywhere
        else; an e-mail address is in lower case. Raises a ChannelError.
        """
        ...
