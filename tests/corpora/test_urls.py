"""Urls have one normal form; what people write for a url leads to the page they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.urls import forms, normal, site
from webenvs.records import Page
from webenvs.web.backend import resolved


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("HTTP://Example.COM/a", "http://example.com/a"),
        ("https://a.example", "https://a.example/"),
        ("https://a.example/x#part", "https://a.example/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("http://a.example:8080/x", "http://a.example:8080/x"),
        ("https://a.example./x", "https://a.example/x"),
        ("https://a.example/a/../b/./c", "https://a.example/b/c"),
        ("https://a.example/../../x", "https://a.example/x"),
        ("https://a.example/a/..", "https://a.example/"),
        ("https://a.example/%7euser/%e4%bd%a0", "https://a.example/~user/%E4%BD%A0"),
        ("https://a.example/你", "https://a.example/%E4%BD%A0"),
        ("https://a.example/a%2Fb", "https://a.example/a%2Fb"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/?q=a b&r=ü", "https://a.example/?q=a%20b&r=%C3%BC"),
        ("https://a.example/?", "https://a.example/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("https://a.example/x/", "https://a.example/x/"),
        ("wiki://Ada%20Lovelace#2", "wiki://Ada%20Lovelace#2"),
        ("mailto:someone@a.example", "mailto:someone@a.example"),
        ("http://[::1", "http://[::1"),
        ("http://a.example:port/", "http://a.example:port/"),
        ("not a url", "not a url"),
        ("", ""),
    ],
)
def test_a_url_has_its_normal_form(url, wanted):
    assert normal(url) == wanted


@given(st.text(max_size=40) | st.from_regex(r"https?://[a-zé.]{1,9}(:80|:443)?/[ -~é]{0,20}"))
def test_the_normal_form_of_any_text_is_its_own_normal_form(text):
    assert normal(normal(text)) == normal(text)


def test_the_site_of_a_url_is_its_host_or_for_other_schemes_the_scheme():
    assert site("https://a.example/x/y") == "a.example"
    assert site("wiki://Ada") == site("wiki://Bob") == "wiki"


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/x/",
        " <https://a.example/x/> ",
        "https://a.example/x/#part",
        "https://a.example/x",
        "http://a.example/x",
        "HTTPS://A.Example:443/x",
        "https://a.example/./x/",
    ],
)
def test_a_player_finds_a_page_by_any_form_of_its_url(address):
    corpus = MemoryCorpus([Page(url="https://a.example/x/", title="X", text="x")])
    assert resolved(corpus, address) == "https://a.example/x/"


def test_an_alias_leads_a_player_to_the_page_itself():
    page = Page(url="https://a.example/new", title="X", text="x")
    corpus = MemoryCorpus([page], aliases={"https://a.example/old": page.url})
    assert resolved(corpus, "http://a.example/old") == page.url
    assert resolved(corpus, "https://a.example/older") is None


@given(st.text(max_size=30))
def test_any_text_has_forms_and_the_first_is_the_text_itself(text):
    assert next(forms(text)) == text
    assert len(list(forms(text))) <= 8
