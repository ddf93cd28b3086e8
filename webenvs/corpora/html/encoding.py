"""The text of a page's bytes: which encoding they are in, and what does not fit it replaced."""

import codecs
import re
from typing import NamedTuple

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
_BINARY_SHARE = 0.02  # of control characters, and more than a few of them
_BINARY_COUNT = 8
_SNIFFED = 65_536
_HEAD = 4096
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{2,40})", re.I)
_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASIAN_AND_CYRILLIC = """big5 big5hkscs cp866 cp932 cp949 euc_jp euc_kr gb18030 gb2312 gbk
    iso2022_jp koi8-r koi8-u mac-roman mac-cyrillic shift_jis tis-620"""
_CODECS = frozenset(
    ["utf-8", *_ASIAN_AND_CYRILLIC.split()]
    + [f"cp{number}" for number in (874, *range(1250, 1259))]
    + [f"iso8859-{number}" for number in range(2, 17)]
)
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What browsers read where an older encoding is named (WHATWG Encoding, "names and labels")."""


_ALIASES = {
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gbk",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-sjis": "cp932",
}
"""Labels of encodings that pages use and Python does not know."""


class Decoded(NamedTuple):
    """The text of a page; was its encoding guessed, were bytes replaced that are no text in it."""

    text: str
    guessed: bool
    replaced: bool


def decode(data: bytes, cut: bool, charset: str | None = None) -> Decoded:
    """The text of `data`: by byte order mark, `charset`, declaration, as UTF-8, as windows-1252.

    Encodings that no page is written in are not believed. With `cut` True the last character may
    be incomplete and is left out then. Raises ValueError if there is nothing, or binary data.
    """
    if not data.strip():
        raise ValueError("empty file")
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], codec, cut)
    wide = _known(charset, wide=True)
    if wide in ("utf-16-le", "utf-16-be"):
        return _decoded(data, wide, cut)
    _check_is_text(data[:_SNIFFED])
    named = _known(charset) or _declared(data[:_HEAD])
    if named:
        return _decoded(data, named, cut)
    try:
        text = codecs.getincrementaldecoder("utf-8")("strict").decode(data, final=not cut)
    except UnicodeDecodeError:
        return _decoded(data, "cp1252", cut, guessed=True)
    return Decoded(text, guessed=not text.isascii(), replaced=False)  # ASCII is no guess


def _check_is_text(head: bytes) -> None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(_BINARY_SHARE * len(head), min(_BINARY_COUNT, len(head) / 5)):
        raise ValueError(f"binary data: {controls} control characters in {len(head)} bytes")


def _decoded(data: bytes, codec: str, cut: bool, guessed: bool = False) -> Decoded:
    decoder = codecs.getincrementaldecoder(codec)
    try:
        return Decoded(decoder("strict").decode(data, final=not cut), guessed, replaced=False)
    except UnicodeDecodeError:
        text = decoder("replace").decode(data, final=not cut)
        return Decoded(text, guessed, replaced=True)


def _declared(head: bytes) -> str | None:
    """The codec that the head of a document declares, if it is one that pages are written in."""
    found = _XML.match(head) or _META.search(head)
    return _known(found[1].decode("ascii", errors="replace")) if found else None


def _known(label: str | None, wide: bool = False) -> str | None:
    """The codec for a label, if pages are written in it; of UTF-16 only where it can be meant.

    A page whose bytes say that they are UTF-16 is in an encoding in which they could be read.
    """
    asked = (label or "").strip(" \t\"'").lower()
    try:
        name = codecs.lookup(_ALIASES.get(asked, asked)).name
    except (LookupError, ValueError):
        return None
    if name.startswith("utf-16"):
        if wide:
            return "utf-16-be" if name == "utf-16-be" else "utf-16-le"
        return "utf-8"
    name = _SUPERSETS.get(name, name)
    return name if name in _CODECS else None
