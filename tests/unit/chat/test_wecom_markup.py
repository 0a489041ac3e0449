"""The XML of WeCom callbacks: read within bounds, nothing expanded; written so that everybody reads it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.wecom.markup import Unreadable, read, write

BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><xml><A>&b;</A></xml>'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><A>&f;</A></xml>'


def test_fields_are_read_as_text() -> None:
    document = read("<xml><A><![CDATA[领 <5> 包]]></A><B>1</B><C><D>a</D><D>b</D></C></xml>".encode())
    assert (document.get("A"), document.get("B"), document.get("none")) == ("领 <5> 包", "1", "")
    assert [one.text for one in document.child("C").all("D")] == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a><b></a>",
        b"<a/><b/>",
        BILLION_LAUGHS,
        OUTSIDE,
        BILLION_LAUGHS.decode().encode("utf-16"),
        b"<!DOCTYPE xml><xml/>",
        b"<xml>&nbsp;</xml>",
        b"<xml><?php x ?></xml>",
        b"<xml>\xff\xfe</xml>",
        b"<xml>" * 9 + b"</xml>" * 9,
        b"<xml>" + b"<a/>" * 300 + b"</xml>",
        b"<xml>\x00</xml>",
    ],
)
def test_what_is_no_callback_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data)


@given(st.text(max_size=100))
def test_what_we_write_another_parser_reads(text: str) -> None:
    written = write("xml", {"A": text, "B": 7, "C": [{"D": "x"}, {"D": "y"}]})
    root = ET.fromstring(written.encode("utf-8"))
    kept = "".join(one for one in text if one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff"))
    kept = "".join(one for one in kept if not "\ud800" <= one <= "\udfff")
    # XML readers read every kind of line end as "\n".
    assert (root.findtext("A") or "") == kept.replace("\r\n", "\n").replace("\r", "\n")
    assert (root.findtext("B"), [one.findtext("D") for one in root.findall("C")]) == ("7", ["x", "y"])
