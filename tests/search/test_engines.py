"""The engines of a process: each made once, kept in bounds, never that of a replaced corpus."""

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from webenvs import library
from webenvs.corpora import store
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.records import Page
from webenvs.search import engines


class Counting(MemoryCorpus):
    """A corpus that counts how often it is read from the first page on."""

    begun = 0

    def page(self, index):
        self.begun += index == 0
        return super().page(index)


def pages_of(*texts, made=MemoryCorpus):
    return made(
        Page(url=f"https://a.test/{number:02d}", title="", text=text)
        for number, text in enumerate(texts)
    )


def stored_at(place, pages):
    store.write(map(pages.page, range(len(pages))), place, "web", overwrite=True)
    return library.corpus(str(place))


def test_threads_that_ask_at_once_get_one_engine_over_one_index():
    pages = pages_of(*["red fish"] * 50, "threads at once", made=Counting)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: engines.retriever(pages, "bm25", {}), range(32)))
    assert len(set(map(id, found))) == 1
    assert pages.begun == 1


@pytest.mark.parametrize(
    ("engine", "search", "other"),
    [
        ("bm25", {}, {"operators": False}),
        ("bm25", {}, {"k1": 1.5}),
        ("dense", {"dims": 4}, {"dims": 4, "operators": False}),
        ("dense", {"dims": 4}, {"dims": 4, "nprobe": 9}),
    ],
)
@pytest.mark.parametrize("stored", [True, False])
def test_settings_of_the_query_alone_build_no_second_index(engine, search, other, stored, tmp_path):
    text = f"{engine} {sorted(other)} {stored}"
    pages = pages_of("red fish", "blue fish", text)
    if stored:
        pages = stored_at(tmp_path / "web", pages)
    one = engines.retriever(pages, engine, search).engine
    two = engines.retriever(pages, engine, other).engine
    assert one is not two
    if stored:
        assert one.index.directory == two.index.directory
        assert list((tmp_path / "web" / "index").iterdir()) == [one.index.directory]
    else:
        assert one.index is two.index


def test_an_index_that_nobody_holds_is_forgotten():
    pages = pages_of("an index that is", "forgotten", made=Counting)
    for _ in range(2):
        engines._make(pages, "bm25", {})
        gc.collect()
    assert pages.begun == 2


def test_those_asked_for_longest_ago_are_made_anew():
    corpora = [pages_of("red fish", f"corpus {number}") for number in range(engines.KEPT + 1)]
    first = engines.retriever(corpora[0], "bm25", {})
    for pages in corpora[1:-1]:
        engines.retriever(pages, "bm25", {})
    assert engines.retriever(corpora[0], "bm25", {}) is first
    engines.retriever(corpora[-1], "bm25", {})
    assert engines.retriever(corpora[0], "bm25", {}) is first
    for pages in corpora[1:]:
        engines.retriever(pages, "bm25", {})
    assert engines.retriever(corpora[0], "bm25", {}) is not first


def test_a_corpus_that_was_replaced_gets_an_engine_of_its_own(tmp_path):
    place = tmp_path / "web"
    found = []
    for text in ("the old whale", "the new otter"):
        engine = engines.retriever(stored_at(place, pages_of("red fish", text)), "bm25", {})
        found.append([len(engine.search(word, 3)) for word in ("whale", "otter")])
    assert found == [[1, 0], [0, 1]]


@pytest.mark.parametrize("search", [[], None, 5, {"analyzer": "\udcff"}])
def test_settings_that_are_no_mapping_of_plain_values_are_refused(search, small_corpus):
    with pytest.raises(SettingError, match=r"^search = "):
        engines.retriever(small_corpus, "bm25", search)
