"""Markup that would cost a tree builder too much is trimmed first, and ordinary markup is not.

Work is counted on the tree that is built of the trimmed markup: its nodes, and how deep they lie.
"""

import pytest
from selectolax.lexbor import LexborHTMLParser

from webenvs.corpora.html.facts import MAX_URL
from webenvs.corpora.html.page import extract
from webenvs.corpora.html.stack import MAX_DEPTH
from webenvs.corpora.html.tame import (
    MAX_ATTRIBUTES,
    MAX_REPEATED,
    SAFE_LENGTH,
    TOKEN,
    is_harmless,
    tame,
)

URL = "https://site/dir/page.html"
COUNT = 20_000


def numbered(unit, count=COUNT):
    return "".join(unit.replace("#", str(number)) for number in range(count))


NESTING = {
    "elements": "<div>" * COUNT,
    "closed elements": "<div>" * COUNT + "x" + "</div>" * COUNT,
    "end tags that reach nothing": "<div><q></div>" * COUNT,
    "elements that an end tag does not reach through": "<q><div></q>" * COUNT,
    "objects": "<div><object></div>" * COUNT,
    "forms": "<form><div></form>" * COUNT,
    "items in definitions": "<li><dd>" * COUNT,
    "ruby texts": "<rt>" * COUNT,
    "rows in a drawing": "<svg>" + "<tr>" * COUNT,
    "drawings in scripts in drawings": "<svg><script>" + "<q>" * COUNT + "</script>",
    "character data": "<svg>" + "<![CDATA[></q>]]><q>" * COUNT,
    "cells of no row": "<table>" + "<div></td>" * COUNT,
    "tables": "<table><tr><td>" * COUNT,
    "lists": "<ul><li>" * COUNT,
    "templates": "<template>" * COUNT,
    "names that only come about": "<<<i>i>div>" * COUNT,
    "end tags in comments": "<q><!-- </q> -->" * COUNT,
    "end tags in text": "<q><textarea></q></textarea>" * COUNT,
    "end tags in attributes": "<q><br title='</q>'>" * COUNT,
}


def depth(html):
    deepest, node, level = 0, LexborHTMLParser(html).root, 0
    while node is not None:
        deepest = max(deepest, level)
        below = node.child
        if below is not None:
            node, level = below, level + 1
            continue
        while node is not None and node.next is None:
            node, level = node.parent, level - 1
        node = node.next if node is not None else None
    return deepest


@pytest.mark.parametrize("name", list(NESTING))
def test_no_markup_nests_deep(name):
    html, _ = tame(NESTING[name])
    assert depth(html) <= 4 * MAX_DEPTH + 10


FORMATS = {
    "left open": numbered("<div><b id=#>x</div>"),
    "closed in tables": numbered("<b id=#><table></b></table><p>x"),
    "closed at the end": numbered("<p><b id=#>x") + "</b>" * COUNT,
    "with an end tag in an attribute": numbered('<p><b class="#" title="a>x</b>">'),
    "with names that only come about": numbered("<<<i>i>b id=#><p>x"),
}


@pytest.mark.parametrize("name", list(FORMATS))
def test_formatting_elements_left_open_are_not_made_anew_in_every_block(name):
    html, _ = tame(FORMATS[name])
    nodes = sum(1 for _ in LexborHTMLParser(html).root.traverse(include_text=True))
    assert nodes < 10 * COUNT


@pytest.mark.parametrize(
    "html",
    [
        "<div " + numbered(" a#") + ">x",
        "<div " + numbered(" a#='<b>'") + ">x",
        '<p title="' + "'" * 70_000 + '"><div ' + numbered(" a#='>'") + ">x",
        "<script>'<x '</script><div " + numbered(" a#='>'") + ">x",
        "<svg><title><!--</title></svg><div " + numbered(" a#='>'") + ">x",
    ],
)
def test_tags_of_too_many_attributes_lose_them(html):
    tree = LexborHTMLParser(tame(html)[0])
    assert max(len(node.attributes) for node in tree.css("*")) <= MAX_ATTRIBUTES


@pytest.mark.parametrize("unit", ["<option>y", "<body a#=1>", "<select>"])
def test_repeated_tags_that_cost_more_each_time_are_limited(unit):
    html, _ = tame("x<select>" + numbered(unit, 20_000))
    assert html.count(unit[:5]) <= MAX_REPEATED + 1


ORDINARY = (
    "<!-- <b> -- > --><script>if (a<b) x = '<div>'</script><style>p</style><p>a<br>b"
    "<div class='x > y' data-x=1>c</div></span><svg><title>t</title><path d=''/></svg>"
    '<code class="n"><span class="k">if</span> a &lt; b</code> 1 < 2 <input disabled>'
)


@pytest.mark.parametrize("count", [1, 100, 300])
def test_ordinary_markup_is_not_touched(count):
    assert tame(ORDINARY * count) == (ORDINARY * count, False)


def test_an_ordinary_page_of_a_megabyte_is_not_touched():
    html = "<html><body>" + ("<p>" + "word " * 200 + '<a href="x">y</a></p>\n') * 1_000
    assert is_harmless(html)


@pytest.mark.parametrize(
    "html", ["<div>" * 3_000, "<div " + "a " * 8_000 + ">", "<b><p>" * 2_700, "<svg>" * 3_000]
)
def test_short_markup_is_harmless_whatever_it_is(html):
    assert len(html) <= SAFE_LENGTH
    assert is_harmless(html)


def test_a_trimmed_page_keeps_its_text_and_its_structure():
    body = "<h1>Top <b>one</b></h1><ul><li><i>a</i><li>b</ul>"
    body += "<table><tr><td>c<td><code>d</code></table>"
    found = extract((body + "<svg><p>no</svg><pre>x\n y</pre>" + "<q>" * 30_000).encode(), URL)
    assert not is_harmless(body + "<q>" * 30_000)
    assert found.page.text.startswith("# Top one\n\n- a\n- b\n\nc | d")


def test_a_trimmed_drawing_shows_no_text():
    html = "<p>seen<svg><g><text>drawn</text></g></svg><p>after" + "<q>" * 30_000
    assert extract(html.encode(), URL).page.text == "seen\n\nafter"


def test_less_than_signs_of_a_trimmed_page_stay_text():
    assert extract(("<p>1 < 2 <3" + "<q>" * 30_000).encode(), URL).page.text == "1 < 2 <3"


def test_every_token_is_read_once():
    # Where the expression could fail, it would be tried again from each character that follows.
    html = "<q>" * 9 + "text " * 20_000
    ends = [token.end() for token in TOKEN.finditer(html)]
    assert ends == [*range(3, 30, 3), len(html), len(html)]


def test_long_urls_are_no_links_and_no_base():
    long = "a" * (MAX_URL + 1)
    found = extract(f"<base href='/{long}/'><a href={long}>x</a> <a href=b>y</a>".encode(), URL)
    assert found.bad_links == 1
    assert [link.url for link in found.page.links] == ["https://site/dir/b"]


@pytest.mark.parametrize(
    "raw",
    [
        b"<p>a\0b\0</p>" * 3 + b"word " * 60,
        "<p>&#xD800; \ud800 x".encode("utf-8", "surrogatepass"),
        b"<p>x" + b"\xff\xfe\xfd" * 30,
    ],
)
def test_what_cannot_be_printed_is_replaced(raw):
    text = extract(raw, URL).page.text
    assert "\0" not in text
    assert text.encode()
