"""The memory of answers: the same results, bounded, safe under threads."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from webenvs.errors import SettingError
from webenvs.records import Hit
from webenvs.search import engines
from webenvs.search.cache import Cached, size_of
from webenvs.search.lexical.bm25 import retriever_for


class Counting:
    """An engine that counts how often it is asked."""

    def __init__(self):
        self.settings = {"engine": "counting"}
        self.asked = []

    def search(self, query, k):
        self.asked.append((query, k))
        if k < 1:
            raise SettingError("k")
        return tuple(
            Hit(url=f"u{n}", title=query, snippet="s" * 100, score=1.0, rank=n + 1)
            for n in range(k)
        )


def test_a_question_is_answered_by_the_engine_once():
    engine = Counting()
    cached = Cached(engine)
    assert cached.search("a", 2) == cached.search("a", 2) == Counting().search("a", 2)
    assert engine.asked == [("a", 2)]


def test_other_numbers_of_hits_are_other_questions():
    cached = Cached(Counting())
    assert [len(cached.search("a", k)) for k in (3, 1, 2, 3)] == [3, 1, 2, 3]


def test_a_number_that_is_none_is_passed_to_the_engine():
    cached = Cached(Counting())
    cached.search("a", 1)
    assert cached.search("a", True) == cached.search("a", 1)
    assert cached.engine.asked == [("a", 1), ("a", True)]


def test_errors_are_the_engines_own_and_not_remembered():
    cached = Cached(Counting())
    for _ in range(2):
        with pytest.raises(SettingError):
            cached.search("a", 0)
    assert len(cached.engine.asked) == 2


def test_the_answers_asked_for_longest_ago_go_first():
    cached = Cached(Counting(), answers=2)
    for query in ("a", "b", "a", "c", "a", "b"):
        cached.search(query, 1)
    assert cached.engine.asked == [("a", 1), ("b", 1), ("c", 1), ("b", 1)]


def test_it_never_holds_more_bytes_than_it_may():
    asked = [(f"query {number:03d}", 1 + number % 3) for number in range(500)]
    sizes = {query: size_of(query, Counting().search(query, k)) for query, k in asked}
    most = 40 * max(sizes.values())
    cached = Cached(Counting(), size=most)
    for query, k in [*asked, *reversed(asked)]:
        cached.search(query, k)
    again = [query for query, _ in cached.engine.asked[len(asked) :]]
    held = [query for query, _ in asked if query not in again]
    assert len(held) >= 40
    assert sum(sizes[query] for query in held) <= most


def test_a_huge_answer_is_not_remembered():
    cached = Cached(Counting(), size=10_000)
    for query in ("small", "huge", "small", "huge"):
        cached.search(query, 100 if query == "huge" else 1)
    assert [query for query, _ in cached.engine.asked] == ["small", "huge", "huge"]


def test_answers_are_those_of_the_bare_engine_in_any_order_and_thread(zipf, queries):
    bare = retriever_for(zipf)
    cached = Cached(bare, answers=7)
    asked = queries(40) * 3
    wanted = [bare.search(query, 4) for query in asked]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: cached.search(query, 4), asked)) == wanted


def test_a_pickle_holds_the_engine_and_the_limits_but_no_answers(zipf):
    cached = Cached(retriever_for(zipf), answers=3)
    size = len(pickle.dumps(cached))
    hits = cached.search("w1x", 3)
    other = pickle.loads(pickle.dumps(cached))
    assert other.search("w1x", 3) == hits
    assert len(pickle.dumps(cached)) == size


def test_every_engine_of_the_table_comes_with_a_memory(zipf):
    retriever = engines.retriever(zipf, "rank-bm25", {})
    assert isinstance(retriever, Cached)
    assert retriever.search("w1x", 2) == retriever.engine.search("w1x", 2)
    assert retriever is engines.retriever(zipf, "rank-bm25", {})
