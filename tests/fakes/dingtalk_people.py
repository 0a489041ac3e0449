"""The employees of a company of DingTalk by mobile number, as its older host knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BY_MOBILE = "/topapi/v2/user/getbymobile"
SCOPE = "qyapi_get_member_by_mobile"


@dataclass
class Employees:
    """Who has which number: their own account, or accounts the company made. `tokens` are those given out."""

    tokens: set[str]
    own: dict[str, str] = field(default_factory=dict)
    made: dict[str, list[str]] = field(default_factory=dict)
    permitted: bool = True

    async def by_mobile(self, request: web.Request, body: Any) -> dict[str, Any]:
        """Every outcome comes with HTTP 200; what is wrong before the call itself has the code 88."""
        if request.query.get("access_token") not in self.tokens:
            return _barred("40014", "不合法的access_token")
        if not self.permitted:
            return _barred("60011", f"应用尚未开通所需的权限:[{SCOPE}],点击链接申请并开通即可")
        mobile = body.get("mobile")
        if not isinstance(mobile, str) or not mobile:
            return {"errcode": 400002, "errmsg": "无效的参数"}
        made = self.made.get(mobile, []) if body.get("support_exclusive_account_search") is True else []
        if mobile not in self.own and not made:
            return {"errcode": 60121, "errmsg": "找不到该用户"}
        result: dict[str, Any] = {"userid": self.own[mobile]} if mobile in self.own else {}
        return {"errcode": 0, "errmsg": "ok", "result": {**result, "exclusive_account_userid_list": made}}


def _barred(code: str, words: str) -> dict[str, Any]:
    told = f"ding talk error[subcode={code},submsg={words}]"
    return {"errcode": 88, "errmsg": told, "sub_code": code, "sub_msg": words}
