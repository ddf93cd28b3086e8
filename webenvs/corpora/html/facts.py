"""What a page says about itself beside its text: its language, its date, where it sends readers."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webenvs.corpora.days import day_of
from webenvs.text import printable

MAX_URL = 4_096
"""Characters of the longest url that is believed to be one; it bounds what many links cost."""
MAX_DELAY = 5.0
"""Seconds after which a page that sends its readers on is one that they may have read."""
STUB_LENGTH = 400
"""Characters of text below which a page whose script goes elsewhere is no page of its own."""

_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv
    cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu
    hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg
    li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl no nr nv ny oc oj om or os pa pi
    pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
    tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"""
LANGUAGES = frozenset(_CODES.split())
"""The codes of ISO 639-1; of Norwegian only "no"."""
_OTHER_CODES = """
    ara=ar arb=ar bul=bg cat=ca ces=cs cmn=zh cze=cs chi=zh dan=da deu=de dut=nl ell=el
    eng=en est=et fas=fa fin=fi fra=fr fre=fr ger=de gre=el heb=he hin=hi hrv=hr hun=hu ind=id in=id
    ita=it iw=he ji=yi jpn=ja kor=ko lav=lv lit=lt nb=no nld=nl nn=no nno=no nob=no nor=no per=fa
    pol=pl por=pt ron=ro rum=ro rus=ru slk=sk slo=sk slv=sl spa=es srp=sr swe=sv tha=th tur=tr
    ukr=uk vie=vi yue=zh zho=zh"""
_SAME = dict(pair.split("=") for pair in _OTHER_CODES.split())
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?![A-Za-z])")

_PUBLISHED = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.created",
    "dcterms.issued",
    "citation_publication_date",
    "pubdate",
    "publish-date",
)
_CHANGED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
)
_YEARS = range(1990, 2101)
"""When a page can have been published."""
_JSON_LENGTH = 200_000

_REFRESH = re.compile(
    r"""\s*(\d{0,4}(?:\.\d{0,6})?)\s*[;,\s]\s*(?:url\s*=)?\s*["']?([^"'<>]*)""", re.IGNORECASE
)
_SCRIPTED = re.compile(r"\blocation(?:\.href\s*=(?!=)|\s*=(?!=)|\.(?:replace|assign)\s*\()")


class Meta:
    """The meta elements of a page: by lower-case name, property or http-equiv, first one counts."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._contents: dict[str, str] = {}
        above = tree.head or tree.root
        for node in above.css("meta[content]")[:500] if above is not None else ():
            names = node.attributes
            name = names.get("name") or names.get("property") or names.get("http-equiv")
            name = name or names.get("itemprop")
            if name and not (node.parent is not None and node.parent.tag == "noscript"):
                self._contents.setdefault(name.strip().lower(), names.get("content") or "")

    def get(self, name: str) -> str:
        """The content of the meta element of this name, empty if there is none."""
        return self._contents.get(name, "")


def language(tree: LexborHTMLParser, meta: Meta) -> str:
    """The ISO 639-1 code of the language that a page declares; empty if it declares none."""
    for node in (tree.css_first("html"), tree.body):
        names = node.attributes if node is not None else {}
        for value in (names.get("lang"), names.get("xml:lang")):
            code = language_code(value or "")
            if code:
                return code
    return language_code(meta.get("content-language")) or language_code(meta.get("dc.language"))


def language_code(tag: str) -> str:
    """The ISO 639-1 code for a language tag such as en-US, zh_Hant or deu; empty for no such."""
    found = _LANGUAGE.match(tag)
    code = found[1].lower() if found else ""
    code = _SAME.get(code, code)
    return code if code in LANGUAGES else ""


def date(tree: LexborHTMLParser, meta: Meta, html: str, main: LexborNode | None) -> str:
    """The day a page was published, else last changed, as YYYY-MM-DD; empty if it does not say.

    Asked in this order: meta elements and JSON-LD on publishing, meta elements on changes, the one
    time element of the `main` part.
    """
    for name in _PUBLISHED:
        if day := _web_day(meta.get(name)):
            return day
    if "ld+json" in html and (day := _linked_data(tree)):
        return day
    for name in _CHANGED:
        if day := _web_day(meta.get(name)):
            return day
    if main is None or "<time" not in html:
        return ""
    times = main.css("time[datetime]")
    return _web_day(times[0].attributes.get("datetime") or "") if len(times) == 1 else ""


def _web_day(value: str) -> str:
    """The day that `value` begins with; empty if no page of the web can be from it."""
    day = day_of(value)
    return day if day and int(day[:4]) in _YEARS else ""


def _linked_data(tree: LexborHTMLParser) -> str:
    for node in tree.css('script[type="application/ld+json" i]')[:20]:
        source = node.text()
        try:
            data = json.loads(source) if len(source) <= _JSON_LENGTH else None
        except (ValueError, RecursionError):
            continue
        for value in _published(data):
            if day := _web_day(value):
                return day
    return ""


def _published(data: object) -> Iterator[str]:
    """What a JSON-LD document, or a thing of its graph, says of when it was published."""
    things = data if isinstance(data, list) else [data]
    for thing in things[:100]:
        if isinstance(thing, dict):
            graph = thing.get("@graph")
            for part in [thing, *(graph if isinstance(graph, list) else [])[:100]]:
                if isinstance(part, dict) and isinstance(part.get("datePublished"), str):
                    yield part["datePublished"]


def redirect(tree: LexborHTMLParser, meta: Meta, url: str, base: str, text: str) -> str:
    """The absolute url that a page sends its readers on to at once; empty if it does not.

    By a meta refresh after MAX_DELAY seconds at most. A script that goes elsewhere counts on a page
    with hardly any text if a canonical link says where that is. `base` is what urls are relative
    to; the page's own `url` is no place to be sent to.
    """
    target = _target(tree, meta, text)
    found = absolute(base, target.partition("#")[0].strip()) if target else None
    if found is None or urlsplit(found).scheme not in ("http", "https"):
        return ""
    return "" if found == url.partition("#")[0] else found


def _target(tree: LexborHTMLParser, meta: Meta, text: str) -> str:
    found = _REFRESH.match(meta.get("refresh")[: 2 * MAX_URL])
    if found:
        return found[2] if _seconds(found[1]) <= MAX_DELAY else ""
    if len(text) >= STUB_LENGTH:
        return ""
    canonical = tree.css_first('link[rel="canonical" i][href]')
    if canonical is None or not any(_SCRIPTED.search(node.text()) for node in tree.css("script")):
        return ""
    return canonical.attributes.get("href") or ""


def _seconds(number: str) -> float:
    return float(number) if number.strip(".") else 0.0


def absolute(base: str, href: str) -> str | None:
    """`href` as an absolute url, seen from `base`; None if it is no url, or longer than MAX_URL."""
    if len(href) > MAX_URL:
        return None
    try:
        url = printable(urljoin(base, href))
        urlsplit(url)
    except ValueError:
        return None
    return url
