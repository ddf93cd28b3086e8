"""Query operators: how a query is read, and what its hits hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.lexical.bm25 import READ_PAGES, retriever_for
from webenvs.search.lexical.settings import Bm25Settings
from webenvs.search.operators import Asked, asked, checker


def said(**fields):
    return Asked(**{"text": "", **fields})


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('"big cat" food', said(text="big cat food", phrases=("big cat",))),
        ("“big cat”, food", said(text="big cat, food", phrases=("big cat",))),
        ('intitle:zebra intitle:"a b"', said(text="zebra a b", titles=("zebra", "a b"))),
        (
            'x -cats -"big dogs"',
            said(text="x", excluded_words=("cats",), excluded_phrases=("big dogs",)),
        ),
        ("x site:A.org/b/ SITE:b.org", said(text="x", sites=("a.org/b", "b.org"))),
        ("x site:münchen.de", said(text="x", sites=("xn--mnchen-3ya.de",))),
        ("x lang:EN lang:pt-BR", said(text="x", languages=("en", "pt"))),
        ("x after:2020", said(text="x", after=2020_01_01)),
        ("x after:2020-5 after:2019", said(text="x", after=2020_05_01)),
        ("x before:2020-05-17 before:2021", said(text="x", before=2020_05_17)),
    ],
)
def test_operators_are_read(query, wanted):
    read = asked(query)
    assert Asked(**{**fields(read), "text": " ".join(read.text.split())}) == wanted


def fields(read):
    return {name: getattr(read, name) for name in Asked.__struct_fields__}


@pytest.mark.parametrize(
    "query",
    [
        "wars 1990 - 2000",
        "temperature -5 degrees",
        "what does ls -l do",
        "state -of-the-art models",
        'a 5" disk and a 3" disk',
        'an "unbalanced mark',
        'no "" words "!?" here',
        "well-known e-mail x-ray",
        "site: after: before: lang: intitle:",
        "after:noon before:2020-13 after:2021-02-30 lang:english",
        "website:example.org",
        "site:///etc site:a..b",
        "intitle:?!",
        "C++ -> D",
        "-alone",
        '-"all alone"',
    ],
)
def test_what_is_no_operator_is_words(query):
    read = asked(query)
    assert not read.filtered and not read.checked and not read.excluded_words
    analyzer = Analyzer()
    assert analyzer.words(read.text) == analyzer.words(query)


@given(st.text(alphabet="ab -\":“”'/.1\u3000\ud800site", max_size=60))
def test_any_text_can_be_read(text):
    read = asked(text)
    holds = checker(read, Analyzer())
    assert holds(Page(url="u", title="", text="a b")) in (True, False)


TEXTS = {
    "a": "the big cats sleep. A cat, big as a horse",
    "b": "a big cat eats",
    "c": "big is the cat",
    "d": "A BIG\n  (cat)! naïve",
    "e": "big catalogue of the large big cat-like",
    "f": "nothing of the sort",
}


def urls(query, settings=None, texts=TEXTS, k=20):
    corpus = MemoryCorpus(Page(url=u, title=f"Title {u}", text=text) for u, text in texts.items())
    return {hit.url for hit in retriever_for(corpus, settings).search(query, k)}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('"big cat"', "bde"),
        ('"cat big"', "a"),
        ('"BIG, cat"', "bde"),
        ('"big cats"', "a"),
        ('"big cat" sleep', "bde"),
        ('"big cat" "cat eats"', "b"),
        ('"title b"', "b"),
        ('"is the cat"', "c"),
        ('"no such words"', ""),
        ('"the"', ""),
        ('"the" cat', "ace"),
        ('cat -"big cat"', "ac"),
        ("cat -eats", "acde"),
        ("cat -eating", "acde"),
        ("cat -the", "abcde"),
        ("big -catalogue -sleeping", "bcd"),
        ("intitle:b big", "b"),
        ('intitle:"title c"', "c"),
        ("intitle:horse", ""),
        ('"naïve"', "d"),
    ],
)
def test_hits_hold_what_is_asked_for(query, wanted):
    assert urls(query) == set(wanted)


def test_without_operators_a_query_is_a_bag_of_words():
    bag = Bm25Settings(operators=False)
    assert urls('"no such cat" -eats', bag) == urls("no such cat eats")
    assert urls("site:example.org horse", bag) == {"a"}


def test_a_title_is_asked_for_even_where_titles_do_not_count():
    assert urls("intitle:b big", Bm25Settings(title_weight=0)) == {"b"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('"東京都"', "j"),
        ('"京都"', "jk"),
        ('"都東"', ""),
        ('"cafe noir"', "k"),
        ("京都 -東京", "k"),
    ],
)
def test_phrases_in_scripts_without_blanks(query, wanted):
    texts = {"j": "新しい東京都の地図", "k": "京都の café  noir", "l": "大阪"}
    assert urls(query, Bm25Settings(analyzer="multilingual"), texts) == set(wanted)


def test_a_phrase_with_vowel_marks_is_found_whole():
    texts = {"h": "यह हिन्दी किताब है", "i": "हिन किताब"}
    assert urls('"हिन्दी किताब"', Bm25Settings(analyzer="hindi"), texts) == {"h"}
    assert urls('"हिन किताब"', Bm25Settings(analyzer="hindi"), texts) == {"i"}


def test_a_phrase_is_not_found_with_other_accents_where_accents_matter():
    texts = {"a": "das ist schon gut", "b": "das ist schön gut"}
    assert urls('"schön gut"', Bm25Settings(analyzer="german"), texts) == {"b"}
    assert urls('"schön gut"', Bm25Settings(analyzer="multilingual"), texts) == {"a", "b"}


def test_fewer_hits_of_a_phrase_are_the_first_of_more():
    texts = {
        f"{n:03d}": "big cat " * (1 + n % 7) + "x " * n + ("" if n % 3 else "cat big")
        for n in range(200)
    }
    corpus = MemoryCorpus(Page(url=u, title="", text=text) for u, text in texts.items())
    retriever = retriever_for(corpus)
    whole = retriever.search('"cat big"', 100)
    assert len(whole) > 50
    for k in (1, 5, 20, 60):
        assert retriever.search('"cat big"', k) == whole[:k]


@pytest.mark.parametrize(("better", "found"), [(READ_PAGES - 1, {"a"}), (READ_PAGES, set())])
def test_so_many_pages_are_looked_at_for_a_phrase_and_no_more(better, found):
    texts = {f"{number:05d}": "cat big cat big" for number in range(better)}
    worse = {"a": "one big cat and many other words that make it a long and worse page"}
    assert urls('"big cat and"', texts={**texts, **worse}) == found


@pytest.mark.parametrize("query", ["w1x", "w1x w300x w20x", "w0x w1x w2x w3x", "w3900x w0x"])
def test_filtered_hits_are_the_filtered_ranking(large, query):
    pages = [large.page(number) for number in range(len(large))]
    hosted = MemoryCorpus(
        Page(url=f"http://h{number % 3}.org/{number:06d}", title=page.title, text=page.text)
        for number, page in enumerate(pages)
    )
    retriever = retriever_for(hosted)
    everything = retriever.search(query, len(pages))
    for k in (5, 40):
        wanted = [hit.url for hit in everything if "://h1." in hit.url][:k]
        assert [hit.url for hit in retriever.search(f"{query} site:h1.org", k)] == wanted


def test_filters_alone_find_nothing():
    assert urls("site:a lang:en") == set()
