"""Hosts, dates and languages of pages, and the masks made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.search.columns import columns_of, host_of
from webenvs.search.operators import Asked, asked

URLS = [
    "http://example.org/",
    "http://example.org/docs",
    "http://example.org/docs?page=2",
    "https://example.org/docs/a",
    "https://example.org/docsother",
    "https://example.org:8080/docs/b",
    "https://example.organic/docs",
    "https://notexample.org/docs",
    "https://user@www.example.org/docs/c",
    "https://www.example.org/other",
    "https://x.www.example.org/docs/",
    "A paragraph: with no url",
]
DATED = {"http://example.org/": "2019-12-31", "http://example.org/docs": "2020-01-01"}
SPOKEN = {"http://example.org/": "en", "http://example.org/docs": "de"}


def corpus_of(urls):
    return MemoryCorpus(
        Page(url=url, title="", text="x", date=DATED.get(url, ""), language=SPOKEN.get(url, ""))
        for url in urls
    )


def chosen(corpus, columns, query):
    mask = columns.mask(asked(query))
    return {corpus.url(number) for number in np.flatnonzero(mask)}


@pytest.fixture(scope="module")
def corpus():
    """The pages of URLS."""
    return corpus_of(URLS)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("site:example.org", [*range(6), 8, 9, 10]),
        ("site:www.example.org", [8, 9, 10]),
        ("site:EXAMPLE.org/docs", [1, 2, 3, 5, 8, 10]),
        ("site:example.org/docs/a", [3]),
        ("site:example.org:8080", [*range(6), 8, 9, 10]),
        ("site:https://example.org/", [*range(6), 8, 9, 10]),
        ("site:org", [*range(6), 7, 8, 9, 10]),
        ("site:ample.org", []),
        ("site:notexample.org site:example.organic", [6, 7]),
        ("after:2020", [1]),
        ("before:2020", [0]),
        ("after:2019 before:2020-01-02", [0, 1]),
        ("after:2019-12-31 before:2020-01", [0]),
        ("lang:de", [1]),
        ("lang:de lang:en", [0, 1]),
        ("lang:fr", []),
        ("site:example.org lang:en after:2000", [0]),
    ],
)
def test_a_mask_holds_exactly_what_is_asked_for(corpus, query, wanted):
    assert chosen(corpus, columns_of(corpus), query) == {URLS[number] for number in wanted}


def test_nothing_asked_for_is_no_mask(corpus):
    assert columns_of(corpus).mask(Asked(text="words")) is None


def test_columns_on_disk_are_those_in_memory(corpus, tmp_path):
    memory, stored = columns_of(corpus), columns_of(corpus, tmp_path)
    assert stored.directory.parent == tmp_path
    for one, other in zip(memory.arrays, stored.arrays, strict=True):
        assert one.dtype == other.dtype and (one == other).all()


def test_columns_of_another_number_of_pages_are_refused(corpus, tmp_path):
    columns_of(corpus, tmp_path)

    class Shorter:
        digest = corpus.digest

        def __len__(self):
            return 3

    with pytest.raises(CorpusError, match="number of pages"):
        columns_of(Shorter(), tmp_path)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("HTTPS://Www.Example.ORG/a", "www.example.org"),
        ("http://a:b@host:81?x", "host"),
        ("Albert Einstein", ""),
        ("//host/path", ""),
        ("file:///a/b", ""),
    ],
)
def test_the_host_of_a_url(url, host):
    assert host_of(url) == host


LABEL = st.sampled_from(["a", "b", "ab", "org", "a-b", "é"])
HOSTS = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
PATHS = st.sampled_from(["", "/", "/a", "/a/", "/a/b", "/ab", "/a?b", "/a#b", "/a.b"])
PORTS = st.sampled_from(["", ":81"])
ADDRESSES = st.builds("{}://{}{}{}".format, st.sampled_from(["http", "ftp"]), HOSTS, PORTS, PATHS)


@settings(max_examples=150, deadline=None)
@given(st.sets(ADDRESSES, min_size=1, max_size=30), HOSTS, st.sampled_from(["", "/a", "/a/b"]))
def test_a_site_is_its_host_and_all_below_it_under_its_path(urls, host, path):
    corpus = corpus_of(sorted(urls))
    mask = columns_of(corpus).mask(Asked(text="", sites=(host + path,)))
    for number, url in enumerate(sorted(urls)):
        found = host_of(url)
        rest = url.partition("://")[2].partition("/")[2]
        below = found == host or found.endswith(f".{host}")
        under = f"/{rest}" == path or f"/{rest}".startswith((f"{path}/", f"{path}?", f"{path}#"))
        assert mask[number] == (below and (under or not path)), (url, host, path)
