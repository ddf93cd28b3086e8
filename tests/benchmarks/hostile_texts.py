"""Markdown and reStructuredText made to cost their parsers as much as possible, by name."""

from collections.abc import Callable, Mapping


def _filled(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    def build(size: int) -> str:
        return before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after

    return build


def _numbered(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """`unit` again and again, with another number in place of each @."""

    def build(size: int) -> str:
        parts, length, number = [before], len(before), 0
        while length < size:
            parts.append(unit.replace("@", str(number)))
            length += len(parts[-1])
            number += 1
        return "".join(parts) + after

    return build


def _table(columns: int) -> Callable[[int], str]:
    return _filled("x\n", "|" + "a|" * columns + "\n|" + "-|" * columns + "\n")


def _wide_rows(columns: int) -> Callable[[int], str]:
    row = "|" + "a|" * columns + "\n"
    return _filled(row, row + "|" + "-|" * columns + "\n")


def _steps(unit: str, mark: str = "x\n\n") -> Callable[[int], str]:
    """Lines indented ever deeper, starting anew at 90."""

    def build(size: int) -> str:
        deep = "".join(unit * depth + mark for depth in range(90))
        return deep * max(1, size // len(deep))

    return build


_WORDS = "Some ordinary words of a text that goes on for a while, as texts do. "

MARKDOWN: Mapping[str, Callable[[int], str]] = {
    "prose": _filled(_WORDS * 5 + "\n\n"),
    "prose in lines": _filled(_WORDS + "\n"),
    "prose with marks": _numbered(
        "## Head @\n\nSome *words* and `code`, [a link](page@.html) and **more**.\n\n"
        "- one\n- two\n\n"
    ),
    "brackets": _filled("["),
    "brackets on lines": _filled("[[[[\n"),
    "brackets in paragraphs": _filled("[[[[\n\n"),
    "closing brackets": _filled("]"),
    "pairs of brackets": _filled("[]"),
    "nested brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "closed brackets": _filled("[[]"),
    "links": _filled("[a](b)"),
    "links left open": _filled("[a]("),
    "empty links left open": _filled("[]("),
    "links with titles left open": _filled('[a](b "c'),
    "links in angles": _filled("[a](<b"),
    "images": _filled("!["),
    "images of images": _filled("![a](b)"),
    "references": _numbered("[a@]: b\n", after="\nx"),
    "references used": _filled("[a][b]", before="[b]: c\n\n"),
    "references left open": _filled("[a]: b '\n"),
    "bracketed colons": _filled("[a]:\n"),
    "emphasis opened": _filled("*a "),
    "strong opened": _filled("**a "),
    "emphasis both ways": _filled("a*"),
    "emphasis of both kinds": _filled("*_"),
    "emphasis nested": _filled("*a **b "),
    "emphasis closed": _filled("a* b** c*** "),
    "emphasis in runs": _filled("a***b*"),
    "emphasis opened then closed": lambda size: "*a " * (size // 6) + " b*" * (size // 6),
    "runs of marks": lambda size: "".join("*" * n + "a" for n in range(1, int((2 * size) ** 0.5))),
    "underscores": _filled("_a "),
    "strikes": _filled("~~a "),
    "strikes alone": _filled("~~"),
    "code": _filled("`a` "),
    "code left open": _filled("x `a``b```c "),
    "runs of code": lambda size: "".join("a" + "`" * n for n in range(1, int((2 * size) ** 0.5))),
    "tags": _filled("<a>"),
    "tags left open": _filled("<a "),
    "tags with attributes": _filled("<a b='c' "),
    "comments left open": _filled("x<!-- "),
    "declarations": _filled("x<!A "),
    "instructions": _filled("x<?"),
    "character data": _filled("x<![CDATA["),
    "links in angles left open": _filled("<a:"),
    "automatic links": _filled("<a:b>"),
    "HTML": _filled("<div>\n\n"),
    "entities": _filled("&amp;"),
    "ampersands": _filled("&"),
    "escapes": _filled("\\*"),
    "backslashes": _filled("\\"),
    "line ends": _filled("a\\\n"),
    "short lines": _filled("a\n"),
    "short paragraphs": _filled("a\n\n"),
    "blank lines": _filled("\n", "a", "b"),
    "quotes": _filled("> a\n"),
    "quotes of their own": _filled("> a\n\n"),
    "lazy quotes": _filled("> a\nb\n"),
    "deep quotes": _filled(">" * 15 + "a\n"),
    "nested quotes": _filled("> "),
    "items": _filled("- a\n"),
    "items of two kinds": _filled("- a\n+ b\n"),
    "empty items": _filled("-\n"),
    "numbered items": _filled("1. a\n"),
    "nested items": _filled("- " * 15 + "a\n"),
    "items and quotes": _filled("- > a\n"),
    "deeper items": _steps(" ", "- a\n"),
    "deeper items by two": _steps("  ", "- a\n"),
    "headings": _filled("# a\n"),
    "underlined headings": _filled("a\n-\n"),
    "rules": _filled("---\n"),
    "fences": _filled("```\n"),
    "fences of their own": _filled("```\na\n```\n"),
    "fences left open": _filled("````\n```\n"),
    "indented code": _filled("    a\n\nb\n\n"),
    "a table": _filled("|a|b|\n", "|a|b|\n|-|-|\n"),
    "a table of 90 columns": _table(90),
    "a table of 2,000 columns": _table(2_000),
    "a table of 30,000 columns": _table(30_000),
    "rows of 90 columns": _wide_rows(90),
    "rows of 2,000 columns": _wide_rows(2_000),
    "tables": _filled("a|b\n-|-\nc|d\n\n"),
    "tables without rows": _filled("a|b\n-|-\n\n"),
    "narrow tables": _filled("|a\n|-\n\n"),
    "bars": _filled("a|"),
    "bars on lines": _filled("a|b\n"),
    "tabs": _filled("\t", "a\n\n- b\n"),
    "blanks": _filled(" ", "a", "b"),
    "blanks on lines": _filled("a  \n"),
    "colons": _filled("a:"),
    "NUL marks": _filled("\ufffd"),
    "wide letters": _filled("\U0001f600"),
}
"""Each builds about as many characters as it is asked for."""

RST: Mapping[str, Callable[[int], str]] = {
    "prose": _filled(_WORDS * 5 + "\n\n"),
    "prose in lines": _filled(_WORDS + "\n"),
    "prose with marks": _numbered(
        "Head @\n=======\n\nSome *words* and ``code``, a `link <page@.html>`_ and **more**.\n\n"
        "* one\n* two\n\n"
    ),
    "headings": _numbered("Head @\n========\n\nSome words.\n\n"),
    "bare headings": _numbered("@\n==========\n"),
    "headings of one name": _filled("a\n=\n\n"),
    "short headings": _filled("a\n=\n"),
    "headings of two levels": _filled("a\n=\n\nb\n-\n\n"),
    "headings and links to them": _numbered("H@\n=====\n\nH@_\n\n"),
    "overlined headings": _filled("=\na\n=\n"),
    "many levels": _filled(
        "".join(f"a\n{mark}\n\n" for mark in "=-~^\"'`+*#.:_<>!$%&(),/;?@[]{|}")
    ),
    "paragraphs": _filled("a\n\n"),
    "lines": _filled("a\n"),
    "items": _filled("* a\n"),
    "items apart": _filled("* a\n\n"),
    "empty items": _filled("*\n"),
    "items of two kinds": _filled("* a\n\n- b\n\n"),
    "numbered items": _filled("#. a\n"),
    "numbers": _numbered("@. a\n"),
    "nested items": _filled("* " * 15 + "a\n"),
    "deeper items": _steps("  ", "* a\n\n"),
    "deeper quotes": _steps(" ", "a\n\n"),
    "quotes": _filled("a\n\n  b\n\n"),
    "quotes with names": _filled("  a\n\n  -- b\n\n"),
    "definitions": _filled("a\n  b\n"),
    "fields": _filled(":a: b\n"),
    "empty fields": _filled(":a:\n"),
    "options": _filled("-a  b\n"),
    "options with arguments": _filled("-a B, --long=C  d\n"),
    "line blocks": _filled("| a\n"),
    "nested line blocks": _steps("", "| a\n|  b\n|   c\n"),
    "literal blocks": _filled("::\n\n  a\n\n"),
    "quoted literals": _filled("::\n\n> a\n\n"),
    "doctests": _filled(">>> a\n\n"),
    "rules": _filled("a\n\n----\n\n"),
    "a grid": _filled("| a | b |\n+---+---+\n", "+---+---+\n"),
    "a wide grid": _filled("|" + "a|" * 400 + "\n+" + "-+" * 400 + "\n", "+" + "-+" * 400 + "\n"),
    "grids": _filled("+-+\n|a|\n+-+\n\n"),
    "a broken grid": _filled("| a | b |\n", "+---+---+\n"),
    "a simple table": _filled("a  b\n", "=  =\n", "=  =\n"),
    "a simple table left open": _filled("a  b\n", "=  =\n"),
    "a wide simple table": _filled("a " * 900 + "\n", "= " * 900 + "\n", "= " * 900 + "\n"),
    "simple tables": _filled("=  =\na  b\n=  =\n\n"),
    "tables in lists": _filled(".. list-table::\n\n   * - a\n     - b\n\n"),
    "a table in a list": _filled("   * - a\n     - b\n", ".. list-table::\n\n"),
    "a table of values": _filled("   a,b,c\n", ".. csv-table::\n\n"),
    "emphasis": _filled("*a* "),
    "emphasis on lines": _filled("*a*\n"),
    "emphasis in paragraphs": _filled("*a*\n\n"),
    "emphasis left open": _filled("*a\n\n"),
    "emphasis left open on lines": _filled("*a\n"),
    "strong left open": _filled("**a\n\n"),
    "literals left open": _filled("``a\n\n"),
    "interpreted left open": _filled("`a\n\n"),
    "marks left open": _filled("`x *y |z _`\n\n"),
    "literals": _filled("``a``\n\n"),
    "roles": _filled(":a:`b`\n\n"),
    "many roles": _numbered(":a@:`b`\n\n"),
    "links": _filled("`a <b>`_\n\n"),
    "anonymous links": _filled("`a <b>`__\n\n"),
    "named links": _numbered("`a@ <b@>`_\n\n"),
    "references": _filled("a_\n\n"),
    "references in lines": _filled("a_ b_ c_\n"),
    "anonymous references": _filled("a__\n\n"),
    "anonymous targets": _filled("__ a\n\na__\n\n"),
    "targets": _numbered(".. _a@: b\n"),
    "targets of one name": _filled(".. _a: b\n"),
    "targets in a row": _numbered(".. _a@:\n\n", after="x\n"),
    "targets of targets": _numbered(".. _a@: b@_\n.. _b@: a@_\n"),
    "a chain of targets": lambda size: (
        "".join(f".. _a{n}: a{n + 1}_\n" for n in range(size // 18)) + "\na0_\n"
    ),
    "inline targets": _numbered("_`a@`\n\n"),
    "footnotes": _filled(".. [#] a\n\n"),
    "footnotes used": _filled("a [#]_\n\n.. [#] a\n\n"),
    "numbered footnotes": _numbered(".. [@] a\n\n"),
    "named footnotes": _numbered(".. [#a@] a\n\n[#a@]_\n\n"),
    "symbols for footnotes": _filled("[*]_\n\n.. [*] a\n\n"),
    "citations": _numbered(".. [A@] a\n\n[A@]_\n\n"),
    "substitutions": _numbered(".. |a@| replace:: b\n"),
    "substitutions used": _filled("|a|\n\n", ".. |a| replace:: b\n\n"),
    "substitutions unknown": _filled("|a|\n\n"),
    "substitutions of one long text": _filled(
        "|a|\n\n", ".. |a| replace:: " + "*x* " * 2_000 + "\n\n"
    ),
    "comments": _filled(".. a\n\n"),
    "empty comments": _filled("..\n\n"),
    "notes": _filled(".. note:: a\n\n"),
    "nested notes": _steps("   ", ".. note::\n\n"),
    "unknown directives": _filled(".. a:: b\n\n"),
    "many directives": _numbered(".. a@:: b\n\n"),
    "directives with options": _filled(".. a:: b\n   :c: d\n\n   e\n\n"),
    "directives of one option": _filled("   :c: d\n", ".. a::\n"),
    "images": _filled(".. image:: a\n\n"),
    "figures": _filled(".. figure:: a\n\n   b\n\n"),
    "code": _filled(".. code:: a\n\n   b\n\n"),
    "code of a language": _filled("   def f(): pass\n", ".. code:: python\n\n"),
    "formulas": _filled(".. math:: a\n\n"),
    "formulas inline": _filled(":math:`a`\n\n"),
    "classes": _filled(".. class:: a\n\nb\n\n"),
    "contents": _filled(".. contents::\n\n", "a\n=\n\n"),
    "contents of many headings": _numbered("H@\n=====\n\n", ".. contents::\n\n"),
    "local contents": _numbered("H@\n=====\n\n.. contents::\n   :local:\n\n"),
    "numbered sections": _numbered("H@\n=====\n\n", ".. sectnum::\n\n"),
    "tags of words": _filled(".. topic:: a\n\n   b\n\n"),
    "containers": _filled(".. container:: a\n\n   b\n\n"),
    "dates": _filled(".. |a| date::\n\n"),
    "characters by name": _filled(".. |a| unicode:: 0xA9\n\n"),
    "proposals": _filled("PEP 8\n"),
    "proposals in paragraphs": _filled("PEP 8\n\n"),
    "urls": _filled("http://a.b/c\n"),
    "urls in paragraphs": _filled("http://a.b/c\n\n"),
    "mail addresses": _filled("a@b.c\n"),
    "colons": _filled("a:"),
    "escapes": _filled("\\a"),
    "underscores": _filled("a_b "),
    "bars": _filled("|\n"),
    "brackets": _filled("[a] "),
    "back quotes": _filled("` "),
    "angles": _filled("<a "),
    "wide letters": _filled("\u4e2d\n"),
    "headers of a proposal": _numbered("X@: a, b <c@d.e>\n", "PEP: 1\nTitle: a\n", "\nx\n"),
    "numbers in a header": _filled("1, ", "PEP: 1\nRequires: ", "\n\nx\n"),
    "tabs": _filled("\t", "a\n\n", "b"),
    "blanks": _filled(" ", "a\n\n", "b"),
}
"""Each builds about as many characters as it is asked for."""
SIZES = (60_000, 1_000_000)
"""The sizes that are tried: one that is hardly cut, and one that always is."""
