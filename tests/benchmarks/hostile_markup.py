"""Markup made to cost a parser or an extractor as much as possible: by name, of any size."""

from collections.abc import Callable, Mapping


def filled(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """`unit` as often as there is room."""

    def build(size: int) -> str:
        return before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after

    return build


def numbered(
    unit: str, before: str = "", after: str = "", place: str = "#"
) -> Callable[[int], str]:
    """`unit` again and again, with another number in each place marked so."""

    def build(size: int) -> str:
        parts, length, number = [before], len(before), 0
        while length < size:
            parts.append(unit.replace(place, str(number)))
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
    "nested": filled("<div>", after="x"),
    "nested and closed": _twice("<div>", "</div>"),
    "end tags of nothing below nested elements": _twice("<q>", "</x>", 0.01),
    "items in definitions": filled("<li><dd>", after="x"),
    "ruby texts": filled("<rt>", after="x"),
    "rows in a drawing": _twice("<tr>", "</q>", 0.1, before="<svg>"),
    "formats closed in tables": numbered("<b id=#><table></b></table><p>x"),
    "formats left open": numbered("<div><b id=#>x</div>"),
    "formats of formats": numbered("<<<i>i>b id=#><p>x"),
    "fonts": numbered("<p><font color=#>x"),
    "objects": filled("<div><object></div>", after="x"),
    "buttons": filled("<button>x"),
    "forms": filled("<form><div></form>", after="x"),
    "selects": filled("<div><select></div></select>", after="x"),
    "cells of no row": filled("<div></td>", before="<table>", after="x"),
    "tables": filled("<table><tr><td>", after="x"),
    "a table": filled("<tr><td>x<td>y", before="<table>"),
    "text in a table": filled("x<br>", before="<table>"),
    "lists": filled("<ul><li>", after="x"),
    "definitions": filled("<dl><dt>x<dd>y"),
    "options": filled("<option>y", before="x<select>"),
    "bodies": numbered("<body a#=1>", before="x"),
    "framesets": filled("<frameset>", after="x"),
    "templates": filled("<template>", after="x"),
    "attributes": numbered(" a#='<>'", before="<div", after=">x"),
    "plain attributes": numbered(" a#", before="<div", after=">x"),
    "tags of many attributes": filled(
        "<div " + " ".join(f"a{number}" for number in range(5000)) + ">x</div>"
    ),
    "a long attribute": filled("&lt;", before="<p title='", after="'>x"),
    "attributes left open": filled('<a b="', before="x"),
    "quotes": filled("<a '", before="x"),
    "comments left open": filled("<!--", before="x"),
    "comments": filled("<!-->", before="x"),
    "scripts": filled("x<script>"),
    "styles": filled("<style><!--", before="x"),
    "styles in a drawing": filled("<div>", before="x<svg><style>"),
    "titles in a drawing": filled("<title><!--</title>", before="x<svg>"),
    "character data": filled("<![CDATA[></q>]]><q>", before="<svg>", after="x"),
    "text areas": filled("x<textarea>"),
    "headings": filled("<h1>x"),
    "headings and one main part": filled("<h1>x</h1>", before="<main>y</main>"),
    "links": numbered("<a href=x#>y</a> "),
    "links and a long base": numbered("<a href=x#>y</a>", before=f"<base href='/{'a' * 900_000}'>"),
    "long links": filled(f"<a href='{'../' * 30_000}'>x</a>"),
    "links over blocks": filled("<a href=x><div>", after="x"),
    "links in XML": filled("<a/>x", before="<?xml version='1.0'?>"),
    "images": filled("<img alt=x>", after="x"),
    "powers": filled("x<sup>1</sup>"),
    "powers of powers": filled("x<sup>1"),
    "hidden paragraphs": filled("<p style='display:none'>x", after="<p>y"),
    "headers with links": filled("<div class=header><p><a rel=next>x</a>", before="texinfo"),
    "times": filled("<time datetime=2020-01-01>x</time>"),
    "linked data": filled(
        '<script type="application/ld+json">{"datePublished":"20"}</script>', before="x"
    ),
    "nested linked data": filled("[", before="x<script type='application/ld+json'>"),
    "refreshes": filled("<meta http-equiv=refresh content='9; url=x'>", before="x"),
    "code in pieces": filled("<span>x</span>", before="<pre>"),
    "code on lines": filled("x\n", before="<pre>"),
    "a title left open": filled("x ", before="x<title>"),
    "less-than signs": filled("<", before="x"),
    "less-than signs and blanks": filled("< ", before="x"),
    "ampersands": filled("&", before="x"),
    "entities": filled("&CounterClockwiseContourIntegral;", before="x"),
    "surrogates": filled("&#xD800;", before="x"),
    "NUL bytes": filled("a b \0" + "c " * 60, before="x"),
    "blanks": filled(" \n", before="x", after="y"),
}
"""Each builds about as many characters as it is asked for."""
SIZES = (16_000, 65_000, 300_000, 1_000_000, 5_000_000)
"""The sizes that are tried; the smaller ones lie just below limits of the guards."""
