"""Where the main part of a page stands, what of a page is no text, and what words need parting.

Each selector comes with a clue: what stands in the lower-case markup of every page that has such an
element, after "=" if it stands in a class, id or role. Most pages have none, and looking for
letters is cheaper than for elements.
"""

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAIN = {
    "main": "<main",
    '[role="main"]': "=main",
    "article": "<article",
    "#mw-content-text": "=mw-content-text",
    "#bodyContent": "=bodycontent",
    "#main-content": "=main-content",
    "#content": "=content",
    "#yui-main": "=yui-main",
    "#main": "=main",
    ".main-content": "=main-content",
    "div.body": "=body",
    "div.document": "=document",
    ".post-content": "=post-content",
    ".entry-content": "=entry-content",
}
"""Where the main part of a page stands, the surest place first; with each, its clue."""

UNWANTED = {
    "[hidden]": "hidden",
    '[aria-hidden="true" i]': "aria-hidden",
    '[style*="display:none" i]': "display",
    '[style*="display: none" i]': "display",
    '[style*="visibility:hidden" i]': "visibility",
    '[style*="visibility: hidden" i]': "visibility",
    '[role="navigation" i]': "=navigation",
    '[role="search" i]': "=search",
    '[role="contentinfo" i]': "=contentinfo",
    "div.nav": "=nav",
    "div.menu": "=menu",
    ".navbar": "=navbar",
    ".breadcrumb": "=breadcrumb",
    ".breadcrumbs": "=breadcrumb",
    ".headerlink": "=headerlink",
    ".copiable-anchor": "=copiable-anchor",
    ".hash-link": "=hash-link",
    ".anchor-link": "=anchor-link",
    ".skip-link": "=skip-link",
    ".sr-only": "=sr-only",
    ".docnav": "=docnav",
    ".navheader": "=navheader",
    ".navfooter": "=navfooter",
    ".nav-panel": "=nav-panel",
    ".nosearch:has(> .menu)": "=nosearch",
    ".t-navbar": "=t-navbar",
    "div.header:has(> p > a[rel])": "texinfo",
    "#global-nav": "=global-nav",
    "#sidebar": "=sidebar",
    ".sphinxsidebar": "=sphinxsidebar",
    "#banner": "=banner",
    "p#title": "product site",
    "#toc": "=toc",
    "#siteSub": "=sitesub",
    "#contentSub": "=contentsub",
    "#jump-to-nav": "=jump-to-nav",
    ".mw-jump-link": "=mw-jump-link",
    ".printfooter": "=printfooter",
    ".catlinks": "=catlinks",
    ".cookie-banner": "=cookie-banner",
    ".mw-editsection": "=mw-editsection",
    ".linenos": "=lineno",
    ".lineno": "=lineno",
}
"""What is no text of a page wherever it stands: hidden, for navigation, or a mark for editors.

With each selector, its clue.
"""

LINES = {".t-lines > span": "=t-lines"}
"""Elements that a style sheet sets on lines of their own (as cppreference's names of functions)."""
_NAMED = (
    re.compile(r"class\s*=\s*[\"']?([^\"'>]+)"),
    re.compile(r"id\s*=\s*[\"']?([^\"'>\s]+)"),
    re.compile(r"role\s*=\s*[\"']?([^\"'>\s]+)"),
)
_POWER = re.compile(r"\s*[-−+]?\d{1,4}\s*")
_BASE = re.compile(r"[^\W_]\Z|\)\Z")
_HEADING_LENGTH = 600


class Clues:
    """What a page may hold, known from its lower-case markup before any element is looked for."""

    def __init__(self, lower: str) -> None:
        self._markup = lower
        self._names = " ".join({name for found in _NAMED for name in found.findall(lower)})

    def tell_of(self, clue: str) -> bool:
        """Whether a clue is there; without it, there is no element that it comes with."""
        return clue[1:] in self._names if clue[0] == "=" else clue in self._markup

    def present(self, selectors: Mapping[str, str]) -> str:
        """Those of the selectors that may match, as one selector; empty if none can."""
        return ", ".join(selector for selector, clue in selectors.items() if self.tell_of(clue))


def unwanted(tree: LexborHTMLParser, clues: Clues) -> frozenset[int]:
    """The memory ids of the elements that are no text."""
    selector = clues.present(UNWANTED)
    return frozenset(node.mem_id for node in tree.css(selector)) if selector else frozenset()


def part_words(tree: LexborHTMLParser, clues: Clues) -> None:
    """Part words that only their looks part: names on lines of their own, powers (10^6)."""
    selector = clues.present(LINES)
    for node in tree.css(selector) if selector else ():
        node.insert_before(" ")
    if not clues.tell_of("<sup"):
        return
    for node in tree.css("sup"):
        if _POWER.fullmatch(_only_text(node)) and _BASE.search(_only_text(node.prev)[-2:]):
            node.insert_before("^")


def _only_text(node: LexborNode | None) -> str:
    """The text of a text node, or of an element that holds nothing else; empty for any other."""
    if node is not None and not node.is_text_node:
        node = node.child
        if node is not None and node.next is not None:
            return ""
    return (node.text_content or "") if node is not None and node.is_text_node else ""


def main_part(tree: LexborHTMLParser, clues: Clues, unwanted: frozenset[int]) -> LexborNode | None:
    """The element of the surest name that is there once; None if there is no such."""
    for selector, clue in MAIN.items():
        if clues.tell_of(clue):
            found = [node for node in tree.css(selector) if node.mem_id not in unwanted]
            if len(found) == 1:
                return found[0]
    return None


def heading_outside(
    tree: LexborHTMLParser, main: LexborNode, unwanted: frozenset[int]
) -> LexborNode | None:
    """The page's one first-rank heading if it stands before its main part, with what goes with it.

    That is the element around the heading where it is short, else the heading alone. Headings in
    what is unwanted, or in a header, name the site.
    """
    if main.css_first("h1") is not None:
        return None
    found = tree.css("h1")
    if len(found) != 1:
        return None
    around = {node.mem_id for node in _ancestors(main)}
    for node in _ancestors(found[0]):
        if node.mem_id in unwanted or node.tag in ("header", "nav", "aside", "footer", "a"):
            return None
    parent = found[0].parent
    if parent is None or parent.mem_id in around or len(parent.text()) > _HEADING_LENGTH:
        return found[0]
    return parent


def _ancestors(node: LexborNode) -> list[LexborNode]:
    found = []
    above = node.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found
