"""What a page tells beside its text: language, date, and where it sends its readers."""

import json

import pytest

from webenvs.corpora.html.page import extract

URL = "https://site/dir/page.html"


def page(html):
    return extract(html.encode(), URL).page


def sent_to(head, body="<p>moved"):
    return extract(f"<html><head>{head}</head><body>{body}</body>".encode(), URL).redirect


def refresh(content):
    return f'<meta http-equiv="Refresh" content="{content}">'


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=en>x", "en"),
        ("<html lang=EN-us>x", "en"),
        ("<html lang=zh_Hant>x", "zh"),
        ("<html lang=deu>x", "de"),
        ("<html lang=nb-NO>x", "no"),
        ("<html xml:lang=fr>x", "fr"),
        ("<html lang='' xml:lang=fr>x", "fr"),
        ("<body lang=ja>x", "ja"),
        ("<meta http-equiv=Content-Language content='pt-BR, en'>x", "pt"),
        ("<html lang=english>x", ""),
        ("<html lang=zz>x", ""),
        ("<html lang=x-klingon>x", ""),
        ("x", ""),
    ],
)
def test_the_declared_language_is_a_two_letter_code(html, language):
    assert page(html).language == language


LINKED = {"@graph": [{"@type": "WebSite"}, {"datePublished": "2021-05-06T10:00:00Z"}]}


@pytest.mark.parametrize(
    ("html", "date"),
    [
        ("<meta property=article:published_time content=2020-01-31T23:00:00+02:00>x", "2020-01-31"),
        ("<meta property=article:modified_time content=2020-02-01>x", "2020-02-01"),
        ("<meta name=DC.Date content=20190304>x", "2019-03-04"),
        ("<meta name=date content='2018/12/01 10:00'>x", "2018-12-01"),
        (f"<script type=application/ld+json>{json.dumps(LINKED)}</script>x", "2021-05-06"),
        (f"<script type=application/ld+json>[{json.dumps(LINKED)}]</script>x", "2021-05-06"),
        ("<p>On <time datetime=2017-07-07T00:00>July 7</time>", "2017-07-07"),
        ("<time datetime=2017-07-07>a</time><time datetime=2018-07-07>b</time>", ""),
        ("<nav><time datetime=2017-07-07>a</time></nav><main>x</main>", ""),
        ("<meta name=date content=2019-02-30>x", ""),
        ("<meta name=date content=0001-01-01>x", ""),
        ("<meta name=date content=2019-03>x", ""),
        ("<meta name=date content='March 2019'>x", ""),
        ("<script type=application/ld+json>{broken</script>x", ""),
        (f"<script type=application/ld+json>{'[' * 9999}</script>x", ""),
        ('<script type=application/ld+json>{"datePublished": 7}</script>x', ""),
    ],
)
def test_the_date_is_a_day_or_nothing(html, date):
    assert page(html).date == date


def test_the_day_of_publishing_goes_before_the_day_of_a_change():
    changed = "<meta property=article:modified_time content=2022-02-02>"
    published = "<meta property=article:published_time content=2020-01-01>"
    assert page(f"{changed}{published}<time datetime=2023-01-01>x</time>").date == "2020-01-01"


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=new.html#part", "https://site/dir/new.html"),
        ("0;URL='/new.html'", "https://site/new.html"),
        ("0, url = //other/x", "https://other/x"),
        ("3; https://other/y?z", "https://other/y?z"),
        ("0.5;url=new.html", "https://site/dir/new.html"),
        ("30; url=new.html", ""),
        ("0", ""),
        ("5; url=", ""),
        ("0; url=page.html", ""),
        ("0; url=#here", ""),
        ("0; url=javascript:alert(1)", ""),
        ("0; url=data:text/html,x", ""),
        ("0; url=http://[bad", ""),
        ("soon; url=new.html", ""),
        ("0; url=" + "x" * 9_000, ""),
    ],
)
def test_a_refresh_to_another_page_at_once_is_a_redirect(content, target):
    assert sent_to(refresh(content)) == target


def test_a_refresh_for_readers_without_scripts_is_none():
    assert sent_to(f"<noscript>{refresh('0; url=plain.html')}</noscript>") == ""


def test_the_base_element_holds_for_redirects_too():
    assert (
        sent_to("<base href='/other/'>" + refresh("0; url=x.html")) == "https://site/other/x.html"
    )


def test_a_page_that_only_redirects_needs_no_text():
    found = extract(b"<title>Moved</title>" + refresh("0; url=new.html").encode(), URL)
    assert (found.redirect, found.page.text) == ("https://site/dir/new.html", "")
    assert found.page.title == "Moved"


def test_a_stub_of_a_manual_redirects_and_keeps_its_words():
    found = extract(
        b"<head>" + refresh("0; url=Solvers.html#XREFfsolve").encode() + b"</head><body lang=en>"
        b"<p>The node you are looking for is at <a href='Solvers.html#XREFfsolve'>XREFfsolve</a>.",
        URL,
    )
    assert found.redirect == "https://site/dir/Solvers.html"
    assert found.page.text == "The node you are looking for is at XREFfsolve."


CANONICAL = "<link rel=canonical href='../new.html'>"
SCRIPT = "<script>window.location.replace('../new.html' + location.hash)</script>"


def test_a_script_that_goes_elsewhere_counts_with_a_canonical_link_and_hardly_any_text():
    assert sent_to(CANONICAL + SCRIPT) == "https://site/new.html"
    assert sent_to(CANONICAL + "<script>location.href = '../new.html'</script>") != ""


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (SCRIPT, "<p>moved"),
        (CANONICAL, "<p>moved"),
        (CANONICAL + SCRIPT, "<p>" + "word " * 100),
        (CANONICAL + "<script>if (location.href == x) {}</script>", "<p>moved"),
        ("<link rel=canonical href='page.html'>" + SCRIPT, "<p>moved"),
    ],
)
def test_a_script_or_a_canonical_link_alone_is_no_redirect(head, body):
    assert sent_to(head, body) == ""
