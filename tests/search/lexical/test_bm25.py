"""The default engine: rankings, ties, determinism, limits."""

import itertools
import json
import math
import pickle
import random
import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
import Stemmer

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, UnknownNameError
from webenvs.records import Page
from webenvs.search.analyzer import STOP_WORDS
from webenvs.search.lexical.bm25 import Bm25, retriever_for
from webenvs.search.lexical.indexing import build_index
from webenvs.search.lexical.settings import Bm25Settings, bm25_settings


def pages_of(*texts):
    return [Page(url=f"u{number}", title="", text=text) for number, text in enumerate(texts)]


def found(retriever, query, k=10):
    return [(hit.url, hit.score) for hit in retriever.search(query, k)]


class BruteForce:
    """BM25 by the book, page by page: the whole-number scores that the engine must have."""

    def __init__(self, corpus, settings):
        self.settings = settings
        self.stem = Stemmer.Stemmer("english").stemWord
        pages = [corpus.page(number) for number in range(len(corpus))]
        self.urls = [page.url for page in pages]
        self.counts = [
            Counter(self.terms(page.text) + settings.title_weight * self.terms(page.title))
            for page in pages
        ]
        self.lengths = [count.total() for count in self.counts]
        self.average = sum(self.lengths) / len(self.lengths)
        self.pages = defaultdict(list)
        for number, count in enumerate(self.counts):
            for term in count:
                self.pages[term].append(number)
        top = max(self.idf(term) for term in self.pages)
        self.scale = max(2**power for power in range(21) if top * 2**power <= 65_535)

    def terms(self, text):
        spoken = re.findall(r"\w+", text.lower())
        return [self.stem(word) for word in spoken if word not in STOP_WORDS]

    def idf(self, term):
        n, df = len(self.counts), len(self.pages[term])
        return math.log(1 + (n - df + 0.5) / (df + 0.5))

    def impact(self, term, number):
        count = self.counts[number][term]
        k1, b = self.settings.k1, self.settings.b
        relative = self.lengths[number] / self.average
        part = count / (count + k1 * (1 - b + b * relative))
        return max(1, round(part * self.idf(term) * self.scale))

    def search(self, query, k):
        scores = Counter()
        for term in self.terms(query):
            for number in self.pages.get(term, ()):
                scores[self.urls[number]] += self.impact(term, number)
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return [(url, score / self.scale) for url, score in ranked[:k]]


@pytest.mark.parametrize(
    "settings",
    [
        Bm25Settings(),
        Bm25Settings(k1=0.9, b=0.4, title_weight=3),
        Bm25Settings(k1=0, b=0, title_weight=0),
    ],
    ids=["default", "title", "boolean"],
)
def test_scores_are_exactly_those_of_brute_force(zipf, queries, settings):
    retriever, brute = retriever_for(zipf, settings), BruteForce(zipf, settings)
    for query in queries(150):
        assert found(retriever, query) == brute.search(query, 10), query


@pytest.fixture(scope="module")
def retriever(zipf):
    """The default engine over the generated corpus."""
    return retriever_for(zipf)


@pytest.fixture(scope="module")
def pruning(large):
    """The default engine over the corpus that is large enough for pruned scoring."""
    return retriever_for(large)


def test_scores_of_version_1_never_change():
    texts = ("apple pear", "apple apple plum", "pear plum cherry tree", "cherry")
    retriever = retriever_for(MemoryCorpus(pages_of(*texts)))
    # By hand: idf = ln 2 for both words, mean length 2.5; in units of 2**-15.
    wanted = [("u1", 20_530), ("u0", 9_984), ("u2", 7_154)]
    assert found(retriever, "apple plum") == [(url, units / 2**15) for url, units in wanted]


def test_pruned_scoring_of_a_large_corpus_is_exact(large, pruning, queries):
    brute = BruteForce(large, Bm25Settings())
    for query in queries(60, vocabulary=4_000):
        assert found(pruning, query) == brute.search(query, 10), query


def test_a_longer_list_continues_a_shorter_one(pruning, queries):
    for query in queries(30, vocabulary=4_000):
        whole = found(pruning, query, 200)
        for k in (1, 3, 8, 9, 100, 128, 129):
            assert found(pruning, query, k) == whole[:k], (query, k)


def test_exact_duplicates_are_ordered_by_url():
    pages = [Page(url=f"u{number:03d}", title="Same", text="same text") for number in range(300)]
    for k in (5, 40, 200):
        hits = retriever_for(MemoryCorpus(reversed(pages))).search("same", k)
        assert [hit.url for hit in hits] == [f"u{number:03d}" for number in range(k)]
        assert [hit.rank for hit in hits] == list(range(1, k + 1))


def test_the_order_in_which_pages_arrive_changes_nothing(zipf, queries):
    pages = [zipf.page(number) for number in range(len(zipf))]
    random.Random(5).shuffle(pages)
    one, other = retriever_for(zipf), retriever_for(MemoryCorpus(pages))
    for query in queries(50):
        assert one.search(query, 10) == other.search(query, 10)


def test_permuted_query_words_give_the_same_hits(hotpot):
    retriever = retriever_for(hotpot)
    words = "films directed flying american actor director"
    wanted = retriever.search(words, 5)
    assert len(wanted) == 5
    for order in itertools.permutations(words.split()):
        assert retriever.search(" ".join(order), 5) == wanted


def test_repeated_query_words_count_as_often_as_they_stand():
    retriever = retriever_for(MemoryCorpus(pages_of("apple", "pear", "plum")))
    (once,) = retriever.search("apple", 1)
    (thrice,) = retriever.search("apple apples APPLE", 1)
    assert thrice.score == 3 * once.score


def test_a_word_in_every_page_still_finds_them():
    retriever = retriever_for(MemoryCorpus(pages_of(*["common"] * 5_000)))
    hits = retriever.search("common", 3)
    assert [hit.url for hit in hits] == ["u0", "u1", "u10"]
    assert hits[0].score > 0


def test_there_are_fewer_hits_than_k_where_fewer_pages_hold_a_word():
    retriever = retriever_for(MemoryCorpus(pages_of(*["apple"] * 2, *["pear"] * 20)))
    assert [hit.url for hit in retriever.search("apple", 5)] == ["u0", "u1"]


def test_so_many_unknown_words_that_memory_is_emptied_change_nothing(zipf, queries):
    retriever = Bm25(zipf, build_index(zipf, Bm25Settings()), Bm25Settings())
    wanted = [retriever.search(query, 5) for query in queries(5)]
    for block in range(120):
        unknown = " ".join(f"q{block * 1_000 + number}" for number in range(1_000))
        assert retriever.search(unknown[:4_000], 5) == ()
    assert [retriever.search(query, 6)[:5] for query in queries(5)] == wanted


def test_hits_carry_title_and_the_matching_passage():
    page = Page(url="u", title="Animals", text="filler " * 100 + "zebras graze " + "filler " * 100)
    (hit,) = retriever_for(MemoryCorpus([page])).search("zebra", 5)
    assert hit.title == "Animals"
    assert "zebras graze" in hit.snippet


def test_a_word_of_the_title_finds_the_page_unless_titles_do_not_count():
    corpus = MemoryCorpus([Page(url="u", title="Zebra", text="An animal.")])
    assert len(retriever_for(corpus).search("zebra", 1)) == 1
    assert retriever_for(corpus, Bm25Settings(title_weight=0)).search("zebra", 1) == ()


@pytest.mark.parametrize(
    "query",
    ["", " ", "the of and", "unknownword", "\x00", "\ud800", "🦓", "🦓" * 9_000, "?!\"'()[]{}:^~*"],
)
def test_a_query_without_a_known_word_has_no_hits(retriever, query):
    assert retriever.search(query, 5) == ()


@pytest.mark.parametrize(
    ("query", "text"),
    [("東京", "東京 is Tokyo"), ("naïve\x00café", "A café"), ("\udfffzebra", "zebra"), ("Ⅳ", "iv")],
)
def test_any_script_and_any_rubbish_is_a_query(query, text):
    assert len(retriever_for(MemoryCorpus(pages_of(text))).search(query, 5)) == 1


def test_a_query_of_a_megabyte_is_read_up_to_its_limit(retriever):
    endless = "w3x " * 250_000
    assert retriever.search(endless, 5) == retriever.search("w3x " * 1_024, 5)
    assert len(retriever.search(endless, 5)) == 5


@pytest.mark.parametrize("k", [0, -1, True, 2.0, "5", None])
def test_k_must_be_a_whole_number_of_at_least_one(retriever, k):
    with pytest.raises(SettingError, match=r"k = .* at least 1"):
        retriever.search("w1x", k)


def test_k_may_exceed_the_number_of_pages(retriever, zipf):
    assert 0 < len(retriever.search("w0x", 10**9)) <= len(zipf)


def test_pages_without_a_word_are_never_found():
    retriever = retriever_for(MemoryCorpus(pages_of("", "the", "...")))
    assert retriever.search("the anything", 5) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("k1", -1),
        ("k1", math.nan),
        ("k1", "1.5"),
        ("k1", True),
        ("b", 1.5),
        ("b", None),
        ("idf", "robertson"),
        ("title_weight", 1.5),
        ("title_weight", -1),
        ("title_weight", True),
        ("title_weight", 17),
        ("operators", 1),
        ("operators", "no"),
    ],
)
def test_a_bad_setting_is_named(field, value):
    with pytest.raises(SettingError, match=rf"^{field} = .* must be"):
        bm25_settings({field: value})


def test_an_unknown_setting_is_named_with_the_nearest_right_one():
    with pytest.raises(UnknownNameError, match=r"'analyser' of search\. Did you mean 'analyzer'"):
        bm25_settings({"analyser": "plain"})


def test_settings_are_written_whole_and_as_json(zipf):
    settings = retriever_for(zipf, bm25_settings({"k1": 1})).settings
    assert json.loads(json.dumps(settings)) == settings
    assert settings["engine"] == "bm25"
    assert settings["k1"] == 1.0 and settings["b"] == 0.75 and settings["analyzer"] == "english"


def test_the_analyzer_is_a_setting():
    corpus = MemoryCorpus(pages_of("flies"))
    assert len(retriever_for(corpus).search("fly", 1)) == 1
    assert retriever_for(corpus, Bm25Settings(analyzer="plain")).search("fly", 1) == ()


@pytest.mark.parametrize("name", ["germann", None, [], 3])
def test_an_unknown_analyzer_is_named_with_those_there_are(name):
    with pytest.raises(UnknownNameError, match="analyzer"):
        bm25_settings({"analyzer": name})


def test_answers_do_not_depend_on_earlier_queries(zipf, queries):
    asked = queries(8)
    busy = retriever_for(zipf)
    for query in asked:
        busy.search(query, 3)
    for query in reversed(asked):
        assert busy.search(query, 7) == retriever_for(zipf).search(query, 7)


def test_threads_share_a_retriever_without_harm(large, pruning, queries):
    asked = queries(60, vocabulary=4_000)
    alone = [pruning.search(query, 6) for query in asked]
    shared = Bm25(large, pruning.index, Bm25Settings())
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda query: shared.search(query, 6), asked * 4))
    assert together == alone * 4


def test_a_retriever_in_memory_survives_pickling(retriever, queries):
    other = pickle.loads(pickle.dumps(retriever))
    assert all(retriever.search(query, 5) == other.search(query, 5) for query in queries(20))
