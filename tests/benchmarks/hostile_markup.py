"""Markup made to cost a parser or an extractor as much as possible: by name, of any size."""

from collections.abc import Callable, Mapping


def _filled(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    def build(size: int) -> str:
        return before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after

    return build


def _numbered(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """`unit` again and again, with another number in place of each #."""

    def build(size: int) -> str:
        parts, length, number = [before], len(before), 0
        while length < size:
            parts.append(unit.replace("#", str(number)))
            length += len(parts[-1])
            number += 1
        return "".join(parts) + after

    return build


def _twice(first: str, second: str, share: float = 0.5, before: str = "") -> Callable[[int], str]:
    """`first` for a share of the size, then `second`."""

    def build(size: int) -> str:
        count = int(size * share) // len(first)
        return before + first * count + "x" + second * ((size - count * len(first)) // len(second))

    return build


FAMILIES: Mapping[str, Callable[[int], str]] = {
    "nested": _filled("<div>", after="x"),
    "nested and closed": _twice("<div>", "</div>"),
    "end tags of nothing below nested elements": _twice("<q>", "</x>", 0.01),
    "items in definitions": _filled("<li><dd>", after="x"),
    "ruby texts": _filled("<rt>", after="x"),
    "rows in a drawing": _twice("<tr>", "</q>", 0.1, before="<svg>"),
    "formats closed in tables": _numbered("<b id=#><table></b></table><p>x"),
    "formats left open": _numbered("<div><b id=#>x</div>"),
    "formats of formats": _numbered("<<<i>i>b id=#><p>x"),
    "fonts": _numbered("<p><font color=#>x"),
    "objects": _filled("<div><object></div>", after="x"),
    "buttons": _filled("<button>x"),
    "forms": _filled("<form><div></form>", after="x"),
    "selects": _filled("<div><select></div></select>", after="x"),
    "cells of no row": _filled("<div></td>", before="<table>", after="x"),
    "tables": _filled("<table><tr><td>", after="x"),
    "a table": _filled("<tr><td>x<td>y", before="<table>"),
    "text in a table": _filled("x<br>", before="<table>"),
    "lists": _filled("<ul><li>", after="x"),
    "definitions": _filled("<dl><dt>x<dd>y"),
    "options": _filled("<option>y", before="x<select>"),
    "bodies": _numbered("<body a#=1>", before="x"),
    "framesets": _filled("<frameset>", after="x"),
    "templates": _filled("<template>", after="x"),
    "attributes": _numbered(" a#='<>'", before="<div", after=">x"),
    "plain attributes": _numbered(" a#", before="<div", after=">x"),
    "tags of many attributes": _filled(
        "<div " + " ".join(f"a{number}" for number in range(5000)) + ">x</div>"
    ),
    "a long attribute": _filled("&lt;", before="<p title='", after="'>x"),
    "attributes left open": _filled('<a b="', before="x"),
    "quotes": _filled("<a '", before="x"),
    "comments left open": _filled("<!--", before="x"),
    "comments": _filled("<!-->", before="x"),
    "scripts": _filled("x<script>"),
    "styles": _filled("<style><!--", before="x"),
    "styles in a drawing": _filled("<div>", before="x<svg><style>"),
    "titles in a drawing": _filled("<title><!--</title>", before="x<svg>"),
    "character data": _filled("<![CDATA[></q>]]><q>", before="<svg>", after="x"),
    "text areas": _filled("x<textarea>"),
    "headings": _filled("<h1>x"),
    "headings and one main part": _filled("<h1>x</h1>", before="<main>y</main>"),
    "links": _numbered("<a href=x#>y</a> "),
    "links and a long base": _numbered(
        "<a href=x#>y</a>", before=f"<base href='/{'a' * 900_000}'>"
    ),
    "long links": _filled(f"<a href='{'../' * 30_000}'>x</a>"),
    "links over blocks": _filled("<a href=x><div>", after="x"),
    "links in XML": _filled("<a/>x", before="<?xml version='1.0'?>"),
    "images": _filled("<img alt=x>", after="x"),
    "powers": _filled("x<sup>1</sup>"),
    "powers of powers": _filled("x<sup>1"),
    "hidden paragraphs": _filled("<p style='display:none'>x", after="<p>y"),
    "headers with links": _filled("<div class=header><p><a rel=next>x</a>", before="texinfo"),
    "times": _filled("<time datetime=2020-01-01>x</time>"),
    "linked data": _filled(
        '<script type="application/ld+json">{"datePublished":"20"}</script>', before="x"
    ),
    "nested linked data": _filled("[", before="x<script type='application/ld+json'>"),
    "refreshes": _filled("<meta http-equiv=refresh content='9; url=x'>", before="x"),
    "code in pieces": _filled("<span>x</span>", before="<pre>"),
    "code on lines": _filled("x\n", before="<pre>"),
    "a title left open": _filled("x ", before="x<title>"),
    "less-than signs": _filled("<", before="x"),
    "less-than signs and blanks": _filled("< ", before="x"),
    "ampersands": _filled("&", before="x"),
    "entities": _filled("&CounterClockwiseContourIntegral;", before="x"),
    "surrogates": _filled("&#xD800;", before="x"),
    "NUL bytes": _filled("a b \0" + "c " * 60, before="x"),
    "blanks": _filled(" \n", before="x", after="y"),
}
"""Each builds about as many characters as it is asked for."""
SIZES = (16_000, 65_000, 300_000, 1_000_000, 5_000_000)
"""The sizes that are tried; the smaller ones lie just below limits of the guards."""
