"""Markup trimmed so that building its tree takes time in proportion to its length.

A tree builder's work grows with the square of the depth of nesting, of the formatting elements left
open, of the attributes of one tag and of some repeated tags. Cheap checks that cannot be deceived
let ordinary markup pass untouched. The rest is rewritten tag by tag: what is far beyond the needs
of a page is taken out, the text stays.
"""

import re

from webenvs.corpora.html.stack import OpenElements

SAFE_LENGTH = 16_384
"""Shorter markup cannot cost much, whatever it is, and is left as it is."""
SAFE_TAG_LENGTH = 65_536
"""Shorter markup cannot hold a tag with so many attributes that it costs much."""
SAFE_DEPTH_WORK = 200_000_000
"""Start tags times tags that cost little even if all were nested."""
SAFE_FORMAT_WORK = 2_000_000
"""Formatting elements left open times start tags that cost little if all were made anew."""
MAX_ATTRIBUTES = 200
MAX_REPEATED = 1_000
MAX_TAGS = 200_000

_FORMATS = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_FORMAT = re.compile(
    "<(?:"
    + "|".join("".join(f"[{x}{x.upper()}]" for x in name) for name in _FORMATS.split("|"))
    + r")[\s/>]"
)  # cases spelt out: three times as fast as with IGNORECASE
_FORMAT_TAG = re.compile(rf"</?(?:{_FORMATS})(?:\s[^<>]*+)?+>", re.IGNORECASE)
_LONE = re.compile("<(?![a-z/!?])", re.IGNORECASE)
"""A `<` that begins no tag, but might if a tag that follows were taken out."""
_CLASS = r'(?: class="[^"<>]*+")?+'
_CLOSED_FORMAT = re.compile(
    rf"<({_FORMATS}){_CLASS}>(?:[^<]++|<span{_CLASS}>[^<]*+</span>){{0,50}}</\1>"
)
"""A formatting element that is surely closed: around text, some of it in spans."""

_RAW = "script|style|title|textarea|xmp|iframe|noembed|noframes|plaintext"
_ATTRIBUTES = r"""(?:\s++(?:[^\s"'<>/=]++(?:\s?=\s?(?:"[^"]*+"|'[^']*+'|[^\s"'<>=]++))?+)?+)
    {0,100}+/?+>"""


_SHAPES = """a circle clippath defs ellipse filter g image line lineargradient mask path pattern
    polygon polyline radialgradient rect stop symbol text tspan use"""
_SVG = rf"""<svg(?=[\s/>]){_ATTRIBUTES}
    (?: [^<]++ | </?(?:{"|".join(_SHAPES.split())})(?=[\s/>]){_ATTRIBUTES}
    | <title{_ATTRIBUTES}[^<]*+</title\s*+> | <desc{_ATTRIBUTES}[^<]*+</desc\s*+> )*+
    </svg\s*+>"""
"""A drawing in which no script can stand, since that would not be raw text there."""
_ORDERLY = re.compile(
    rf"""(?: [^<]++ | <(?![a-z/!?])
    | </[a-z][^<>]*+>
    | <(?!(?:{_RAW}|svg|math)[\s/>])[a-z][^\s/<>"'=]*+{_ATTRIBUTES}
    | <!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+-->
    | <script(?=[\s/>]){_ATTRIBUTES}(?:[^<]++|<(?!/script|!--))*+</script\s*+>
    | <style(?=[\s/>]){_ATTRIBUTES}(?:[^<]++|<(?!/style))*+</style\s*+>
    | <(?:title{_ATTRIBUTES}[^<]*+</title|textarea{_ATTRIBUTES}[^<]*+</textarea)\s*+>
    | <iframe{_ATTRIBUTES}[^<]*+</iframe\s*+>
    | {_SVG}
    | <[!?][a-z][^<>]*+>
    )*+""",
    re.IGNORECASE | re.VERBOSE,
)
"""Matches as far as tags have at most 100 attributes and they and their neighbours are in order."""

TOKEN = re.compile(
    rf"""(?: [^<]++ | <(?![a-z/!?])
      | </?(?:a|br|hr|img|p|wbr)(?=[\s/>]){_ATTRIBUTES}
      | <span{_ATTRIBUTES}[^<]*+</span> )*+
    (?P<tag>
      (?P<comment><!--(?:>|->|[^-]*+(?:-(?!-!?>)[^-]*+)*+(?:--!?>)?+))
    | (?P<bogus><(?:[!?]|/(?=[^a-z]))[^>]*+>?+)
    | <(?P<raw>script|style|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>])
      (?:[^>"'=]++|=\s*+(?:"[^"]*+"?+|'[^']*+'?+)?+|["'])*+>?+
      (?P<content>(?:[^<]++|<(?!/(?P=raw)))*+)
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*+)
      (?P<attributes>(?:[^>"'=]++|=\s*+(?:"[^"]*+"?+|'[^']*+'?+)?+|["'])*+)>?+
    | \Z )""",
    re.IGNORECASE | re.VERBOSE,
)
"""A tag, comment or raw text that matters, after any that do not; or nothing, at the end.

It matches wherever it is tried, so that no part of a page is read twice.
"""
_ATTRIBUTE = re.compile(r"[\s/]+[^\s/]")
_DROPPED = frozenset((*_FORMATS.split("|"), "form", "frameset", "frame", "plaintext"))
"""Elements that a trimmed page does without: their tags say nothing of the text."""
_REPEATED = frozenset(("html", "body", "select", "option", "optgroup"))
FOREIGN = {"svg": "x-svg", "math": "x-math"}
"""What elements with rules of their own are called in a trimmed page, where HTML's rules apply."""


def tame(html: str) -> tuple[str, bool]:
    """`html` less the tags that are too many, and whether its end was cut with them.

    The end is cut after MAX_TAGS tags. Ordinary pages come back as they are.
    """
    if is_harmless(html):
        return html, False
    return _trimmed(html)


def is_harmless(html: str) -> bool:
    """Whether the tree of `html` is surely built in time about proportional to its length.

    False means no more than that it is not sure.
    """
    if len(html) <= SAFE_LENGTH:
        return True
    tags = html.count("<")
    starts = tags - html.count("</")
    if starts * tags > SAFE_DEPTH_WORK or tags > MAX_TAGS:
        return False
    return _closes_formats(html, starts) and (len(html) <= SAFE_TAG_LENGTH or _is_orderly(html))


def _closes_formats(html: str, starts: int) -> bool:
    formats = len(_FORMAT.findall(html))
    if formats * starts <= SAFE_FORMAT_WORK:
        return True
    left_open = formats - len(_CLOSED_FORMAT.findall(html))
    return left_open * starts <= SAFE_FORMAT_WORK


def _is_orderly(html: str) -> bool:
    found = _ORDERLY.match(html)
    return found is not None and found.end() == len(html)


def _trimmed(html: str) -> tuple[str, bool]:
    """`html` rewritten so that no reading of it nests deep, whatever its tags are."""
    html, cut = _cut(html)
    html = _LONE.sub("&lt;", _FORMAT_TAG.sub("", html))
    kept: list[str] = []
    done = 0
    tags = _Tags()
    for token in TOKEN.finditer(html):
        start, end = token.span("tag")
        new = tags.rewritten(token)
        if new is not None:
            kept += (html[done:start], new)
            done = end
    kept.append(html[done:])
    return "".join(kept), cut


def _cut(html: str) -> tuple[str, bool]:
    if html.count("<") <= MAX_TAGS:
        return html, False
    return "<".join(html.split("<", MAX_TAGS)[:MAX_TAGS]), True


class _Tags:
    """Decides tag by tag what stays of a page."""

    def __init__(self) -> None:
        self._open = OpenElements()
        self._seen = dict.fromkeys(_REPEATED, 0)

    def rewritten(self, token: re.Match[str]) -> str | None:
        """What stands in the token's place; None if it stays as it is."""
        name = token["name"]
        if name is None:
            return _rewritten_raw(token)
        known = name.lower()
        if known in _DROPPED:
            return ""
        known = FOREIGN.get(known, known)
        if token["end"]:
            self._open.close(known)
            return f"</{known}>" if known.startswith("x-") else None
        if self._refuses(known, token):
            return ""
        if known in FOREIGN.values():
            return f"<{known}>"
        return _less_attributes(token)

    def _refuses(self, name: str, token: re.Match[str]) -> bool:
        if name in self._seen:
            self._seen[name] += 1
            return self._seen[name] > MAX_REPEATED
        if token["attributes"].endswith("/") and self._open.holds("x-svg"):
            return True
        return not self._open.enter(name)


def _rewritten_raw(token: re.Match[str]) -> str | None:
    """Comments go; in raw text no `<` is left, so that all readings of it agree."""
    if not token["raw"]:
        return ""
    content = token["content"]
    if "<" not in content:
        return None
    tag = token["tag"]
    return tag[: len(tag) - len(content)] + content.replace("<", " ")


def _less_attributes(token: re.Match[str]) -> str | None:
    attributes = token["attributes"]
    if len(attributes) <= MAX_ATTRIBUTES or len(_ATTRIBUTE.findall(attributes)) <= MAX_ATTRIBUTES:
        return None
    return f"<{token['name']}>"
