"""Which part of a page is read: navigation of real generators is left out, headings are kept."""

import pytest

from webenvs.corpora.html.page import extract

URL = "https://site/dir/page.html"
LONG = "<p>" + "word " * 200
READ = ("word " * 200).strip()


def page(html):
    return extract(html.encode(), URL).page


@pytest.mark.parametrize(
    "navigation",
    [
        "<div class=nosearch>Small. Fast.<div class=menu>Home</div></div>",  # SQLite
        "<ul class='docnav top'><li>Next</ul>",  # Publican
        "<div class=navheader><table><tr><td>Next</table></div>",  # DocBook
        "<meta content=texinfo><div class=header><p>Up: <a rel=up href=x>Top</a></p></div>",
        "<div class='t-navbar'>Language</div>",  # cppreference
        "<div id=siteSub>From the site</div>",  # MediaWiki
        "<div id=global-nav>Home</div>",  # Django
        "<div class=sphinxsidebar>Contents</div>",
        "<a class='copiable-anchor' href='#x'>¶</a>",
        "<nav>Menu</nav><div class=breadcrumbs>Home</div>",
    ],
)
def test_navigation_of_known_generators_is_left_out(navigation):
    assert page(f"{navigation}{LONG}").text == READ


def test_a_title_that_is_marked_like_navigation_is_kept():
    html = f"<div class=nosearch><a href=x><h2>C Interface</h2></a><h2>Is it open?</h2></div>{LONG}"
    assert page(html).text == f"## C Interface\n\n## Is it open?\n\n{READ}"


def test_a_header_that_is_no_navigation_is_kept():
    text = page(f"<meta content=texinfo><div class=header><h2>Part</h2></div>{LONG}").text
    assert text == f"## Part\n\n{READ}"


def test_the_heading_before_the_main_part_is_read_with_what_goes_with_it():
    header = "<div id=header><h1>git-add(1)</h1><h2>NAME</h2><p>git-add - Add files</div>"
    found = page(f"<title>git-add(1)</title>{header}<div id=content>{LONG}</div>")
    assert found.text == f"# git-add(1)\n\n## NAME\n\ngit-add - Add files\n\n{READ}"


def test_the_heading_before_the_main_part_is_read_alone_if_the_page_is_around_it():
    html = f"<div id=content><h1>std::<i>swap</i></h1><p>sub<div id=bodyContent>{LONG}</div></div>"
    assert page(html).text == f"# std::swap\n\n{READ}"


@pytest.mark.parametrize(
    "site",
    [
        "<header><h1>Site</h1></header>",
        "<nav><h1>Site</h1></nav>",
        "<a href=/><h1>Site</h1></a>",
        "<div hidden><h1>Site</h1></div>",
        "<h1>Site</h1><h1>Page</h1>",
    ],
)
def test_the_name_of_the_site_is_not_taken_for_the_heading(site):
    assert page(f"{site}<main>{LONG}</main>").text == READ


def test_a_main_part_with_a_heading_of_its_own_needs_no_other():
    assert page(f"<main><h1>Own</h1>{LONG}</main>").text == f"# Own\n\n{READ}"


def test_the_heading_found_before_the_main_part_shortens_the_title():
    html = f"<title>swap - The Site</title><h1>swap</h1><main>{LONG}</main>"
    assert page(html).title == "swap"


def test_names_that_a_style_sheet_sets_on_lines_are_parted():
    names = "<span class=t-lines><span>find</span><span>find_if</span></span>"
    assert page(f"<table><tr><td>{names}<td>x</table>").text == "find find_if | x"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>6</sup> or 10<sup>-3</sup>", "10^6 or 10^-3"),
        ("<i>x</i><sup>2</sup> and (a)<sup>10</sup>", "x^2 and (a)^10"),
        ("the 1<sup>st</sup> word<sup><a href=#f>1</a></sup>", "the 1st word1"),
        ("said.<sup>2</sup> <sup>3</sup>", "said.2 3"),
    ],
)
def test_powers_are_told_from_the_digits_before_them(html, text):
    assert page(f"<p>{html}").text == text


def test_code_in_pieces_is_read_as_it_stands():
    pieces = "<pre><span class=k>if</span> <b>a</b>:\n    <span>b\n</span>\n</pre>"
    assert page(f"<p>x{pieces}<p>y").text == "x\n\nif a:\n    b\n\ny"


def test_line_numbers_and_links_in_code_are_what_they_are_elsewhere():
    html = "<pre><span class=linenos>12</span><a href=f>f</a>()\n<span hidden>no</span>g()</pre>"
    found = page(html)
    assert found.text == "f()\ng()"
    assert [link.anchor for link in found.links] == ["f"]
