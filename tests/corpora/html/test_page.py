"""What text, title and links are read out of HTML, broken and hostile HTML included."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from webenvs.corpora.html.page import CUT_MARK, extract
from webenvs.corpora.html.tame import MAX_TAGS
from webenvs.records import Link

CHECKOUT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("WEBENVS_DATA", CHECKOUT.parent / "shared" / "data"))
READABILITY = DATA / "html_small" / "readability"
PYTHON = Path("/usr/share/doc/python3.11/html")
URL = "https://site/dir/page.html"


def page(html, **settings):
    raw = html.encode() if isinstance(html, str) else html
    return extract(raw, URL, **settings).page


def text(html):
    return page(html).text


def test_headings_paragraphs_and_lists_become_lines():
    assert text(
        "<h1>Top <em>one</em></h1><p>First\n  line.<p>Second<br>line."
        "<h3>Low</h3><ul><li>a<li><p>b</p><ul><li>b1</ul><li></li><li>c</ul>after"
        "<ol><li>one<li>two</ol>"
    ) == (
        "# Top one\n\nFirst line.\n\nSecond\nline.\n\n### Low\n\n"
        "- a\n- b\n  - b1\n- c\n\nafter\n\n- one\n- two"
    )


def test_definitions_quotes_and_figures_are_kept_apart():
    assert (
        text(
            "<dl><dt>f(x)<dd><p>Returns x.</p><p>Never fails.</p></dd><dt>g()</dt><dd>No.</dd></dl>"
            "<blockquote>said</blockquote><figure><img alt='not text'><figcaption>Fig.</figcaption>"
        )
        == "f(x)\nReturns x.\n\nNever fails.\n\ng()\nNo.\n\nsaid\n\nFig."
    )


def test_rows_of_a_table_are_lines_with_bars():
    assert (
        text(
            "<p>Before<table><caption>Cap</caption><tr><th>Name</th><th>Use</th></tr>"
            "<tr><td>a</td><td><p>one</p><ul><li>two</li></ul></td></tr>"
            "<tr><td></td><td>x</td><td></td></tr><tr><td></td></tr></table>After"
        )
        == "Before\n\nCap\nName | Use\na | one two\n| x\n\nAfter"
    )


def test_tables_that_lay_out_a_page_are_read_as_blocks():
    layout = "<table><tr><td>menu</td><td><h1>Big</h1><p>Text<pre>x\n y</pre></td></tr></table>"
    assert text(layout) == "menu\n\n# Big\n\nText\n\nx\n y"
    nested = "<table><tr><td>side<td><table><tr><td>a<td>b</table></table>"
    assert text(nested) == "side\n\na | b"
    assert text("<table role=presentation><tr><td>a<td>b</table>") == "a\nb"


def test_preformatted_text_keeps_its_lines_and_indents():
    html = "<p>See:<pre>\n\n  <span>def</span> f():\n      <b>return</b> 1<br>end\n\n</pre>then"
    assert text(html) == "See:\n\n  def f():\n      return 1\nend\n\nthen"
    assert text("<ul><li><pre>a  b</pre></ul>") == "- a  b"
    assert text("<h1><pre>a  b</pre></h1>") == "# a b"


def test_blanks_are_collapsed_and_invisible_characters_dropped():
    assert text("<p> a\u00a0 b<b> c</b>d <i> e</i>\u00adf\ufeff<p> <p>\n") == "a b cd ef"
    assert text("<p>tab&#1;bell&#7;") == "tab\ufffdbell\ufffd"


def test_what_is_not_content_is_left_out():
    html = """<head><title>T</title><style>s</style></head><body><header>logo</header>
      <nav>menu</nav><script>var x = "<p>no"</script><noscript>js</noscript><!-- c -->
      <template>t</template><svg><text>v</text></svg><p hidden>h<p aria-hidden=TRUE>h
      <p style="color:red; Display: none">h</p><div role=navigation>n</div><form><input><button>go
      </button><select><option>o</select><textarea>w</textarea></form><aside>ad</aside>
      <p>Content <a class=headerlink href="#x">¶</a></p><h2><button>Asked?</button></h2>
      <aside class="footnote">[1] Note</aside><footer>(c)</footer>"""
    assert text(html) == "Content\n\n## Asked?\n\n[1] Note"


LONG = "<p>" + "word " * 200


@pytest.mark.parametrize(
    "main",
    [
        "<main><header><h1>Head</h1></header>{}</main>",
        "<div role=main><h1>Head</h1>{}</div>",
        "<article><h1>Head</h1>{}</article>",
        "<div class=body><h1>Head</h1>{}</div>",
        "<div id=content><h1>Head</h1>{}</div>",
    ],
)
def test_the_main_part_is_found_and_the_rest_left_out(main):
    html = f"<body><div>banner</div>{main.format(LONG)}<div>related</div>"
    assert text(html) == "# Head\n\n" + ("word " * 200).strip()


def test_a_main_part_that_is_too_small_or_not_alone_is_not_believed():
    assert text(f"<main>tiny</main>{LONG}").startswith("tiny\n\nword")
    assert text("<main>short but</main> all") == "short but"
    assert text("<article>one</article><article>two</article>") == "one\ntwo"
    assert text(f"<main hidden>{LONG}</main>seen") == "seen"


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>\n Full   title </title><h1>Other</h1>", "Full title"),
        ("<title>Guide — The Site</title><h1>Guide</h1>x", "Guide"),
        ("<title>Guide - Site</title><h1>Site</h1><h1>Guide</h1>x", "Guide"),
        ("<title>Guide: part 2</title><h1>Guide</h1>x", "Guide: part 2"),
        ("<h1></h1><h2>Only heading</h2>x", "Only heading"),
        (f"<title>{'long ' * 99}</title>x", f"{'long ' * 58}long [...]"),
        ("just text", "page.html"),
    ],
)
def test_the_title_is_the_best_the_page_offers(html, title):
    assert page(html).title == title


def test_a_page_without_any_name_is_titled_by_its_url():
    assert extract(b"x", "https://site/").page.title == "https://site/"


def test_links_carry_anchor_absolute_url_and_place():
    found = page(
        "<p>See <a href='b.html#frag'> the <b>b</b> page</a>, <a href='../c/'>C</a>"
        "<a href='?q=1'><img alt='Query picture'></a> <a name=x>no link</a>"
        "<a href='//other/d' title='D'></a><a href='e%20f.html'></a><a href=' '>own</a>"
    )
    assert found.text == "See the b page, CQuery picture no linkown"
    assert found.links == (
        Link(anchor="the b page", url="https://site/dir/b.html", position=4),
        Link(anchor="C", url="https://site/c/", position=16),
        Link(anchor="Query picture", url="https://site/dir/page.html?q=1", position=17),
        Link(anchor="D", url="https://other/d", position=38),
        Link(anchor="e f.html", url="https://site/dir/e%20f.html", position=38),
        Link(anchor="own", url=URL, position=38),
    )


def test_links_in_lists_tables_and_headings_begin_where_their_words_begin():
    found = page(
        "<h2><a href=1>Head</a></h2><ul><li><a href=2>item</a></ul>"
        "<table><tr><td>x<td><a href=3>cell</a></table><a href=4>un<div>closed</div><a href=5>z"
    )
    for link in found.links:
        there = " ".join(found.text[link.position :].split())
        assert there.startswith(link.anchor)
    assert [link.anchor for link in found.links][:4] == ["Head", "item", "cell", "un closed"]


def test_the_base_element_is_honoured_and_a_bad_one_is_not():
    assert page("<base href='/other/'><a href=x>x</a>").links[0].url == "https://site/other/x"
    assert page("<base href='http://[bad'><a href=x>x</a>").links[0].url == "https://site/dir/x"


def test_a_link_that_is_no_url_is_counted_and_survived():
    found = extract(b"<a href='ftp://[user@]host/x'>bad</a><a href='http://[::1'>bad</a> text", URL)
    assert (found.page.links, found.bad_links, found.page.text) == ((), 2, "badbad text")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty file"),
        (b" \n\t", "empty file"),
        (bytes(range(256)) * 20, "binary data"),
        (b"\x00\x01", "binary data"),
        (b"<p> </p><script>x</script>", "no text"),
        (b"<frameset><frame src=a></frameset>", "no text"),
    ],
)
def test_what_holds_no_page_raises_with_the_reason(raw, reason):
    with pytest.raises(ValueError, match=reason):
        extract(raw, URL)


def test_empty_elements_of_xhtml_do_not_swallow_the_page():
    head = "<?xml version='1.0'?><html><head><title>T</title><script src='x'/></head>"
    assert text(f"{head}<body><p/>Text <a id='x'/>here</body></html>") == "Text here"


def test_a_page_of_very_many_tags_is_cut_and_marked():
    found = extract(b"<p>x" * (MAX_TAGS + 5), URL)
    assert found.cut
    assert found.page.text.endswith("x" + CUT_MARK)


def test_a_tree_of_very_many_nodes_is_cut_and_marked():
    found = extract(b"x<br>" * 120_000, URL)
    assert found.cut
    assert found.page.text.endswith(CUT_MARK)


NAMES = "p div b a h1 ul li table tr td pre br span dl dt dd select option script svg main"
TAGS = NAMES.split()
MARKUP = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        ["<a href='x y'>", "<a href=#f>", "<img alt=pic>", "<!--", "-->", "<td hidden>"]
    ),
    st.text(max_size=5),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MARKUP, max_size=40).map("".join))
def test_any_markup_gives_clean_text_with_links_in_place(html):
    try:
        found = extract(html.encode(errors="replace"), URL).page
    except ValueError:
        return
    assert found.text == found.text.rstrip()
    assert "\n\n\n" not in found.text or "<pre>" in html
    previous = 0
    for link in found.links:
        assert previous <= link.position <= len(found.text)
        if link.anchor != "page.html" and link.anchor != "x y":
            there = " ".join(found.text[link.position :].split())
            assert there.startswith(link.anchor)
        previous = link.position


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_page_or_a_value_error(raw):
    try:
        extract(raw, URL).page.text.encode()
    except ValueError as error:
        assert not isinstance(error, UnicodeError)


def words(string):
    return Counter(re.findall(r"\w+", string))


def test_the_readability_cases_keep_their_main_text():
    if not READABILITY.exists():
        pytest.skip("the readability cases are not here; set WEBENVS_DATA to the data folder")
    cases = sorted(READABILITY.iterdir())
    assert len(cases) == 36
    for case in cases:
        found = words(page((case / "source.html").read_bytes()).text)
        tree = LexborHTMLParser((case / "expected.html").read_text(encoding="utf-8"))
        expected = words(tree.body.text(separator=" "))
        assert expected <= found, case.name
        assert (found & expected).total() >= 0.9 * found.total(), case.name


def test_readability_titles_are_found():
    if not READABILITY.exists():
        pytest.skip("the readability cases are not here; set WEBENVS_DATA to the data folder")
    for name in ("base-url", "rtl-1", "svg-parsing", "title-and-h1-discrepancy"):
        metadata = json.loads((READABILITY / name / "expected-metadata.json").read_text())
        source = (READABILITY / name / "source.html").read_bytes()
        assert page(source).title == metadata["title"]


def test_a_page_of_the_python_documentation_reads_well():
    path = PYTHON / "library" / "bisect.html"
    if not path.exists():
        pytest.skip("the package python3.11-doc is not installed")
    found = page(path.read_bytes())
    assert found.title == "bisect — Array bisection algorithm"
    assert found.text.startswith("# bisect — Array bisection algorithm\n\nSource code: ")
    assert "\nbisect.bisect_left(a, x, lo=0, hi=len(a), *, key=None)\nLocate the" in found.text
    assert "\n    i = bisect_left(a, x)\n" in found.text
    assert "¶" not in found.text
