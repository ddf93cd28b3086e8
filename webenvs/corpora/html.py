"""A page from HTML: its bytes decoded and made safe to parse, its main part found, its text read.

Inputs that would cost a tree builder more than about a second are cut or trimmed first: pages over
a size limit, and markup nested, left open or repeated to no purpose.
"""

import codecs
import re
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webenvs.corpora.htmltame import tame
from webenvs.corpora.htmltext import Rendered, render
from webenvs.records import Link, Page, Record
from webenvs.text import one_line, printable

SIZE_LIMIT = 5_000_000
"""Bytes of a page that are read; the rest is cut."""
CUT_MARK = "\n\n[...]"
"""What the text of a cut page ends in."""

MAIN = (
    "main",
    '[role="main"]',
    "article",
    "#mw-content-text",
    "#bodyContent",
    "#main-content",
    "#content",
    "#main",
    ".main-content",
    "div.body",
    "div.document",
    ".post-content",
    ".entry-content",
)
"""Where the main part of a page stands, the surest place first."""

UNWANTED = ", ".join(
    (
        "[hidden]",
        '[aria-hidden="true" i]',
        '[style*="display:none" i]',
        '[style*="display: none" i]',
        '[style*="visibility:hidden" i]',
        '[style*="visibility: hidden" i]',
        '[role="navigation" i]',
        '[role="search" i]',
        '[role="contentinfo" i]',
        "div.nav",
        "div.menu",
        ".navbar",
        ".breadcrumb",
        ".breadcrumbs",
        ".headerlink",
        ".mw-editsection",
        ".linenos",
        ".lineno",
    )
)
"""What is no text of a page wherever it stands: hidden, for navigation, or a mark for editors."""

_ENOUGH = 500  # characters that make a main part credible without looking at the rest
_SHARE = 0.3  # of the body's text, for a shorter main part
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1b") + b"\x7f"
_BINARY_SHARE = 0.02  # of control characters, and more than a few of them
_BINARY_COUNT = 8
_SNIFFED = 65_536
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
_TITLE_MARKS = ("-", "–", "—", "|", "·", "•", "»", "«", "::")
_EMPTY_TAG = re.compile(
    r"<(a|div|em|i|iframe|li|p|script|span|style|td|textarea|title)\b([^<>]*)/>"
)
"""An element that XML may leave empty and that HTML would read as open."""


class Extraction(Record, frozen=True, kw_only=True):
    """A page read from HTML, whether it was cut, and how many of its links were no url.

    The page's links are absolute, without fragment, in the order of the text; where they lead was
    not looked at. `redirect` is the absolute url that the page sends its reader on to at once, if
    it does; `guessed` says that nothing declared the encoding, `replaced` that some bytes were no
    text in it.
    """

    page: Page
    cut: bool = False
    bad_links: int = 0
    redirect: str = ""
    guessed: bool = False
    replaced: bool = False


def extract(
    data: bytes, url: str, limit: int = SIZE_LIMIT, charset: str | None = None
) -> Extraction:
    """The page that the HTML `data` of `url` shows; at most `limit` bytes of it are read.

    `charset` is the encoding that the server named, which counts for more than the page's own word.
    Raises ValueError, saying why, if there is nothing to read: binary data, or no text.
    """
    cut = len(data) > limit
    html = _decoded(data[:limit], cut, charset)
    if html.lstrip().startswith("<?xml"):
        html = _EMPTY_TAG.sub(r"<\1\2></\1>", html)
    html, trimmed = tame(html)
    tree = LexborHTMLParser(html)
    rendered = _rendered(tree)
    if not rendered.text:
        raise ValueError("no text")
    cut = cut or trimmed or rendered.cut
    links, bad = _links(rendered, _base(tree, url))
    text = rendered.text + CUT_MARK * cut
    page = Page(url=url, title=_title(tree, rendered, url), text=text, links=links)
    return Extraction(page=page, cut=cut, bad_links=bad)


def _decoded(data: bytes, cut: bool, charset: str | None) -> str:
    """The text of `data`: by byte order mark, by declaration, as UTF-8, or as windows-1252."""
    if not data.strip():
        raise ValueError("empty file")
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    head = data[:_SNIFFED]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(_BINARY_SHARE * len(head), min(_BINARY_COUNT, len(head) / 5)):
        raise ValueError(f"binary data: {controls} control characters in {len(head)} bytes")
    declared = _codec(charset or "") or _declared(data[:4096])
    if declared:
        return data.decode(declared, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(data, final=not cut)
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _declared(head: bytes) -> str | None:
    """The codec that the head of a document declares, if it is one that pages are written in."""
    found = _XML.match(head) or _META.search(head)
    return _codec(found[1].decode("ascii", errors="replace")) if found else None


def _codec(label: str) -> str | None:
    """The codec of an encoding's name, if it is one that pages are written in."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859-1"):
        return "cp1252"
    if name.startswith("utf-16"):
        return "utf-8"
    return name if name in _CODECS else None


def _rendered(tree: LexborHTMLParser) -> Rendered:
    """The text of the main part, or of the whole body where no part is credibly the main one."""
    body = tree.body or tree.root
    if body is None:
        raise ValueError("no text")
    unwanted = frozenset(node.mem_id for node in tree.css(UNWANTED))
    main = _main(tree, unwanted)
    if main is None:
        return render(body, unwanted, header=False)
    found = render(main, unwanted)
    if len(found.text) >= _ENOUGH:
        return found
    whole = render(body, unwanted, header=False)
    return found if len(found.text) >= _SHARE * len(whole.text) else whole


def _main(tree: LexborHTMLParser, unwanted: frozenset[int]) -> LexborNode | None:
    for selector in MAIN:
        found = [node for node in tree.css(selector) if node.mem_id not in unwanted]
        if len(found) == 1:
            return found[0]
    return None


def _title(tree: LexborHTMLParser, rendered: Rendered, url: str) -> str:
    """The title element, less the site's name; else the first heading; else the end of the url.

    What is left of a title is a heading of the page, where a mark such as a dash follows it.
    """
    node = tree.css_first("title")
    title = one_line(printable(node.text())) if node else ""
    for heading in rendered.headings:
        if title.startswith(heading) and title[len(heading) :].lstrip().startswith(_TITLE_MARKS):
            return heading
    return title or next(iter(rendered.headings), _tail(url))


def _tail(url: str) -> str:
    return printable(unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])) or url


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    if node is None:
        return url
    try:
        return urljoin(url, (node.attributes.get("href") or "").strip())
    except ValueError:
        return url


def _links(rendered: Rendered, base: str) -> tuple[tuple[Link, ...], int]:
    """The links of a page with absolute urls, and the number of those that are no url."""
    resolved: dict[str, str | None] = {}
    links = []
    for anchor in rendered.anchors:
        href = anchor.href.partition("#")[0].strip()
        if href not in resolved:
            resolved[href] = _resolved(base, href)
        url = resolved[href]
        if url is not None:
            text = anchor.text or _tail(url)
            links.append(Link(anchor=text, url=url, position=anchor.position))
    return tuple(links), len(rendered.anchors) - len(links)


def _resolved(base: str, href: str) -> str | None:
    try:
        url = printable(urljoin(base, href))
        urlsplit(url)
    except ValueError:
        return None
    return url
