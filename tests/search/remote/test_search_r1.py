"""Search-R1's protocol: what is asked, and what counts as an answer."""

import json

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SearchServerError
from webenvs.records import Page


def test_the_question_is_the_one_of_the_protocol(serve, replying, engine_at):
    with serve(replying({"result": [[]]})) as server:
        engine_at("search-r1", server.url, depth=7).search("red bridge", 3)
        ((path, headers, body),) = server.asked
    assert path == "/retrieve"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"queries": ["red bridge"], "topk": 7, "return_scores": True}


@pytest.mark.parametrize("end", ["", "/", "/retrieve", "/retrieve/"])
def test_the_url_may_be_that_of_the_server_or_of_its_endpoint(serve, replying, engine_at, end):
    with serve(replying({"result": [[]]})) as server:
        engine_at("search-r1", server.url + end).search("red", 3)
        assert server.asked[0][0] == "/retrieve"


def test_a_document_is_the_page_of_its_id(serve, replying, engine_at):
    pages = MemoryCorpus([Page(url="doc://a%2Fb%20c", title="T", text="red")])
    answer = {"result": [[{"document": {"id": "a/b c", "contents": '"T"\nred'}, "score": 2}]]}
    with serve(replying(answer)) as server:
        (hit,) = engine_at("search-r1", server.url, pages=pages).search("red", 3)
    assert (hit.url, hit.score) == ("doc://a%2Fb%20c", 2.0)


def test_an_id_may_be_a_whole_number(serve, replying, engine_at):
    answer = {"result": [[{"document": {"id": 12, "contents": "x"}, "score": 1.5}]]}
    with serve(replying(answer)) as server:
        assert engine_at("search-r1", server.url).search("red", 3)[0].url == "doc://12"


def test_a_document_may_hold_its_url(serve, replying, engine_at):
    pages = MemoryCorpus([Page(url="https://x.test/a?b=c d", title="T", text="red")])
    document = {"id": "5", "url": "https://x.test/a?b=c d", "contents": "red"}
    with serve(replying({"result": [[{"document": document, "score": 1}]]})) as server:
        engine = engine_at("search-r1", server.url, pages=pages, address="{url}")
        assert engine.search("red", 3)[0].url == "https://x.test/a?b=c d"


def test_a_url_may_be_made_of_several_fields(serve, replying, engine_at):
    pages = MemoryCorpus([Page(url="https://x.test/en/A%20b", title="T", text="red")])
    document = {"meta": {"lang": "en"}, "title": "A b"}
    with serve(replying({"result": [[{"document": document, "score": 1}]]})) as server:
        address = "https://x.test/{meta.lang}/{title}"
        engine = engine_at("search-r1", server.url, pages=pages, address=address)
        assert engine.search("red", 3)[0].url == "https://x.test/en/A%20b"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "Expected `object`, got `array`"),
        ({}, "missing required field `result`"),
        ({"results": [[]]}, "missing required field `result`"),
        ({"result": None}, r"got `null` - at `\$.result`"),
        ({"result": []}, "0 lists for one query"),
        ({"result": [[], []]}, "2 lists for one query"),
        ({"result": [{"id": "1", "contents": "x"}]}, "Expected `array`, got `object`"),
        ({"result": [[{"id": "1", "contents": "x"}]]}, "missing required field `document`"),
        ({"result": [[{"document": {"id": "1"}}]]}, "missing required field `score`"),
        ({"result": [[{"document": {"id": "1"}, "score": "high"}]]}, "Expected `float`"),
        ({"result": [[{"document": {"id": "1"}, "score": True}]]}, "Expected `float`"),
        ({"result": [[{"document": {"_id": "1"}, "score": 1}]]}, "number 'id'; its fields: _id"),
        ({"result": [[{"document": {"id": [1]}, "score": 1}]]}, "number 'id'; its fields: id"),
        ({"detail": "Not Found"}, 'It said {"detail":"Not Found"}'),
    ],
)
def test_another_answer_is_named_and_not_recorded(serve, replying, engine_at, answer, message):
    with serve(replying(answer)) as server:
        engine = engine_at("search-r1", server.url)
        with pytest.raises(SearchServerError, match=message) as raised:
            engine.search("red", 3)
        assert f"{server.url}/retrieve answered what is no search-r1 answer" in str(raised.value)
        server.reply = replying({"result": [[]]})
        assert engine.search("red", 3) == ()
