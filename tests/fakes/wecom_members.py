"""The members of a company of WeCom by mobile number and mailbox, within the scope an app may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

NOBODY: Mapping[str, Any] = {"errcode": 46004, "errmsg": "user no exist"}


def member_of(members: Collection[str], user: str) -> str:
    """The member as the company writes them, or nothing; the product does not mind capitals."""
    if user in members:
        return user
    return next((name for name in members if name.lower() == user.lower()), "")


@dataclass
class Members:
    """Who has which address. Beyond `wrong_left` wrong numbers the company may ask no more for a day."""

    mobiles: dict[str, str] = field(default_factory=dict)
    mailboxes: dict[str, str] = field(default_factory=dict)
    private: dict[str, str] = field(default_factory=dict)
    """Mailboxes that members wrote into their profile."""
    outside: set[str] = field(default_factory=set)
    wrong_left: int = 1000

    @property
    def calls(self) -> Mapping[str, Callable[[Any, Any], Mapping[str, Any]]]:
        """What the server answers about members."""
        return {"user/getuserid": self.by_mobile, "user/get_userid_by_email": self.by_email}

    def by_mobile(self, query: Any, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`user/getuserid`"""
        mobile = body.get("mobile")
        if not isinstance(mobile, str) or not 5 <= len(mobile.encode()) <= 32:
            return {"errcode": 60103, "errmsg": "invalid mobile"}
        if self.wrong_left <= 0:
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        found = self._seen(self.mobiles.get(mobile))
        self.wrong_left -= "userid" not in found
        return found

    def by_email(self, query: Any, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`user/get_userid_by_email`; 1 = corporate mailbox, which is the default, 2 = private mailbox"""
        email, kind = body.get("email"), body.get("email_type", 1)
        if not isinstance(email, str) or "@" not in email or kind not in (1, 2):
            return {"errcode": 60105, "errmsg": "invalid email"}
        return self._seen((self.mailboxes if kind == 1 else self.private).get(email))

    def _seen(self, user: str | None) -> Mapping[str, Any]:
        if user is None:
            return NOBODY
        if user in self.outside:
            return {"errcode": 60011, "errmsg": "no privilege to access/modify contact/party/agent"}
        return {"userid": user}
