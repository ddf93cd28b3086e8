"""OpenSearch's protocol: what is asked, and what counts as an answer."""

import json
import re

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SearchServerError, SettingError
from webenvs.records import Page


def answer_of(*hits, **more):
    return {"took": 1, "timed_out": False, "hits": {"hits": list(hits)}, **more}


def hit_of(name, score, **source):
    return {"_index": "pages", "_id": name, "_score": score, "_source": source}


def question(server):
    ((path, _, body),) = server.asked
    return path, json.loads(body)


def test_the_question_is_a_search_of_the_index(serve, replying, engine_at):
    with serve(replying(answer_of())) as server:
        engine_at("opensearch", server.url, depth=7).search("red bridge", 3)
        path, body = question(server)
    assert path.partition("?")[0] == "/pages/_search"
    assert body == {
        "size": 7,
        "track_total_hits": False,
        "_source": False,
        "query": {
            "multi_match": {
                "query": "red bridge",
                "fields": ["title", "text"],
                "type": "best_fields",
            }
        },
    }


def test_scores_are_asked_for_that_do_not_depend_on_shards(serve, replying, engine_at):
    with serve(replying(answer_of())) as server:
        engine_at("opensearch", server.url).search("red", 3)
        parameters = question(server)[0].partition("?")[2].split("&")
    assert set(parameters) == {
        "search_type=dfs_query_then_fetch",
        "preference=webenvs",
        "allow_partial_search_results=false",
    }


def test_fields_boosts_and_the_kind_of_match_are_passed_on(serve, replying, engine_at):
    settings = {"fields": ["title^2", "body"], "match": "cross_fields"}
    with serve(replying(answer_of())) as server:
        engine = engine_at("opensearch", server.url, **settings)
        engine.search("red", 3)
        match = question(server)[1]["query"]["multi_match"]
    assert match == {"query": "red", "fields": ["title^2", "body"], "type": "cross_fields"}
    assert engine.settings["fields"] == ["title^2", "body"]


def test_only_the_fields_of_the_address_are_asked_for(serve, speaking, engine_at):
    with serve(speaking("opensearch")) as server:
        engine = engine_at("opensearch", server.url, address="{where.url}")
        assert engine.search("mountain", 1)[0].url.startswith("doc://")
        assert question(server)[1]["_source"] == ["where.url"]


def test_a_document_is_the_page_of_its_id(serve, replying, engine_at):
    with serve(replying(answer_of({"_id": "07", "_score": 3.25}))) as server:
        (hit,) = engine_at("opensearch", server.url).search("red", 3)
    assert (hit.url, hit.score) == ("doc://07", 3.25)


def test_a_field_whose_name_has_a_dot_is_found(serve, replying, engine_at):
    pages = MemoryCorpus([Page(url="https://x.test/", title="T", text="red")])
    source = {"meta.url": "https://x.test/"}
    with serve(replying(answer_of({"_id": "1", "_score": 1, "_source": source}))) as server:
        engine = engine_at("opensearch", server.url, pages=pages, address="{meta.url}")
        assert engine.search("red", 3)[0].url == "https://x.test/"


def test_the_engine_may_cut_the_snippet(serve, speaking, engine_at):
    with serve(speaking("opensearch")) as server:
        hit = engine_at("opensearch", server.url, highlight="text").search("mountain", 1)[0]
        shown = question(server)[1]["highlight"]
    assert hit.snippet == f"shown {hit.url[-2:]}"
    assert shown == {
        "fields": {"text": {"number_of_fragments": 1, "fragment_size": 240}},
        "pre_tags": [""],
        "post_tags": [""],
    }


def test_a_snippet_of_the_engine_is_one_printable_line_of_the_usual_length(
    serve, replying, engine_at
):
    hit = hit_of("01", 1.0) | {"highlight": {"text": ["a\n\x00b " * 200]}}
    with serve(replying(answer_of(hit))) as server:
        snippet = engine_at("opensearch", server.url, highlight="text").search("red", 1)[0].snippet
    assert snippet.startswith("a \ufffdb a")
    assert len(snippet) == 240


def test_without_a_snippet_of_the_engine_the_page_is_cut(corpus, serve, replying, engine_at):
    with serve(replying(answer_of(hit_of("01", 1.0)))) as server:
        hit = engine_at("opensearch", server.url, highlight="text").search("red", 1)[0]
    assert hit.snippet == corpus.page(1).text


def test_an_index_that_is_not_there_is_what_the_server_says(serve, speaking, engine_at):
    with serve(speaking("opensearch")) as server:
        engine = engine_at("opensearch", server.url, index="pagse")
        with pytest.raises(SearchServerError, match=r"pagse/_search.*HTTP 404.*no such index"):
            engine.search("red", 3)
        assert len(server.asked) == 1, "what cannot pass is not tried again"


@pytest.mark.parametrize("index", ["", "a b", "a/b", "a?b", 'a"b'])
def test_an_index_has_the_name_of_one(engine_at, index):
    with pytest.raises(SettingError, match="index"):
        engine_at("opensearch", "http://127.0.0.1:9", index=index)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "missing required field `hits`"),
        ({"hits": []}, "Expected `object`, got `array`"),
        ({"hits": {"hits": None}}, "Expected `array`, got `null`"),
        ({"hits": {"hits": [{"_id": "1"}]}}, "missing required field `_score`"),
        ({"hits": {"hits": [{"_score": 1}]}}, "missing required field `_id`"),
        ({"hits": {"hits": [{"_id": "1", "_score": None}]}}, "Expected `float`, got `null`"),
        (answer_of(timed_out=True), "only a part .timed_out: True"),
        (answer_of(_shards={"total": 5, "failed": 2}), "2 of 5 shards failed"),
    ],
)
def test_another_answer_is_named_and_not_recorded(serve, replying, engine_at, answer, message):
    with serve(replying(answer)) as server:
        engine = engine_at("opensearch", server.url)
        with pytest.raises(SearchServerError, match=message):
            engine.search("red", 3)
        server.reply = replying(answer_of())
        assert engine.search("red", 3) == ()


def test_a_field_that_a_document_lacks_is_named(serve, replying, engine_at):
    with serve(replying(answer_of(hit_of("01", 1.0, link="x")))) as server:
        engine = engine_at("opensearch", server.url, address="{url}")
        with pytest.raises(SearchServerError, match="number 'url'; its fields: _id, link"):
            engine.search("red", 3)


FIELDS = {"url_field": "url", "date_field": "day", "language_field": "lang"}


def filters_of(serve, replying, engine_at, query, **settings):
    with serve(replying(answer_of())) as server:
        engine_at("opensearch", server.url, **settings).search(query, 3)
        return question(server)[1]["query"]


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [
        ("red lang:en lang:de", {"terms": {"lang": ["en", "de"]}}),
        (
            "red after:2020 before:2021-06",
            {"range": {"day": {"gte": "2020-01-01", "lt": "2021-06-01", "format": "uuuu-MM-dd"}}},
        ),
        ("red after:2020-02-03", {"range": {"day": {"gte": "2020-02-03", "format": "uuuu-MM-dd"}}}),
        ("red before:2020", {"range": {"day": {"lt": "2020-01-01", "format": "uuuu-MM-dd"}}}),
    ],
)
def test_operators_become_filters_where_fields_are_named(
    serve, replying, engine_at, query, narrowed
):
    asked = filters_of(serve, replying, engine_at, query, **FIELDS)
    assert asked["bool"]["filter"] == [narrowed]
    assert asked["bool"]["must"][0]["multi_match"]["query"] == "red"


@pytest.mark.parametrize(
    ("site", "url", "inside"),
    [
        ("a.test", "https://a.test", True),
        ("a.test", "https://a.test/", True),
        ("a.test", "http://b.a.test:8080/x", True),
        ("a.test", "https://user@a.test/x", True),
        ("a.test", "https://a.test?x=1", True),
        ("a.test", "https://aa.test/", False),
        ("a.test", "https://axtest/", False),
        ("a.test", "https://x.test/a.test", False),
        ("a.test", "https://x.test/y?z=.a.test/", False),
        ("a.test/x", "https://a.test/x/1", True),
        ("a.test/x", "https://a.test/y/x", False),
    ],
)
def test_a_site_is_a_pattern_of_urls(serve, replying, engine_at, site, url, inside):
    asked = filters_of(serve, replying, engine_at, f"red site:{site}", **FIELDS)
    (narrowed,) = asked["bool"]["filter"]
    assert narrowed["regexp"]["url"]["flags"] == "NONE"
    # What is used of Lucene's syntax means the same here; Lucene matches whole values.
    assert bool(re.fullmatch(narrowed["regexp"]["url"]["value"], url)) == inside


def test_without_named_fields_operators_only_sift(serve, replying, engine_at):
    asked = filters_of(serve, replying, engine_at, "red lang:en site:a.test after:2020")
    assert list(asked) == ["multi_match"]


def test_phrases_and_excluded_words_are_left_to_those_who_read_the_pages(
    serve, replying, engine_at
):
    asked = filters_of(serve, replying, engine_at, 'red "old bridge" -river', **FIELDS)
    assert asked["multi_match"]["query"] == "red old bridge"
