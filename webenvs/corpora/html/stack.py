"""The elements that an HTML parser has open, never fewer than it has, known from tags alone."""

MAX_DEPTH = 256
"""How deep elements may nest."""

_VOID = """area base basefont bgsound br col embed hr img input keygen link meta param source track
    wbr p a html head body option optgroup select colgroup tr td th tbody thead tfoot"""
_UNTRACKED = frozenset(_VOID.split())
"""Elements that are empty, or close each other, or are limited elsewhere."""
_TABLE_PARTS = frozenset(
    ("caption", "col", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr")
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_ENDING = """address applet article aside blockquote button caption center dd details dir div dl dt
    fieldset figcaption figure footer header hgroup li listing main marquee menu nav noscript
    object ol pre search section summary table template ul"""
_SPECIAL = frozenset(_ENDING.split()) | _HEADINGS
"""Elements that an end tag of an ordinary element does not reach through."""
_SCOPES = frozenset(("applet", "caption", "marquee", "object", "table", "template"))
"""Elements that an end tag of a special element does not reach through."""
_SIBLINGS = {
    "li": frozenset(("li",)),
    "dd": frozenset(("dd", "dt")),
    "dt": frozenset(("dd", "dt")),
}
"""Which open elements the start of an item closes."""
_SOFT = frozenset(("div", "address"))


class OpenElements:
    """A stack of names. Where HTML's rules are in doubt, an element counts as open.

    So the tree is never deeper than the stack, but for the elements that are not tracked, of which
    there are at most three between two of the stack.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._count: dict[str, int] = {}

    def holds(self, name: str) -> bool:
        """Whether an element of this name is open."""
        return self._count.get(name, 0) > 0

    def enter(self, name: str) -> bool:
        """Open an element; False, and nothing is opened, if it would be too deep."""
        if name in _TABLE_PARTS and self.holds("table"):
            self._back_to_table()
        if name in _UNTRACKED:
            return True
        if name in _SIBLINGS:
            self._close_sibling(_SIBLINGS[name])
        if len(self._names) >= MAX_DEPTH:
            return False
        self._names.append(name)
        self._count[name] = self._count.get(name, 0) + 1
        return True

    def close(self, name: str) -> None:
        """Close the element that an end tag of this name closes, with all that is open in it."""
        if name in _UNTRACKED:
            return
        targets = _HEADINGS if name in _HEADINGS else frozenset((name,))
        if not any(map(self.holds, targets)):
            return
        walls = _walls(name)
        for depth in range(len(self._names) - 1, -1, -1):
            if self._names[depth] in targets:
                self._cut(depth)
                return
            if self._names[depth] in walls:
                return

    def _back_to_table(self) -> None:
        for depth in range(len(self._names) - 1, -1, -1):
            if self._names[depth] in ("table", "template"):
                self._cut(depth + 1)
                return

    def _close_sibling(self, siblings: frozenset[str]) -> None:
        for depth in range(len(self._names) - 1, -1, -1):
            name = self._names[depth]
            if name in siblings:
                self._cut(depth)
                return
            if name in _SPECIAL and name not in _SOFT:
                return

    def _cut(self, depth: int) -> None:
        for name in self._names[depth:]:
            self._count[name] -= 1
        del self._names[depth:]


def _walls(name: str) -> frozenset[str]:
    if name in ("table", "template"):
        return frozenset(("template",))
    if name == "li":
        return _SCOPES | {"ol", "ul"}
    return _SCOPES if name in _SPECIAL else _SPECIAL
