"""The text of an HTML tree, as a reader would want it: headings, lists, tables, code, and links.

Headings become lines that begin with `#`, list items lines that begin with `- `, table rows lines
with ` | ` between the cells; preformatted text keeps its lines. Every link keeps its offset.
"""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from webenvs.text import one_line, printable

MAX_NODES = 200_000
"""A tree is read up to this many nodes; the rest is cut."""
LINK_NODES = 6
"""For how many nodes a link counts, since its url costs more than a text."""
HEADINGS = 3
"""How many headings are noted, to find the page's title among them."""

_NO_TEXT = """script style noscript template head nav footer svg iframe object embed canvas audio
    video input select textarea dialog annotation x-svg -comment"""
SKIPPED = frozenset(_NO_TEXT.split())
"""Elements whose content is never text of the page."""

_KEPT_ASIDE = re.compile(r"footnote|admonition|topic|note|citation|warning|tip", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NO_DATA_TABLE = ", ".join(("table", "pre", *sorted(_HEADINGS)))
_NOT_PLAIN = """:not(pre, span, b, i, em, strong, code, var, tt, font, u), [hidden], [style],
    [aria-hidden], [role], .linenos, .lineno"""
"""What keeps the code of a page from being read in one go."""
_BLOCKS = """address article body caption center div dt fieldset figcaption figure form header hr
    html main optgroup section summary legend details"""
_SPACED = ("p", "blockquote", "dl")

Leave = Callable[[], None]


class Anchor(NamedTuple):
    """A link as it stands in the tree: its text, its href as written, its offset in the text."""

    text: str
    href: str
    position: int


class Rendered(NamedTuple):
    """The text of a tree, its links in order, its first headings, and whether it was cut."""

    text: str
    anchors: tuple[Anchor, ...]
    headings: tuple[str, ...]
    cut: bool


def render(
    root: LexborNode,
    unwanted: Collection[int] = (),
    header: bool = True,
    before: LexborNode | None = None,
) -> Rendered:
    """The text below `root`, without the nodes whose memory id is in `unwanted`.

    With `header` False, `header` elements are left out too. What is below `before`, or it itself if
    it is a heading, comes first. Reads at most MAX_NODES nodes, and takes time in proportion to
    their number.
    """
    writer = _Writer(_layout_tables(root))
    skipped = SKIPPED if header else SKIPPED | {"header"}
    if before is not None:
        leave = writer.enter_heading(before) if before.tag in _HEADINGS else writer.block
        _walked(before, writer, skipped, unwanted)
        leave()
    return writer.rendered(cut=_walked(root, writer, skipped, unwanted))


def _walked(
    root: LexborNode, writer: "_Writer", skipped: Collection[str], unwanted: Collection[int]
) -> bool:
    """Hand what is below `root` to the writer; whether some of it was left when the nodes ran out.

    Text is gathered until an element comes that means something. A frame of the stack is the node
    to go on with, and what to do before that.
    """
    stack: list[tuple[LexborNode | None, Leave | None]] = []
    gather, push, entering = writer.gathered.append, stack.append, _ENTER.get
    node, budget = root.child, MAX_NODES
    while budget > 0:
        if node is None:
            if not stack:
                break
            node, leave = stack.pop()
            if leave:
                writer.flush()
                leave()
            continue
        budget -= 1
        if node.is_text_node:
            gather(node.text_content or "")
            node = node.next
            continue
        following, tag = node.next, node.tag or ""
        if tag in skipped or (unwanted and node.mem_id in unwanted):
            node = following
            continue
        enter = entering(tag)
        if enter is None:
            if following is not None:
                push((following, None))
            node = node.child
            continue
        writer.flush()
        budget -= (LINK_NODES - 1) * (tag == "a")
        inner = enter(writer, node)
        if inner is _SKIP:
            node = following
            continue
        push((following, inner))
        node = node.child
    writer.flush()
    return node is not None or bool(stack)


def _skip() -> None:
    """Stand for 'do not go in' where an element's leave function is expected."""


_SKIP: Leave = _skip


class _OpenAnchor(NamedTuple):
    href: str
    node: LexborNode


class _Writer:
    """Text in the making; blanks and line ends are owed until the next word comes."""

    def __init__(self, layout_tables: Collection[int]) -> None:
        self.gathered: list[str] = []
        self._layout_tables = layout_tables
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0  # line ends owed
        self._blank = False  # a blank is owed
        self._lead = ""  # what the next line begins with
        self._bars = 0  # cell borders owed
        self._tight = False  # at the start of an item: no empty line
        self._fresh = True  # something is owed that comes before the next words
        self._flat = 0  # inside how many elements that stay on one line
        self._verbatim = 0
        self._held = ""  # blanks at the end of preformatted text
        self._lists = 0
        self._cells = 0
        self._tables: list[bool] = []  # which of the open tables hold data
        self._anchor: _OpenAnchor | None = None
        self._anchor_start: tuple[int, int] | None = None
        self._anchors: list[Anchor] = []
        self._headings: list[str] = []

    def rendered(self, cut: bool) -> Rendered:
        """What was written; call once."""
        self._close_anchor()
        text = printable("".join(self._parts))
        return Rendered(text, tuple(self._anchors), tuple(self._headings), cut)

    def flush(self) -> None:
        """Add what was gathered."""
        if self.gathered:
            self.text("".join(self.gathered))
            self.gathered.clear()

    def text(self, raw: str) -> None:
        """Add the text of neighbouring text nodes."""
        if not raw.isascii():
            raw = _INVISIBLE.sub("", raw)
        if self._verbatim and not self._flat:
            self._add_verbatim(raw)
            return
        words = " ".join(raw.split())
        if not words:
            self._blank = self._blank or bool(raw)
            return
        blank = self._blank or raw[0] != words[0]
        self._blank = raw[-1] != words[-1]
        if self._fresh:
            self._emit(words, blank)
            return
        if blank:
            words = " " + words
        self._parts.append(words)
        self._length += len(words)

    def _add_verbatim(self, raw: str) -> None:
        chunk = self._held + raw
        if self._gap:
            chunk = chunk.lstrip("\n")
        kept = chunk.rstrip()
        self._held = chunk[len(kept) :]
        if kept:
            self._emit(kept, False)
            self._blank = False

    def _emit(self, words: str, blank: bool) -> None:
        before = self._separator(blank)
        if before:
            self._parts.append(before)
            self._length += len(before)
        if self._anchor and self._anchor_start is None:
            self._anchor_start = (len(self._parts), self._length)
        self._parts.append(words)
        self._length += len(words)
        self._gap = self._bars = 0
        self._lead = ""
        self._tight = self._fresh = False

    def _separator(self, blank: bool) -> str:
        ends = "\n" * self._gap if self._parts else ""
        fresh = ends or not self._parts
        if self._bars:
            return f"{ends}{self._lead}{'' if fresh else ' '}{'| ' * self._bars}"
        return ends + self._lead if fresh else " " * blank + self._lead

    def block(self, gap: int = 1) -> None:
        """End the line; with a gap of 2, leave an empty line."""
        if self._flat:
            self._blank = True
            return
        self._gap = max(self._gap, 1 if self._tight else gap)
        self._fresh = True
        self._blank = False

    def enter_block(self, _node: LexborNode) -> Leave:
        self.block()
        return self.block

    def enter_spaced(self, _node: LexborNode) -> Leave:
        self.block(2)
        return self._leave_spaced

    def _leave_spaced(self) -> None:
        self.block(2)

    def enter_break(self, _node: LexborNode) -> Leave:
        if self._verbatim and not self._flat:
            self._held += "\n"
        else:
            self.block()
        return _SKIP

    def enter_heading(self, node: LexborNode) -> Leave:
        self.block(2)
        lead = "#" * int((node.tag or "h1")[1]) + " "
        self._lead = lead if not self._flat else self._lead
        self._flat += 1
        start = len(self._parts)

        def leave() -> None:
            self._flat -= 1
            if self._lead == lead:
                self._lead = ""
            if len(self._headings) < HEADINGS and len(self._parts) > start:
                words = one_line("".join(self._parts[start:]))
                self._headings.append(printable(words.removeprefix(lead.strip()).strip()))
            self.block(2)

        return leave

    def enter_list(self, _node: LexborNode) -> Leave:
        self.block(2)
        if self._lists:
            self._gap = min(self._gap, 1)
        self._lists += 1

        def leave() -> None:
            self._lists -= 1
            self.block(1 if self._lists else 2)

        return leave

    def enter_item(self, _node: LexborNode) -> Leave:
        self.block()
        lead = "  " * (max(self._lists, 1) - 1) + "- "
        if not self._flat:
            self._lead, self._tight = lead, True

        def leave() -> None:
            if self._lead == lead:
                self._lead = ""
            self._tight = False
            self._gap = min(self._gap, 1)
            self.block()

        return leave

    def enter_definition(self, _node: LexborNode) -> Leave:
        self.block()
        self._tight = not self._flat
        return self.block

    def enter_table(self, node: LexborNode) -> Leave:
        layout = node.mem_id in self._layout_tables or node.attributes.get("role") == "presentation"
        self._tables.append(not layout)
        self.block(2)

        def leave() -> None:
            self._tables.pop()
            self.block(2)

        return leave

    def enter_row(self, _node: LexborNode) -> Leave:
        self.block()
        self._cells = 0

        def leave() -> None:
            self._bars = 0
            self.block()

        return leave

    def enter_cell(self, node: LexborNode) -> Leave:
        if not self._tables or not self._tables[-1]:
            return self.enter_block(node)
        self._cells += 1
        self._bars += self._cells > 1
        self._fresh = True
        self._blank = False
        self._flat += 1

        def leave() -> None:
            self._flat -= 1
            self._blank = False

        return leave

    def enter_pre(self, node: LexborNode) -> Leave:
        self.block(2)
        self._verbatim += 1
        if not self._flat and node.css_first(_NOT_PLAIN) is None:
            self.text(node.text())
            self._verbatim -= 1
            self._held = ""
            self.block(2)
            return _SKIP

        def leave() -> None:
            self._verbatim -= 1
            self._held = ""
            self.block(2)

        return leave

    def enter_anchor(self, node: LexborNode) -> Leave | None:
        href = node.attributes.get("href")
        if href is None:
            return None
        self._close_anchor()
        self._anchor = _OpenAnchor(href, node)
        self._fresh = True
        return self._close_anchor

    def _close_anchor(self) -> None:
        if self._anchor is None:
            return
        (href, node), start = self._anchor, self._anchor_start
        self._anchor = self._anchor_start = None
        if start is None:
            names = node.attributes
            label = names.get("title") or names.get("aria-label") or ""
            self._anchors.append(Anchor(one_line(printable(label)), href, self._length))
        else:
            text = one_line(printable("".join(self._parts[start[0] :])))
            self._anchors.append(Anchor(text, href, start[1]))

    def enter_image(self, node: LexborNode) -> Leave:
        alternative = node.attributes.get("alt")
        if self._anchor and alternative:
            self.text(alternative)
        return _SKIP

    def enter_aside(self, node: LexborNode) -> Leave:
        names = node.attributes
        marks = f"{names.get('class')} {names.get('role')}"
        return self.enter_block(node) if _KEPT_ASIDE.search(marks) else _SKIP

    def enter_button(self, node: LexborNode) -> Leave | None:
        parent = node.parent
        inside = parent is not None and (parent.tag in _HEADINGS or parent.tag == "summary")
        return None if inside else _SKIP


def _layout_tables(root: LexborNode) -> set[int]:
    """The tables that lay out a page and hold no data: a table, code or heading is inside.

    Memory ids of all elements around such blocks; each element is climbed over once.
    """
    around: set[int] = set()
    if root.css_first("table") is None:
        return around
    for block in root.css(_NO_DATA_TABLE):
        node = block.parent
        while node is not None and node.mem_id not in around:
            around.add(node.mem_id)
            node = node.parent
    return around


_ENTER: dict[str, Callable[[_Writer, LexborNode], Leave | None]] = {
    **dict.fromkeys(_BLOCKS.split(), _Writer.enter_block),
    **dict.fromkeys(_SPACED, _Writer.enter_spaced),
    **dict.fromkeys(sorted(_HEADINGS), _Writer.enter_heading),
    **dict.fromkeys(("ul", "ol", "menu"), _Writer.enter_list),
    **dict.fromkeys(("td", "th"), _Writer.enter_cell),
    **dict.fromkeys(("pre", "listing", "xmp"), _Writer.enter_pre),
    "li": _Writer.enter_item,
    "dd": _Writer.enter_definition,
    "table": _Writer.enter_table,
    "tr": _Writer.enter_row,
    "br": _Writer.enter_break,
    "a": _Writer.enter_anchor,
    "img": _Writer.enter_image,
    "aside": _Writer.enter_aside,
    "button": _Writer.enter_button,
}
