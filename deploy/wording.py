"""The reasons that services and imports give, in words: Chinese first, English equal."""

from __future__ import annotations

from collections.abc import Mapping

# Reason -> (Chinese, English). A reason without words is shown as it is, with its facts.
REASONS: dict[str, tuple[str, str]] = {
    "ACCOUNT_FOUND": ("找到账号", "an account was found"),
    "ACCOUNT_NOT_FOUND": (
        "这个平台上没有人用这个地址,或应用看不到这个人",
        "nobody there whom the app may see",
    ),
    "ACCOUNT_OF_SEVERAL": ("几个人查到同一个账号,都不绑定", "one account was found for several people"),
    "ADDRESS_MISSING": ("没有可以查询的手机号或邮箱", "no address to ask by"),
    "ALIAS_TWICE": ("别名重复,只留一个", "an alias stood there twice"),
    "ALREADY_OPENED": ("该物料在该仓库已有期初", "opening stock was already recorded there"),
    "ALREADY_MOVED": ("该物料在该仓库已有出入库,不能再期初", "stock has moved there already"),
    "BAD_CODE": ("编码只能用字母、数字、- 和 _,最多 40 位", "a code has 1 to 40 letters, digits, - and _"),
    "BAD_DATE": ("日期无法识别", "not a date"),
    "BAD_EMAIL": ("不是邮箱地址", "not an e-mail address"),
    "BAD_ID": ("编号只能用小写字母、数字、- 和 _", "an id has 1 to 40 of a-z, 0-9, - and _"),
    "BAD_MOBILE": (
        "不是手机号:大陆号码 11 位,其他以 + 和国家码开头",
        "not a mobile number: 11 digits in mainland China, + and the country's code elsewhere",
    ),
    "BAD_NUMBER": ("数字无法确定", "not a number for sure"),
    "BAD_PACK": ("包装换算应写成 箱=8", "a pack is written as 箱=8"),
    "BAD_TRACKING": ("跟踪方式应为 none、lot 或 serial", "tracking is none, lot or serial"),
    "BLANKS_JOINED": ("多余空格已合并", "blanks in a row were joined"),
    "CELLS_MISSING": ("行尾缺少单元格,按空白处理", "cells missing at the end were taken as blank"),
    "CODE_MISSING": ("没有编码", "no code"),
    "CODE_NORMALISED": ("编码已统一为标准写法", "the code was put into its one spelling"),
    "CONTROL_CHARACTERS_REMOVED": ("已去掉控制字符", "control characters were removed"),
    "DUPLICATE": ("已存在", "already there"),
    "DUPLICATE_CODE": ("编码重复", "the code stands in an earlier row"),
    "DUPLICATE_ID": ("编号重复", "the id stands in an earlier row"),
    "DUPLICATE_BARCODE": ("条码已属于另一个物料", "the barcode belongs to another item"),
    "DUPLICATE_ROW": ("与前面的行是同一个物料和仓库", "the same item and place stands in an earlier row"),
    "FORMULA": ("单元格是公式,不予执行也不采用", "a cell is a formula, which is neither run nor taken"),
    "INVALID_FIELD": ("字段不合规", "a field has a value it cannot have"),
    "LOT_EXPIRY_DIFFERS": ("同一批次的到期日不一致", "the lot has another expiry date"),
    "LOT_MISSING": ("该物料按批次管理,缺少批次", "the item is tracked by lot and has none here"),
    "MANAGER_CYCLE": ("上级关系成环", "somebody would be their own superior"),
    "MANGLED_NUMBER": ("编码被表格软件改成了科学计数", "a spreadsheet turned the code into 1.2E+12"),
    "NAME_IS_A_REMARK": ("名称只是备注,说明不了是什么货", "the name is a remark, not what the goods are"),
    "NAME_MISSING": ("没有名称", "no name"),
    "NEGATIVE": ("不能为负", "must not be negative"),
    "NOT_POSITIVE": ("数量必须大于零", "must be more than zero"),
    "NOT_SIGNED_IN": ("没有登录或凭证已失效", "not signed in"),
    "NOT_AN_AMOUNT": ("数量或金额不合规", "not an amount within bounds"),
    "NOT_TRACKED": ("该物料不按批次或序列号管理", "the item is not tracked that way"),
    "NO_SUCH": ("没有这个", "there is no such thing"),
    "NO_SUCH_ITEM": ("没有这个物料", "there is no such item"),
    "OTHERS_REFUSED": ("其他行被拒绝,整份未写入", "other rows were refused, so nothing is written"),
    "OWN_RIGHTS": ("不能修改自己的权限", "nobody changes their own rights"),
    "PERMISSION_MISSING": ("没有权限", "not permitted"),
    "REQUEST_ID_REUSED": ("同一请求号已用于不同内容", "the request id was used for other content"),
    "SERIAL_ELSEWHERE": ("该序列号已在别处", "the serial number is somewhere else"),
    "SERIAL_MISSING": (
        "该物料按序列号管理,缺少序列号",
        "the item is tracked by serial number and has none here",
    ),
    "SERIAL_QUANTITY": ("一个序列号只能对应数量 1", "one serial number is one piece"),
    "SERVICE_CODE": ("费用、折扣或礼品卡,不是库存物料", "a fee, discount or voucher, not goods"),
    "TEXT_UNWRAPPED": ('已去掉 ="…" 包装', 'the ="…" around the text was removed'),
    "TIDIED": ("文字已整理", "the text was tidied"),
    "TOO_BUSY": ("系统正忙,请稍后再试", "too busy, try again later"),
    "TOO_FINE": ("数量的小数位太多", "more decimal places than the item allows"),
    "TOO_MANY_CELLS": ("单元格比表头多", "more cells than the header has"),
    "TOO_MUCH_IN_ONE_PLACE": ("数量超出上限", "more than one place can hold"),
    "UNIT_ASSUMED": ("没有单位,按件", "no unit, taken as 件"),
    "UNKNOWN_ITEM": ("没有这个物料", "there is no such item"),
    "UNKNOWN_UNIT": ("该物料没有这个单位", "the item has no such unit"),
    "UNKNOWN_WAREHOUSE": ("没有这个仓库", "there is no such warehouse"),
}


def reason_words(reason: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """One sentence in each language, with the facts behind it."""
    chinese, english = REASONS.get(reason, (reason, reason))
    about = ", ".join(f"{name}={value}" for name, value in facts.items())
    if not about:
        return f"{chinese}。", f"{english[:1].upper()}{english[1:]}."
    return f"{chinese}({about})。", f"{english[:1].upper()}{english[1:]} ({about})."
