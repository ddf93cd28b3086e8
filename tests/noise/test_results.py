"""Noise on the list of hits: what each model does to it, whatever the hits are."""

import itertools

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError, UnavailableError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.noise.table import TABLE
from webenvs.noise.weather import Mixture, Weather
from webenvs.records import Call, Hit, Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.web.around import Surroundings
from webenvs.web.web import Web

SITE = "https://r.example/"
RESULTS = [name for name, kind in TABLE.items() if kind.group == "results"]


def body(number):
    return " ".join(f"river page {number} sentence {n} of the story." for n in range(40))


PAGES = (
    *(Page(url=f"{SITE}{n:02}", title=f"River {n}", text=body(n)) for n in range(12)),
    Page(url=f"{SITE}veit-chess", title="Ilsa Veit (chess player)", text="Ilsa Veit plays chess."),
    Page(url=f"{SITE}veit-mayor", title="Ilsa Veit (mayor)", text="Ilsa Veit is a mayor. " * 20),
    Page(url=f"{SITE}wide", title="", text="İß東京 " * 3000),
    Page(url=f"{SITE}none", title="Nothing", text=""),
)
HITS = tuple(
    Hit(
        url=f"{SITE}{n:02}",
        title=f"River {n}",
        snippet=f"river page {n} sentence 0 of the story. river page {n} sentence 1 …",
        score=9.0 - n,
        rank=n + 1,
    )
    for n in range(6)
)


class Names:
    """Lore that knows who goes by one name."""

    def __init__(self, *names, of=HITS[1].url):
        self.names, self.of = tuple(SITE + name for name in names), of

    def claims(self, url):
        return ()

    def namesakes(self, url):
        return self.names if url == self.of else ()


class Rivers:
    """An engine that finds the pages of the rivers, in the order of their urls."""

    def search(self, query, k):
        if query == "unrecorded":
            raise UnavailableError(query)
        return tuple(
            Hit(url=p.url, title=p.title, snippet=p.text[:60], score=9.0 - n, rank=n + 1)
            for n, p in enumerate(PAGES[: min(12, k)])
        )


CORPUS = MemoryCorpus(PAGES)
AROUND = Surroundings(CORPUS, Rivers(), Names("08", "09"))
BARE = Surroundings(CORPUS, retriever_for(CORPUS), None)


def met(text, hits=HITS, seed=0, occurrence=0, around=AROUND, query="river"):
    """The hits under this noise, what was applied, and its details."""
    weather = Weather(
        Mixture(noise_from(text)), Scene(seed=seed), "search", {"query": query}, occurrence
    )
    return weather.hits(query, hits, around), weather.applied, weather.details


def urls(hits):
    return [hit.url for hit in hits]


def test_an_empty_answer_has_no_hits_and_tells_which_are_gone():
    hits, applied, details = met("empty:1")
    assert (hits, applied) == ((), ["empty"])
    assert details == {"empty": {"lost": urls(HITS)}}


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_hits_are_the_same_ones_in_another_order(seed):
    hits, applied, _ = met("shuffle:1", seed=seed)
    assert applied == ["shuffle"]
    assert urls(hits) != urls(HITS)
    assert sorted(urls(hits)) == urls(HITS)


def test_two_hits_are_always_shuffled_into_the_other_order():
    for seed in range(20):
        assert urls(met("shuffle:1", HITS[:2], seed)[0]) == urls(HITS[:2])[::-1]


def test_every_order_but_the_usual_one_comes_of_shuffling():
    orders = {tuple(urls(met("shuffle:1", HITS[:3], seed)[0])) for seed in range(200)}
    assert orders == set(itertools.permutations(urls(HITS[:3]))) - {tuple(urls(HITS[:3]))}


def test_swapped_hits_trade_places_in_pairs():
    hits, _, details = met("swap:1", HITS[:5])
    assert urls(hits) == [HITS[place].url for place in (1, 0, 3, 2, 4)]
    assert details == {"swap": {"urls": urls(HITS[:4])}}


def test_a_struck_hit_moves_by_one_place():
    moved = set()
    for seed in range(300):
        _, applied, details = met("swap:0.1", seed=seed)
        if applied and len(details["swap"]["urls"]) == 2:
            first, second = (urls(HITS).index(url) for url in details["swap"]["urls"])
            assert second == first + 1
            moved.add(first)
    assert moved == {0, 1, 2, 3, 4}


def test_a_doubled_hit_stands_there_twice_and_pushes_the_last_one_out():
    hits, _, details = met("duplicate:1", HITS[:4])
    assert urls(hits) == [HITS[0].url] * 2 + [HITS[1].url] * 2
    assert details["duplicate"] == {"urls": urls(HITS[:2]), "lost": urls(HITS[2:4])}


def test_namesakes_stand_before_the_hit_that_was_meant():
    first = {tuple(urls(met("distract:1", HITS[1:3], seed)[0])) for seed in range(40)}
    assert first == {(f"{SITE}08", HITS[1].url), (f"{SITE}09", HITS[1].url)}


def test_with_a_higher_count_more_namesakes_stand_there():
    hits, _, details = met("distract:1(count=2)", HITS[1:3])
    assert set(urls(hits)) == {f"{SITE}08", f"{SITE}09"}
    assert details["distract"] == {"urls": urls(hits), "lost": urls(HITS[1:3])}


def test_without_lore_a_page_whose_title_shares_the_name_distracts():
    found = BARE.search("ilsa veit mayor", 2)
    assert found[0].title == "Ilsa Veit (mayor)"
    hits, _, details = met("distract:1", (found[0], HITS[3]), around=BARE)
    assert [hit.title for hit in hits] == ["Ilsa Veit (chess player)", "Ilsa Veit (mayor)"]
    assert details["distract"] == {"urls": [f"{SITE}veit-chess"], "lost": [HITS[3].url]}


def test_without_a_like_name_lower_hits_of_the_query_distract():
    odd = Hit(url=f"{SITE}none", title="Zzyzx", snippet="s", score=9.5, rank=1)
    for seed in range(20):
        hits, _, _ = met("distract:1", (odd, *HITS[:2]), seed)
        assert hits[0].url in urls(PAGES[2:12])


def test_the_snippet_of_a_namesake_shows_a_word_of_the_query():
    around = Surroundings(CORPUS, Rivers(), Names("veit-mayor"))
    hits, _, _ = met("distract:1", HITS[1:3], around=around, query="who is the mayor")
    assert hits[0].title == "Ilsa Veit (mayor)"
    assert "mayor" in hits[0].snippet
    assert len(hits[0].snippet) <= 244


def test_an_irrelevant_hit_is_another_page_of_the_corpus_with_its_beginning():
    hits, _, details = met("irrelevant:1")
    assert details["irrelevant"] == {"urls": urls(hits), "lost": urls(HITS)}
    for hit in hits:
        page = CORPUS.page(CORPUS.index(hit.url))
        assert hit.title == page.title
        assert page.text.startswith(hit.snippet.removesuffix(" …"))
        assert len(hit.snippet) <= 242


def test_irrelevant_pages_come_from_everywhere():
    came = {url for seed in range(200) for url in urls(met("irrelevant:1", HITS[:1], seed)[0])}
    assert came == set(urls(PAGES)) - {HITS[0].url}


def test_where_every_page_is_a_hit_none_is_irrelevant():
    around = Surroundings(MemoryCorpus(PAGES[:6]), Rivers(), None)
    assert met("irrelevant:1", around=around)[:2] == (HITS, [])


def test_cut_snippets_end_in_a_mark_after_so_many_characters():
    hits, _, details = met("cut_snippet:1(characters=10)")
    assert [hit.snippet for hit in hits] == ["river page…"] * 6
    assert details["cut_snippet"] == {"urls": urls(HITS)}


def test_a_snippet_that_is_short_enough_is_not_cut():
    assert met("cut_snippet:1(characters=500)")[:2] == (HITS, [])


def test_of_a_snippet_of_no_characters_the_mark_is_left():
    assert [hit.snippet for hit in met("cut_snippet:1(characters=0)")[0]] == ["…"] * 6


@pytest.mark.parametrize("query", ["sentence 3", "page 7 story", "river 39", "river"])
@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_snippet_is_of_its_page_and_shares_nothing_with_the_right_one(query, seed):
    found = BARE.search(query, 4)
    hits, _, details = met("wrong_snippet:1", found, seed, around=BARE, query=query)
    assert details["wrong_snippet"]["urls"] == urls(found)
    for hit, right in zip(hits, found, strict=True):
        text = CORPUS.page(CORPUS.index(hit.url)).text
        shown, before = hit.snippet.strip("… "), right.snippet.strip("… ")
        start, other = text.index(shown), text.index(before)
        assert start + len(shown) <= other or other + len(before) <= start


def test_a_page_of_one_passage_keeps_its_snippet():
    found = BARE.search("plays chess", 1)
    assert found[0].snippet == "Ilsa Veit plays chess."
    assert met("wrong_snippet:1", found, around=BARE)[:2] == (found, [])


def test_an_older_index_lacks_the_same_pages_for_every_query():
    lacking = {}
    for query, seed in itertools.product("abc", range(20)):
        _, _, details = met("stale_ranking:0.3", query=query, seed=seed)
        lost = details.get("stale_ranking", {}).get("lost", [])
        assert lacking.setdefault(seed, lost) == lost
    assert len({tuple(lost) for lost in lacking.values()}) > 5


def test_an_older_index_answers_as_if_the_pages_were_not_there():
    for seed in range(40):
        hits, _, details = met("stale_ranking:0.3", seed=seed)
        every = met("stale_ranking:0.3", Rivers().search("", 12), seed)[0]
        assert urls(hits) == urls(every)[:6]
        done = details.get("stale_ranking", {"lost": [], "urls": []})
        assert urls(hits) == [url for url in urls(HITS) if url not in done["lost"]] + done["urls"]


def test_an_older_index_fills_from_below_the_hits_that_it_was_given():
    """What noise before it has taken out from between them does not come back."""
    given = (HITS[0], HITS[2], HITS[5])
    came = {
        url
        for seed in range(60)
        for url in met("stale_ranking:0.4", given, seed)[2].get("stale_ranking", {}).get("urls", ())
    }
    assert came
    assert came <= set(urls(PAGES[6:12]))


def test_an_older_index_without_any_page_finds_nothing():
    hits, applied, details = met("stale_ranking:1")
    assert (hits, applied) == ((), ["stale_ranking"])
    assert details["stale_ranking"] == {"urls": [], "lost": urls(HITS)}


@pytest.mark.parametrize(("text", "many"), [("", False), ("(transient)", True)])
def test_an_older_index_stays_old_unless_it_is_said_to_be_transient(text, many):
    tries = {tuple(urls(met(f"stale_ranking:0.5{text}", occurrence=n)[0])) for n in range(5)}
    assert (len(tries) > 1) == many


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("rate", [0.3, 1])
def test_hits_are_ranked_from_1_and_never_more_than_came_in(name, rate):
    for seed, count in itertools.product(range(15), range(7)):
        hits, _, _ = met(f"{name}:{rate}", HITS[:count], seed)
        assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
        assert len(hits) <= count


@pytest.mark.parametrize("name", RESULTS)
def test_what_is_done_to_hits_is_a_function_of_key_and_input(name):
    once = [met(f"{name}:0.5", seed=seed) for seed in range(40)]
    assert [met(f"{name}:0.5", seed=seed) for seed in reversed(range(40))] == once[::-1]
    assert len({repr(each) for each in once}) > 1


@pytest.mark.parametrize("name", RESULTS)
def test_what_was_changed_is_recorded_and_nothing_else(name):
    for seed in range(40):
        hits, applied, details = met(f"{name}:0.2", seed=seed)
        assert (hits != HITS) == (applied == [name])
        assert set(details) <= set(applied)


@pytest.mark.parametrize("name", ["cut_snippet", "wrong_snippet", "irrelevant"])
def test_a_stronger_noise_changes_every_hit_that_a_weaker_one_did(name):
    for seed in range(40):
        weak, strong = met(f"{name}:0.2", seed=seed)[0], met(f"{name}:0.6", seed=seed)[0]
        for before, one, other in zip(HITS, weak, strong, strict=True):
            assert one == before or other != before


@pytest.mark.parametrize("name", ["drop", "empty", "stale_ranking"])
def test_a_stronger_noise_loses_every_hit_that_a_weaker_one_lost(name):
    for seed in range(40):
        weak, strong = met(f"{name}:0.2", seed=seed)[0], met(f"{name}:0.6", seed=seed)[0]
        assert set(urls(strong)) & set(urls(HITS)) <= set(urls(weak))


HOSTILE = {
    "one": HITS[:1],
    "untitled": tuple(
        Hit(url=hit.url, title="", snippet="", score=hit.score, rank=hit.rank) for hit in HITS
    ),
    "blank": (Hit(url=f"{SITE}none", title="  \n", snippet=" … ", score=9.5, rank=1), *HITS[1:3]),
    "unicode": (
        Hit(url=f"{SITE}wide", title="İß – 東京", snippet="İß東京 " * 30, score=2.0, rank=1),
        Hit(url=f"{SITE}00", title="\u202e(((\U0001f600", snippet="é" * 400, score=1.0, rank=2),
    ),
    "long": tuple(
        Hit(url=hit.url, title="t" * 9000, snippet="s " * 50_000, score=hit.score, rank=hit.rank)
        for hit in HITS[:3]
    ),
    "unknown": (Hit(url="https://away.example/", title="Away", snippet="x", score=1.0, rank=1),),
    "equal": (HITS[0], HITS[0], HITS[0]),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", RESULTS)
def test_odd_hits_are_no_trouble(name, kind):
    given = HOSTILE[kind]
    for around, query, seed in itertools.product(
        (AROUND, BARE), ("river", "", "unrecorded", "(\U0001f600 ["), range(3)
    ):
        hits, _, _ = met(f"{name}:0.7", given, seed, around=around, query=query)
        assert len(hits) <= len(given)


@pytest.mark.parametrize("name", RESULTS)
def test_no_hits_stay_no_hits(name):
    assert met(f"{name}:1", ()) == ((), [], {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("distract:1(count=0)", "count"),
        ("distract:1(counts=2)", "has no option 'counts'. Did you mean 'count'"),
        ("cut_snippet:1(characters=-1)", "characters"),
        ("shuffle:0.5@fetch", "one that it can fall on: search"),
    ],
)
def test_options_and_targets_that_make_no_sense_are_refused(text, words):
    with pytest.raises(SettingError, match=words):
        noise_from(text)


@pytest.mark.parametrize("name", RESULTS)
def test_a_player_reads_the_hits_that_are_left_and_the_record_says_what_was_done(name):
    web = Web(CORPUS, retriever_for(CORPUS), noise_from(f"{name}:1"), top_k=3)
    call = Call(id="1", tool="search", arguments={"query": "sentence 3"})
    result, _ = web.call(call, None, Scene(seed=5), 0)
    assert result.noise == (name,)
    assert result.status == ("ok" if result.urls else "empty")
    assert all(url in result.content for url in result.urls)
    assert name not in result.content
