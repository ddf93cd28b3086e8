"""Which encoding the bytes of a page are read in, and what is said of bytes that do not fit."""

import codecs

import pytest

from webenvs.corpora.html.page import CUT_MARK, extract

URL = "https://site/page.html"


def text(raw, charset=None):
    return extract(raw, URL, charset=charset).page.text


@pytest.mark.parametrize(
    "raw",
    [
        codecs.BOM_UTF8 + "é日".encode(),
        codecs.BOM_UTF16_LE + "é日".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "é日".encode("utf-16-be"),
        "é日".encode(),
        b"<meta charset='gb18030'>" + "é日".encode("gb18030"),
        b"<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>"
        + "日".encode("shift_jis"),
        b"<meta charset=x-sjis>" + "日".encode("cp932"),
        b"<?xml version='1.0' encoding='euc-jp'?>" + "日".encode("euc_jp"),
        b"<meta charset=utf-16>" + "é日".encode(),
        b"<meta charset=base64>" + "é日".encode(),
        b"<meta charset=no-such>" + "é日".encode(),
    ],
)
def test_the_encoding_is_found(raw):
    assert text(raw) in ("é日", "日")


def test_undeclared_bytes_that_are_no_utf_8_are_windows_1252():
    assert text(b"caf\xe9 \x93q\x94") == "café “q”"
    assert text(b"<meta charset=iso-8859-1>\x93q\x94") == "“q”"
    assert text(b"<meta charset=utf-8>caf\xe9") == "caf\ufffd"


def test_older_chinese_and_japanese_labels_mean_what_browsers_read():
    assert text(b"<meta charset=gb2312>" + "镕".encode("gbk")) == "镕"
    assert text(b"<meta charset=shift_jis>" + "①".encode("cp932")) == "①"


def test_the_charset_of_a_header_goes_before_the_declaration():
    raw = b"<meta charset=utf-8>" + "да".encode("koi8-r")
    assert text(raw, "KOI8-R") == "да"
    assert text(raw, ' "koi8-r" ') == "да"


def test_a_byte_order_mark_goes_before_the_charset_of_a_header():
    assert text(codecs.BOM_UTF8 + "é".encode(), "koi8-r") == "é"


def test_a_header_may_say_utf_16_where_a_declaration_may_not():
    assert text("<p>é日 and more".encode("utf-16-be"), "utf-16be") == "é日 and more"


@pytest.mark.parametrize("charset", ["no-such", "base64", "", "utf-8\0", "é"])
def test_a_charset_that_no_page_is_written_in_is_not_believed(charset):
    assert text("é".encode(), charset) == "é"


@pytest.mark.parametrize(
    ("raw", "charset", "guessed", "replaced"),
    [
        (b"plain", None, False, False),
        ("é".encode(), None, True, False),
        (b"caf\xe9", None, True, False),
        (b"caf\xe9 \x81", None, True, True),
        (b"<meta charset=latin1>caf\xe9", None, False, False),
        ("é".encode(), "utf-8", False, False),
        (b"caf\xe9", "utf-8", False, True),
        (codecs.BOM_UTF8 + "\ufffd".encode(), None, False, False),
    ],
)
def test_guesses_and_replaced_bytes_are_told(raw, charset, guessed, replaced):
    found = extract(raw, URL, charset=charset)
    assert (found.guessed, found.replaced) == (guessed, replaced)


@pytest.mark.parametrize("charset", [None, "utf-8"])
def test_a_cut_inside_a_character_does_not_change_the_encoding(charset):
    raw = b"<p>" + "é".encode() * 100
    found = extract(raw, URL, limit=20, charset=charset)
    assert found.cut
    assert not found.replaced
    assert found.page.text == "é" * 8 + CUT_MARK
