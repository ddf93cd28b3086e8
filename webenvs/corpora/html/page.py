"""A page from HTML: its main part found, its text, links, title, language and date read.

Inputs that would cost a tree builder more than about a second are cut or trimmed first: pages over
a size limit, and markup nested, left open or repeated to no purpose.
"""

import re
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webenvs.corpora.html import facts, parts
from webenvs.corpora.html.encoding import decode
from webenvs.corpora.html.tame import tame
from webenvs.corpora.html.text import Rendered, render
from webenvs.records import Link, Page, Record
from webenvs.text import clip, one_line, printable

SIZE_LIMIT = 5_000_000
"""Bytes of a page that are read; the rest is cut."""
CUT_MARK = "\n\n[...]"
"""What the text of a cut page ends in."""
TITLE_LENGTH = 300
"""Characters of a title that are kept."""

_ENOUGH = 500  # characters that make a main part credible without looking at the rest
_SHARE = 0.3  # of the body's text, for a shorter main part
_TITLE_MARKS = ("-", "–", "—", "|", "·", "•", "»", "«", "::")
_EMPTY_TAG = re.compile(
    r"<(a|div|em|i|iframe|li|p|script|span|style|td|textarea|title)\b([^<>]*)/>"
)
"""An element that XML may leave empty and that HTML would read as open."""
_PLAIN_HREF = re.compile(r"(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*", re.ASCII)
"""A relative url that is the end of an absolute one, character by character."""


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

    `charset` is the encoding that came with the data, in an HTTP header for one. Raises ValueError,
    saying why, if there is nothing to read: binary data, or no text, unless it sends the reader on.
    """
    decoded = decode(data[:limit], len(data) > limit, charset)
    html, trimmed = tame(_closed(decoded.text))
    lower = html.lower()
    tree = LexborHTMLParser(html)
    base = _base(tree, url) if "<base" in lower else url
    main, rendered = _rendered(tree, parts.Clues(lower))
    meta = facts.Meta(tree)
    redirect = facts.redirect(tree, meta, url, base, rendered.text)
    if not rendered.text and not redirect:
        raise ValueError("no text")
    cut = len(data) > limit or trimmed or rendered.cut
    links, bad = _links(rendered, base)
    page = Page(
        url=url,
        title=_title(tree, rendered, url),
        text=rendered.text + CUT_MARK * cut,
        links=links,
        language=facts.language(tree, meta),
        date=facts.date(tree, meta, lower, main),
    )
    return Extraction(
        page=page,
        cut=cut,
        bad_links=bad,
        redirect=redirect,
        guessed=decoded.guessed,
        replaced=decoded.replaced,
    )


def _closed(html: str) -> str:
    """`html` with the empty elements of XML closed, if it is XML."""
    return _EMPTY_TAG.sub(r"<\1\2></\1>", html) if html.lstrip().startswith("<?xml") else html


def _rendered(tree: LexborHTMLParser, clues: parts.Clues) -> tuple[LexborNode | None, Rendered]:
    """The main part and its text, or the whole body where no part is credibly the main one."""
    body = tree.body or tree.root
    if body is None:
        return None, Rendered("", (), (), False)
    parts.part_words(tree, clues)
    unwanted = parts.unwanted(tree, clues)
    main = parts.main_part(tree, clues, unwanted)
    if main is None:
        return body, render(body, unwanted, header=False)
    heading = parts.heading_outside(tree, main, unwanted)
    found = render(main, unwanted, before=heading)
    if len(found.text) >= _ENOUGH:
        return main, found
    whole = render(body, unwanted, header=False)
    credible = len(found.text) >= _SHARE * len(whole.text)
    return (main, found) if credible else (body, whole)


def _title(tree: LexborHTMLParser, rendered: Rendered, url: str) -> str:
    """The title element, less the site's name; else the first heading; else the end of the url.

    What is left of a title is a heading of the page, where a mark such as a dash follows it.
    """
    node = tree.css_first("title")
    title = clip(one_line(printable(node.text())), TITLE_LENGTH) if node else ""
    for heading in rendered.headings:
        if title.startswith(heading) and title[len(heading) :].lstrip().startswith(_TITLE_MARKS):
            return heading
    return title or next(iter(rendered.headings), _tail(url))


def _tail(url: str) -> str:
    return printable(unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])) or url


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "").strip() if node is not None else ""
    return facts.absolute(url, href) or url


def _links(rendered: Rendered, base: str) -> tuple[tuple[Link, ...], int]:
    """The links of a page with absolute urls, and the number of those that are no url."""
    folder = _folder(base)
    resolved: dict[str, str | None] = {}
    links = []
    for anchor in rendered.anchors:
        href = anchor.href.partition("#")[0].strip()
        if href not in resolved:
            plain = folder and len(href) <= facts.MAX_URL and _PLAIN_HREF.fullmatch(href)
            resolved[href] = folder + href if plain else facts.absolute(base, href)
        url = resolved[href]
        if url is not None:
            text = anchor.text or _tail(url)
            links.append(Link(anchor=text, url=url, position=anchor.position))
    return tuple(links), len(rendered.anchors) - len(links)


def _folder(base: str) -> str:
    """What a plain relative url is appended to; empty if `base` asks for more care than that."""
    probe = "a"
    folder = base.partition("?")[0].rpartition("/")[0] + "/"
    return folder if urljoin(base, probe) == folder + probe else ""
