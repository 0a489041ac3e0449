"""Telling names of goods from what else stands in a description column: remarks, fees and nothing at all."""

from __future__ import annotations

import re

# What people type where a name belongs when they correct stock or do not know what it is.
_REMARKS = re.compile(
    r"[?？.\-*/_\s]*"
    r"|(?:test|check|checked|damage[ds]?|damaged stock|broken|crushed|faulty|missing|lost|found|wet|mouldy"
    r"|thrown away|thrown away-rusty|rusty|unsaleable|sold as set.*|sold in set.*|adjustment|adjust|error"
    r"|mixed up|mix up|mia|wrong|wrong code|wrongly (?:marked|coded|sold|mrked).*|wrong barcode.*"
    r"|barcode problem"
    r"|incorrect(?:ly)? .*|incorrect stock entry\.?|(?:stock )?check\??|counted|recount|sample|given away"
    r"|returned|return|came coded as.*|had been put aside|label mix up|website fixed"
    r"|amazon|amazon (?:sales?|adjust.*|sold.*)|ebay|dotcom|dotcom (?:sales?|set|sold.*|adjust.*)"
    r"|john lewis|temp|temporary|n/?a|none|null|nan|unknown|tbc|tbd|todo"
    r"|无|未知|不详|待定|测试|报损|损坏|丢失|盘亏|盘盈|错误|停用|作废)\s*[?!？！]*",
    re.IGNORECASE,
)

# Fees, discounts and vouchers are booked like goods but never lie on a shelf.
_SERVICES = re.compile(
    r"postage|dotcom postage|carriage|freight|shipping(?: fee| cost)?|delivery(?: fee| charge)?|discount"
    r"|manual"
    r"|samples?|bank charges?|amazon ?fee|cruk commission|adjust bad debt|commission|handling(?: fee)?"
    r"|.*\bgift ?vouchers?\b.*|.*\bgift ?card\b.*"
    r"|运费|邮费|快递费|折扣|手续费|服务费|佣金|礼品卡|代金券",
    re.IGNORECASE,
)
_SERVICE_CODES = {
    "ADJUST",
    "ADJUST2",
    "AMAZONFEE",
    "B",
    "BANKCHARGES",
    "C2",
    "CRUK",
    "D",
    "DOT",
    "M",
    "POST",
    "S",
}
_VOUCHER_CODE = re.compile(r"GIFT[_ -]?\d.*", re.IGNORECASE)


def is_remark(name: str) -> bool:
    """Whether a name says nothing about the goods: blank, "?", "damaged", "check" and the like."""
    return _REMARKS.fullmatch(name.strip()) is not None


def is_service(code: str, name: str) -> bool:
    """Whether the row is a fee, a discount or a voucher: by its name, or by its code if it has none."""
    if _SERVICES.fullmatch(name.strip()) or _VOUCHER_CODE.fullmatch(code.strip()):
        return True
    plain_code = re.sub(r"[^A-Z0-9]", "", code.upper())
    return plain_code in _SERVICE_CODES and is_remark(name)
