"""Re-ranking: the engine over an engine, the re-ranker without a model, how they are named."""

import pickle

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import Page
from webenvs.search import engines
from webenvs.search.fusion.proximity import Proximity
from webenvs.search.fusion.reranked import Candidate, Reranked
from webenvs.testing.retrievers import check_retriever


class ByLength:
    """A re-ranker of one's own: the longest page first."""

    def __init__(self, sign=1):
        self.sign = sign
        self.fingerprint = {"name": "by-length", "sign": sign}

    def scores(self, query, candidates):
        return [self.sign * len(candidate.page.text) for candidate in candidates]


class Wrong:
    """A re-ranker that gives one score, and not a finite one."""

    def __init__(self, scores):
        self.fingerprint = {"name": "wrong"}
        self.given = scores

    def scores(self, query, candidates):
        return self.given


@pytest.fixture(scope="module")
def few(zipf):
    """The first 60 pages of the generated corpus."""
    return MemoryCorpus([zipf.page(number) for number in range(60)])


def corpus_of(*texts):
    return MemoryCorpus(
        Page(url=f"u{number}", title="", text=text) for number, text in enumerate(texts)
    )


def candidates(*texts):
    return [
        Candidate(Page(url=f"u{number}", title="", text=text), 1.0, number)
        for number, text in enumerate(texts, start=1)
    ]


def reranked(corpus, reranker, depth=50):
    return Reranked(corpus, engines.retriever(corpus, "bm25", {}), reranker, depth)


def test_hits_come_in_the_order_of_the_reranker():
    corpus = corpus_of("red", "red red blue", "red and much more that is blue")
    hits = reranked(corpus, ByLength()).search("red", 3)
    assert [(hit.url, hit.score, hit.rank) for hit in hits] == [
        ("u2", 30.0, 1),
        ("u1", 12.0, 2),
        ("u0", 3.0, 3),
    ]


def test_snippets_and_titles_are_those_of_the_engine():
    corpus = corpus_of("red", "red red blue", "red and much more that is blue")
    base = {hit.url: hit for hit in engines.retriever(corpus, "bm25", {}).search("red", 3)}
    for hit in reranked(corpus, ByLength()).search("red", 3):
        assert (hit.snippet, hit.title) == (base[hit.url].snippet, base[hit.url].title)


def test_equal_scores_fall_by_url():
    corpus = corpus_of("red one", "red two", "red six")
    hits = reranked(corpus, ByLength()).search("red", 3)
    assert [hit.url for hit in hits] == ["u0", "u1", "u2"]


def test_only_the_first_hits_are_read_and_there_are_no_others():
    corpus = corpus_of("red red red", "red red green blue", "red green blue and a long tail")
    hits = reranked(corpus, ByLength(), depth=2).search("red", 3)
    assert [hit.url for hit in hits] == ["u1", "u0"]


def test_the_reranker_is_given_the_words_of_a_query_without_its_operators():
    class Told(ByLength):
        def scores(self, query, candidates):
            self.told = query.split()
            return super().scores(query, candidates)

    told = Told()
    engine = reranked(corpus_of("red river", "red bridge"), told)
    assert [hit.url for hit in engine.search("red -bridge", 3)] == ["u0"]
    assert told.told == ["red"]


def test_a_query_without_hits_asks_no_reranker():
    assert reranked(corpus_of("red"), Wrong([])).search("blue", 3) == ()


@pytest.mark.parametrize("given", [[1.0], [1.0, float("nan")], [1.0, float("inf")], []])
def test_a_reranker_that_does_not_score_every_candidate_is_named(given):
    with pytest.raises(SettingError, match=r"'wrong'.*2 finite scores"):
        reranked(corpus_of("red", "red red"), Wrong(given)).search("red", 3)


def test_a_page_that_says_the_words_together_comes_first():
    apart = "The bridge was built. " + "It is long and old and much loved by all. " * 8 + "A river."
    corpus = corpus_of(apart, "The river has a bridge. " + "It is long and much loved by all. " * 8)
    hits = engines.retriever(corpus, "reranked", {}).search("river bridge", 2)
    assert [hit.url for hit in hits] == ["u1", "u0"]


def test_the_best_passage_is_where_most_words_stand_together():
    together, apart = Proximity(passage=3).scores(
        "red green blue", candidates("red x green blue", "red x green x x blue")
    )
    assert together > apart


def test_a_pair_of_the_query_counts_only_in_its_order():
    score = Proximity().scores("red green", candidates("red green", "green red", "blue"))
    assert score[0] - score[1] == 3 / 16


def test_stems_and_stop_words_do_not_part_a_pair():
    one, other = Proximity().scores(
        "bridges of Brena", candidates("the bridge of Brena", "Brena and the bridge")
    )
    assert one > other


def test_the_score_of_three_candidates_is_computed_by_hand():
    given = [
        Candidate(Page(url="a", title="", text="red x red green"), 4.0, 1),
        Candidate(Page(url="b", title="", text="red"), 3.0, 2),
        Candidate(Page(url="c", title="", text="green"), 2.0, 3),
    ]
    # Both terms are held by two of three pages and weigh the same: passages hold 2, 1 and 1 of
    # them, pairs 1, 0 and 0, so that all but the base is 1, 0 and 0.
    assert Proximity().scores("red green", given) == [1.0, 5 / 16, 0.0]


def test_a_page_without_a_word_of_the_query_still_has_a_score():
    assert Proximity().scores("red", candidates("blue", "")) == [1.0, 1.0]


@pytest.mark.parametrize("base", ["bm25", "rank-bm25"])
def test_a_reranked_engine_keeps_the_contract(few, base):
    check_retriever(engines.retriever(few, "reranked", {"retriever": base}), few)


def test_a_reranked_hybrid_keeps_the_contract(few):
    search = {"retriever": "hybrid", "search": {"parts": ["bm25", "rank-bm25"]}, "depth": 20}
    check_retriever(engines.retriever(few, "reranked", search), few)


def test_a_pickled_engine_gives_the_same_hits(zipf):
    engine = engines.retriever(zipf, "reranked", {})
    again = pickle.loads(pickle.dumps(engine))
    assert again.search("w1x w2x", 10) == engine.search("w1x w2x", 10)


def test_a_reranker_of_ones_own_is_named_by_its_path(zipf, tmp_path, monkeypatch):
    (tmp_path / "own_reranker.py").write_text(
        "class Newest:\n"
        "    def __init__(self, sign=1):\n"
        "        self.fingerprint = {'name': 'newest', 'sign': sign}\n"
        "    def scores(self, query, candidates):\n"
        "        return [candidate.rank for candidate in candidates]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    search = {"reranker": "own_reranker:Newest", "options": {"sign": 2}, "depth": 5}
    engine = engines.retriever(zipf, "reranked", search)
    assert engine.settings["reranker"] == {"name": "newest", "sign": 2}
    first = [hit.url for hit in engines.retriever(zipf, "bm25", {}).search("w1x w2x", 5)]
    assert [hit.url for hit in engine.search("w1x w2x", 5)] == first[::-1]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"reranker": "proximty"}, "Did you mean 'proximity'.*package.module:Name"),
        ({"reranker": "webenvs.search.fusion.proximity:Proximit"}, "Did you mean 'Proximity'"),
        ({"retriever": "bm52"}, "Did you mean 'bm25'"),
        ({"deep": 3}, "no setting 'deep' of reranked. Did you mean 'depth'"),
        ({"options": {"analyzer": "englsh"}}, "Did you mean 'english'"),
    ],
)
def test_a_wrong_name_meets_the_nearest_right_one(zipf, search, message):
    with pytest.raises(UnknownNameError, match=message):
        engines.retriever(zipf, "reranked", search)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"options": {"passages": 3}}, "options of the reranker 'proximity' do not fit.*passages"),
        ({"options": {"passage": 1}}, "passage = 1 is not allowed"),
        ({"depth": 0}, "depth = 0 is not allowed"),
        ({"reranker": "no_such_module:Name"}, "cannot import 'no_such_module'"),
        ({"reranker": "not a path:Name"}, "a name, or package.module:Name"),
    ],
)
def test_a_wrong_setting_is_named(zipf, search, message):
    with pytest.raises(SettingError, match=message):
        engines.retriever(zipf, "reranked", search)
