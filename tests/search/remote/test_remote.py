"""Engines behind servers: recording and replay, which pages documents are, what a hit shows."""

import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError, UnavailableError, UnknownNameError
from webenvs.recording.recording import Recording
from webenvs.records import Page
from webenvs.search import engines
from webenvs.testing.retrievers import check_retriever

QUERIES = ["red bridge", "the mayor of the town", "chess", "year of the town", "nothing known"]


def found(engine, k=10):
    return msgspec.json.encode([engine.search(query, k) for query in QUERIES])


def documents(*scored):
    return {"result": [[{"document": {"id": name}, "score": score} for name, score in scored]]}


def urls(hits):
    return [hit.url for hit in hits]


def test_an_engine_keeps_the_contract_while_recording_and_replaying(corpus, kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        check_retriever(engine_at(name, server.url, **own), corpus)
    check_retriever(engine_at(name, server.url, mode="replay", **own), corpus)


def test_what_was_recorded_is_replayed_to_the_byte_without_the_server(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        recorded = found(engine_at(name, server.url, **own))
    assert json.loads(recorded)[0], "the first query has hits"
    assert found(engine_at(name, server.url, mode="replay", **own)) == recorded


SCRIPT = """
import hashlib, json, sys, msgspec
from webenvs.corpora.sources.jsonl import read_jsonl
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.report import Tally
from webenvs.search import engines
from pathlib import Path
given = json.loads(sys.argv[1])
corpus = MemoryCorpus(read_jsonl(Path(given["corpus"]), Tally()))
engine = engines.retriever(corpus, given["engine"], given["search"])
hits = [engine.search(query, 10) for query in given["queries"]]
sys.stdout.buffer.write(msgspec.json.encode(hits))
"""


def test_every_process_replays_the_same_bytes(corpus, kind, serve, engine_at, tmp_path):
    name, reply, own = kind
    with serve(reply) as server:
        engine = engine_at(name, server.url, **own)
        recorded = found(engine)
    file = tmp_path / "corpus.jsonl"
    lines = [msgspec.json.encode(corpus.page(number)) for number in range(len(corpus))]
    file.write_bytes(b"\n".join(lines))
    search = {"url": server.url, "recording": str(tmp_path / "recording"), **own}
    given = {"corpus": str(file), "engine": name, "search": search, "queries": QUERIES}
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(given)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "7")
    }
    assert told == {recorded}


def test_a_query_that_was_not_recorded_is_unavailable(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        engine_at(name, server.url, **own).search("red", 3)
    with pytest.raises(UnavailableError, match="blue"):
        engine_at(name, server.url, mode="replay", **own).search("blue", 3)


def test_nothing_can_be_replayed_from_nowhere(kind, engine_at, tmp_path):
    name, _, own = kind
    with pytest.raises(CorpusError, match="no recording"):
        engine_at(name, "http://127.0.0.1:9", mode="replay", **own)


def test_a_recorded_query_is_not_asked_again(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        engine = engine_at(name, server.url, **own)
        for k in (1, 5, 20):
            engine.search("red bridge", k)
        engine.search("  red\tbridge ", 5)
        assert len(server.asked) == 1


def test_to_refresh_is_to_ask_again_and_keep_the_new_answer(serve, replying, engine_at):
    with serve(replying(documents(("01", 1.0)))) as server:
        assert urls(engine_at("search-r1", server.url).search("red", 3)) == ["doc://01"]
        server.reply = replying(documents(("02", 1.0)))
        assert urls(engine_at("search-r1", server.url).search("red", 3)) == ["doc://01"]
        refreshed = engine_at("search-r1", server.url, mode="refresh")
        assert urls(refreshed.search("red", 3)) == ["doc://02"]
    replayed = engine_at("search-r1", server.url, mode="replay")
    assert urls(replayed.search("red", 3)) == ["doc://02"]


def test_threads_with_one_new_query_ask_once(serve, replying, engine_at):
    waiting = threading.Barrier(8)
    answers = iter(range(100))

    def reply(handler, body):
        return replying(documents((f"{next(answers):02d}", 1.0)))(handler, body)

    with serve(reply) as server:
        engine = engine_at("search-r1", server.url)

        def ask(_):
            waiting.wait()
            return urls(engine.search("red", 3))

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(ask, range(8))) == [["doc://00"]] * 8
        assert len(server.asked) == 1


def test_a_blank_query_asks_nobody(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        assert engine_at(name, server.url, **own).search(" \n\t", 3) == ()
        assert server.asked == []


def test_a_query_is_sent_as_one_printable_line_of_so_many_words(serve, replying, engine_at):
    with serve(replying(documents())) as server:
        engine = engine_at("search-r1", server.url)
        engine.search("red\ud800\x00 \n blue", 3)
        engine.search("w " * 5000, 3)
        sent = [json.loads(body)["queries"] for _, _, body in server.asked]
    assert sent == [["red\ufffd\ufffd blue"], [" ".join(["w"] * 400)]]


def test_scores_are_rounded_and_ties_fall_by_url(serve, replying, engine_at):
    answer = documents(("07", 0.500001), ("03", 0.500004), ("09", 0.5), ("01", 0.4))
    with serve(replying(answer)) as server:
        hits = engine_at("search-r1", server.url).search("red", 10)
        assert [(hit.url, hit.score, hit.rank) for hit in hits] == [
            ("doc://03", 0.5, 1),
            ("doc://07", 0.5, 2),
            ("doc://09", 0.5, 3),
            ("doc://01", 0.4, 4),
        ]
        fine = engine_at("search-r1", server.url, digits=6).search("red", 10)
        assert urls(fine) == ["doc://03", "doc://07", "doc://09", "doc://01"]


def test_the_order_of_the_answer_does_not_count(serve, replying, engine_at):
    with serve(replying(documents(("01", 0.1), ("02", 0.2), ("03", 0.3)))) as server:
        assert urls(engine_at("search-r1", server.url).search("red", 2)) == ["doc://03", "doc://02"]


def test_of_documents_that_are_one_page_the_best_counts(serve, replying, engine_at):
    with serve(replying(documents(("01", 0.1), ("02", 0.2), ("01", 0.3)))) as server:
        hits = engine_at("search-r1", server.url).search("red", 5)
    assert [(hit.url, hit.score) for hit in hits] == [("doc://01", 0.3), ("doc://02", 0.2)]


def test_documents_outside_the_corpus_are_left_out(serve, replying, engine_at):
    with serve(replying(documents(("x1", 0.9), ("02", 0.2), ("x3", 0.1)))) as server:
        hits = engine_at("search-r1", server.url).search("red", 5)
    assert [(hit.url, hit.rank) for hit in hits] == [("doc://02", 1)]


def test_a_warning_tells_once_where_no_document_is_of_the_corpus(serve, replying, engine_at):
    with serve(replying(documents(("x1", 0.9)))) as server:
        engine = engine_at("search-r1", server.url)
        with pytest.warns(UserWarning, match="none of them is a page.*'doc://x1'.*address"):
            assert engine.search("red", 5) == ()
        assert engine.search("blue", 5) == ()


def test_a_document_leads_to_the_page_that_its_address_is_an_alias_of(serve, replying, engine_at):
    class WithAliases(MemoryCorpus):
        def index(self, url):
            return super().index({"doc://old": "doc://new"}.get(url, url))

    aliased = WithAliases([Page(url="doc://new", title="New", text="red")])
    with serve(replying(documents(("old", 1.0)))) as server:
        hits = engine_at("search-r1", server.url, pages=aliased).search("red", 5)
    assert [(hit.url, hit.title) for hit in hits] == [("doc://new", "New")]


def test_title_and_snippet_are_those_of_the_page(corpus, kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        hit = engine_at(name, server.url, **own).search("mountain", 1)[0]
    page = corpus.page(corpus.index(hit.url))
    assert (hit.title, hit.snippet) == (page.title, page.text)


def test_there_are_no_more_hits_than_were_asked_for(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        assert len(engine_at(name, server.url, depth=3, **own).search("red", 10)) == 3


def test_the_mode_and_the_recording_are_no_part_of_the_settings(kind, serve, engine_at, tmp_path):
    name, reply, own = kind
    with serve(reply) as server:
        one = engine_at(name, server.url, **own)
        other = engine_at(name, server.url, mode="refresh", recording=str(tmp_path / "b"), **own)
        assert one.settings == other.settings
        assert str(tmp_path) not in json.dumps(one.settings)


def test_a_pickled_engine_replays_the_same(kind, serve, engine_at):
    name, reply, own = kind
    with serve(reply) as server:
        recorded = found(engine_at(name, server.url, **own))
    again = pickle.loads(pickle.dumps(engine_at(name, server.url, mode="replay", **own)))
    assert found(again) == recorded
    again.close()


def test_a_damaged_answer_of_a_recording_is_named(serve, replying, engine_at, tmp_path):
    with serve(replying(documents(("01", 1.0)))) as server:
        engine_at("search-r1", server.url).search("red", 3)
    recording = Recording(tmp_path / "recording", "record")
    (exchange,) = recording.exchanges()
    recording.keep(exchange.request, [{"score": "high"}])
    recording.close()
    with pytest.raises(CorpusError, match=r"recording holds what is no answer of http.*score"):
        engine_at("search-r1", server.url, mode="replay").search("red", 3)


def test_a_server_is_a_part_of_a_hybrid(corpus, serve, kind, tmp_path):
    name, reply, own = kind
    with serve(reply) as server:
        remote = {"url": server.url, "recording": str(tmp_path / "r"), "mode": "record", **own}
        search = {"parts": {"bm25": {}, name: remote}}
        hybrid = engines.retriever(corpus, "hybrid", search)
        assert urls(hybrid.search("red bridge", 5)) == urls(
            engines.retriever(corpus, "bm25", {}).search("red bridge", 5)
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "ftp://x/"}, "an http or https address"),
        ({"url": "nowhere"}, "an http or https address"),
        ({"url": "http://x/?key=1"}, "without a query"),
        ({"mode": "replya"}, "mode = 'replya' is not allowed"),
        ({"depth": 0}, "depth = 0 is not allowed"),
        ({"digits": 12}, "digits = 12 is not allowed"),
        ({"timeout": 0}, "timeout = 0 is not allowed"),
        ({"recording": ""}, "recording = '' is not allowed"),
        ({"address": "doc://id"}, "a url with field names in braces"),
        ({"address": "doc://{id"}, "a url with field names in braces"),
        ({"credentials": "lower"}, "credentials = 'lower' is not allowed"),
        ({"certificates": "/no/such/file", "url": "https://localhost:1"}, "certificates"),
    ],
)
def test_a_wrong_setting_is_named(engine_at, settings, message):
    with pytest.raises(SettingError, match=message):
        engine_at("search-r1", **{"url": "http://127.0.0.1:9", **settings})


@pytest.mark.parametrize(
    ("engine", "name", "near"),
    [("search-r1", "recordings", "recording"), ("opensearch", "feilds", "fields")],
)
def test_a_wrong_name_meets_the_nearest_right_one(engine_at, engine, name, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'"):
        engine_at(engine, "http://127.0.0.1:9", **{name: 1})


DATED = (
    Page(url="https://a.test/x/1", title="One", text="red river", date="2020-05-01", language="en"),
    Page(
        url="https://b.a.test/2", title="Two", text="red bridge", date="2021-05-02", language="de"
    ),
    Page(url="https://c.test/3", title="Three", text="The red, red river", language="en"),
)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("red", "123"),
        ("red site:a.test", "12"),
        ("red site:a.test/x", "1"),
        ("red lang:en", "13"),
        ("red after:2020-06", "2"),
        ("red before:2021", "1"),
        ('red "red river"', "13"),
        ("red intitle:two", "2"),
        ("red -bridge", "13"),
        ('red -"red river"', "2"),
        ("red site:a.test -bridges", "1"),
    ],
)
def test_operators_sift_what_a_server_found(serve, replying, engine_at, query, left):
    corpus = MemoryCorpus(DATED)
    result = [{"document": {"url": page.url}, "score": 1} for page in DATED]
    with serve(replying({"result": [result]})) as server:
        engine = engine_at("search-r1", server.url, pages=corpus, address="{url}")
        hits = engine.search(query, 9)
        sent = [json.loads(body)["queries"] for _, _, body in server.asked]
    assert "".join(hit.url[-1] for hit in hits) == left
    assert [hit.rank for hit in hits] == list(range(1, len(left) + 1))
    assert not any(sign in sent[0][0] for sign in ':"-'), "operators are no words"


def test_queries_that_differ_in_operators_alone_share_one_answer(serve, replying, engine_at):
    with serve(replying(documents(("01", 1.0)))) as server:
        engine = engine_at("search-r1", server.url)
        engine.search("red", 3)
        engine.search("red lang:en", 3)
        assert len(server.asked) == 1


def test_without_operators_a_query_is_sent_as_it_is(serve, replying, engine_at):
    with serve(replying(documents(("01", 1.0)))) as server:
        engine = engine_at("search-r1", server.url, operators=False)
        assert urls(engine.search("red lang:xx", 3)) == ["doc://01"]
        assert json.loads(server.asked[0][2])["queries"] == ["red lang:xx"]


RACE = """
import sys
from webenvs.recording.recording import Recording
recording = Recording(sys.argv[1], "record")
def ask():
    print("asking", flush=True)
    sys.stdin.readline()
    return sys.argv[2]
print(recording.answer({"query": "red"}, ask))
"""


def test_processes_that_record_one_query_at_once_go_on_with_one_answer(tmp_path):
    place = str(tmp_path / "shared")
    Recording(place, "record").close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, place, answer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for answer in ("one", "other")
    ]
    for process in processes:
        assert process.stdout.readline() == "asking\n"
    told = [process.communicate("\n")[0] for process in processes]
    assert told[0] == told[1]


@pytest.mark.parametrize("engine", ["search-r1", "opensearch"])
def test_the_table_names_the_settings_that_an_engine_needs(corpus, tmp_path, engine):
    whole = {"url": "http://127.0.0.1:9", "recording": str(tmp_path / "r"), "index": "pages"}
    needs = engines.TABLE[engine].needs
    given = {name: whole[name] for name in needs} | {"mode": "record"}
    assert engines.retriever(corpus, engine, given).settings["engine"] == engine
    for name in needs:
        left = {key: value for key, value in given.items() if key != name}
        with pytest.raises(SettingError, match=f"{engine} needs the setting '{name}'"):
            engines.retriever(corpus, engine, left)
