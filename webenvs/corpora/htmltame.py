"""Markup trimmed so that building its tree takes time in proportion to its length.

A tree builder's work grows with the square of the depth of nesting, of the formatting elements left
open, of the attributes of one tag and of some repeated tags. Far beyond what pages need, such tags
are taken out; the text between them stays.
"""

import re
from collections import defaultdict

SAFE_LENGTH = 16_384
"""Shorter markup cannot cost much and is left as it is."""
MAX_DEPTH = 256
MAX_OPEN_FORMATS = 8
MAX_ATTRIBUTES = 500
MAX_REPEATED = 1_000
MAX_TAGS = 200_000

_TOKEN = re.compile(
    r"""<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->)?
    | <(?P<raw>script|style)\b[^>]*+>(?:[^<]++|<(?!/(?P=raw)))*+
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*+)
      (?P<attributes>(?:[^>"'=]++ | =\s*+(?:"[^"]*+"?+ | '[^']*+'?+)?+ | ["'])*+)>?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"[\s/]+[^\s/]")
_NEVER_DEEP = """area base br col embed hr img input link meta param source track wbr p li dt dd tr
    td th tbody thead tfoot option optgroup colgroup rt rp body html head script style"""
_FORMATTING = "b big code em font i s small strike strong tt u"
_UNNESTED = frozenset(_NEVER_DEEP.split())
_FORMATS = frozenset(_FORMATTING.split())
_REPEATED = frozenset(("html", "body", "frameset", "select", "option", "optgroup"))


def tame(html: str) -> tuple[str, bool]:
    """`html` less the tags that are too many, and whether its end was cut with them.

    The end is cut after MAX_TAGS tags.
    """
    if len(html) <= SAFE_LENGTH:
        return html, False
    tags = _Tags()
    kept: list[str] = []
    done = 0
    for count, token in enumerate(_TOKEN.finditer(html)):
        if count == MAX_TAGS:
            kept.append(html[done : token.start()])
            return "".join(kept), True
        end, name = token.group("end", "name")
        if name is None:
            continue
        if end:
            tags.close(name.lower())
            continue
        excess = token.span() if tags.refuses(name.lower()) else _attribute_flood(token)
        if excess:
            kept.append(html[done : excess[0]])
            done = excess[1]
    kept.append(html[done:])
    return "".join(kept), False


def _attribute_flood(token: re.Match[str]) -> tuple[int, int] | None:
    start, end = token.span("attributes")
    if end - start <= MAX_ATTRIBUTES or len(_ATTRIBUTE.findall(token[0])) <= MAX_ATTRIBUTES:
        return None
    return start, end


class _Tags:
    """The elements that are open, as far as tags alone tell."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._count: defaultdict[str, int] = defaultdict(int)
        self._formats: defaultdict[str, int] = defaultdict(int)
        self._open_formats = 0
        self._seen: defaultdict[str, int] = defaultdict(int)

    def refuses(self, name: str) -> bool:
        """Whether a start tag of this name is one too many; if not, it is counted."""
        if name in _REPEATED:
            self._seen[name] += 1
            return self._seen[name] > MAX_REPEATED
        if name in _UNNESTED:
            return False
        if len(self._open) >= MAX_DEPTH:
            return True
        if name in _FORMATS:
            if self._open_formats >= MAX_OPEN_FORMATS:
                return True
            self._formats[name] += 1
            self._open_formats += 1
        self._open.append(name)
        self._count[name] += 1
        return False

    def close(self, name: str) -> None:
        """Count an end tag; it closes what is open inside its element, too."""
        if name in _FORMATS and self._formats[name]:
            self._formats[name] -= 1
            self._open_formats -= 1
        if self._count.get(name):
            while (closed := self._open.pop()) != name:
                self._count[closed] -= 1
            self._count[name] -= 1
