"""The doors of search tools give what the web gives in process, in the forms that clients read."""

import asyncio

import msgspec
import pytest
from starlette.requests import ClientDisconnect

from webenvs.noise.model import Scene
from webenvs.records import Call
from webenvs.serve.limits import Limits
from webenvs.serve.retrieving import each_of
from webenvs.serve.work import Work

NOISE = "timeout:0.2,drop:0.3,shuffle:0.5,garble:0.3,partial:0.2,malformed:0.2,rot:0.3,gone:0.2"
QUERIES = ["river", "mayor of Brena", "Monte Corvo", "bridge chronicle", "chess", "zzz"]
PACKED = {"content-type": "application/msgpack"}


def asked(env, tool, seed, occurrence=0, top_k=None, **arguments):
    """The result of a call in process."""
    web = env.scenario.web if top_k is None else env.scenario.web.showing(top_k)
    scene = Scene(seed=seed, role="researcher", tool=tool)
    return web.call(Call(id="1", tool=tool, arguments=arguments), None, scene, occurrence)[0]


def read(result, row):
    """What a list of documents says, as the web writes it: titles, urls, snippets in order."""
    if result.status == "empty":
        return "" if row == [] else None
    if len(row) == 1 and row[0]["document"]["id"] == "":
        return row[0]["document"]["contents"]
    shown = []
    for rank, entry in enumerate(row, start=1):
        title, _, snippet = entry["document"]["contents"].partition("\n")
        shown.append(f"{rank}. {title[1:-1]}\n   {entry['document']['url']}\n   {snippet}")
    return "\n".join(shown)


def test_queries_are_answered_as_the_clean_web_answers_them(start, envs):
    live, env = start(), envs()()
    body = {"queries": QUERIES, "topk": 3, "return_scores": True}
    told = live.client.post("/retrieve", json=body).json()
    for query, row in zip(QUERIES, told["result"], strict=True):
        expected = asked(env, "search", 0, top_k=3, query=query)
        wanted = "" if expected.status == "empty" else expected.content
        assert read(expected, row) == wanted


def test_every_depth_is_that_of_a_web_of_that_depth(serve, envs):
    live, env = serve(), envs()()
    for topk in (*range(1, 20), 1, 2, 3):
        row = live.client.post(
            "/retrieve", json={"query": "river mayor chess", "topk": topk}
        ).json()["result"][0]
        assert [each["url"] for each in row] == list(
            asked(env, "search", 0, top_k=topk, query="river mayor chess").urls
        )


class Leaves:
    """A request whose client has left after so many looks at it."""

    def __init__(self, looks):
        self.looks = looks

    async def is_disconnected(self):
        self.looks -= 1
        return self.looks < 0


def test_no_more_is_looked_up_for_a_client_that_has_left():
    work, asked_for = Work(1), []
    try:
        with pytest.raises(ClientDisconnect):
            asyncio.run(each_of(work, Leaves(2), asked_for.append, list("abcdef")))
    finally:
        work.close()
    assert asked_for == ["a", "b", "c"]


def test_scores_are_those_of_the_engine(serve, envs):
    body = {"queries": ["river"], "topk": 4, "return_scores": True}
    row = serve().client.post("/retrieve", json=body).json()["result"][0]
    hits = envs()().scenario.web.retriever.search("river", 4)
    assert [entry["score"] for entry in row] == [hit.score for hit in hits]


@pytest.mark.parametrize("seed", range(6))
def test_noise_is_that_of_the_web_in_process(start, envs, seed):
    live, env = start(noise=NOISE), envs(noise=NOISE)()
    for occurrence in (0, 1):
        body = {"queries": QUERIES, "return_scores": True, "seed": seed, "occurrence": occurrence}
        told = live.client.post("/retrieve", json=body).json()
        for query, row, status in zip(QUERIES, told["result"], told["statuses"], strict=True):
            expected = asked(env, "search", seed, occurrence, query=query)
            wanted = "" if expected.status == "empty" else expected.content
            assert (read(expected, row), status) == (wanted, expected.status)


def test_noise_is_that_of_an_episode(serve, envs):
    """The same seed and task as `ToolEnv.reset`: its first call brings the same text."""
    live = serve(noise=NOISE)
    for seed in range(8):
        env = envs(noise=NOISE)()
        env.reset(seed=seed)
        task = env.session.task.id
        env.call("search", {"query": "river"})
        turn = env.session.state.turns[-1].results[0]
        body = {"query": "river", "return_scores": True, "seed": seed, "task_id": task}
        told = live.client.post("/retrieve", json=body).json()
        wanted = "" if turn.status == "empty" else turn.content
        assert read(turn, told["result"][0]) == wanted


def test_the_layout_of_an_episode_is_known_by_its_task(serve, envs):
    live, env = serve(noise="reformat:1.0"), envs(noise="reformat:1.0")()
    env.reset(seed=3)
    env.call("search", {"query": "river"})
    body = {"query": "river", "seed": 3, "task_id": env.session.task.id}
    row = live.client.post("/retrieve", json=body).json()["result"][0]
    assert [each["url"] for each in row] == list(env.session.state.turns[0].results[0].urls)


def test_without_scores_documents_stand_bare(serve):
    row = serve().client.post("/retrieve", json={"queries": ["river"]}).json()["result"][0]
    assert row[0]["url"] == row[0]["id"]
    assert row[0]["contents"].startswith('"')


def test_a_single_query_in_json_is_answered_with_a_list_of_lists(serve):
    live = serve()
    one = live.client.post("/retrieve", json={"query": "river", "topk": 2}).json()
    many = live.client.post("/retrieve", json={"queries": ["river"], "topk": 2}).json()
    assert one == many


def test_messagepack_without_a_content_type_is_answered_flat(start):
    live = start()
    body = {"query": "river", "topk": 2, "return_scores": True}
    packed = live.client.post("/retrieve", content=msgspec.msgpack.encode(body))
    assert packed.headers["content-type"] == "application/msgpack"
    told = msgspec.msgpack.decode(packed.content)
    assert told["result"] == live.client.post("/retrieve", json=body).json()["result"][0]


def test_messagepack_with_queries_is_answered_with_a_list_of_lists(serve):
    live, body = serve(), {"queries": ["river", "chess"]}
    packed = live.client.post("/retrieve", content=msgspec.msgpack.encode(body), headers=PACKED)
    told = msgspec.msgpack.decode(packed.content)
    assert told == live.client.post("/retrieve", json=body).json()


def test_pages_are_read_as_in_process(start, envs, site):
    live, env = start(noise=NOISE), envs(noise=NOISE)()
    urls = [site(name) for name in ("alba", "brena", "corvo", "veit", "chronicle", "nowhere")]
    for seed in range(6):
        told = live.client.post("/access", json={"urls": urls, "seed": seed}).json()["result"]
        for url, page in zip(urls, told, strict=True):
            expected = asked(env, "fetch", seed, url=url)
            wanted = None if expected.status == "not_found" else expected.content
            assert (page and page["contents"]) == wanted


def test_a_part_of_a_long_page_can_be_read(serve, envs, site):
    live, env = serve(page_characters=300), envs(page_characters=300)()
    body = {"urls": [site("chronicle")], "page": 2}
    page = live.client.post("/access", json=body).json()["result"][0]
    assert page["contents"] == asked(env, "fetch", 0, url=site("chronicle"), page=2).content


def test_every_answer_carries_the_digests(start, envs):
    live, scenario = start(), envs()().scenario
    for answer in (live.client.post("/retrieve", json={"query": "x"}), live.client.get("/none")):
        assert answer.headers["webenvs-corpus"] == scenario.web.corpus.digest
        assert answer.headers["webenvs-scenario"] == scenario.digest


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"\x81", 400, "not MessagePack"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[1]", 422, "object"),
        (b"{}", 422, "queries"),
        (b'{"queries": ["a"], "query": "a"}', 422, "queries"),
        (b'{"queries": [1]}', 422, "queries[0]"),
        (b'{"query": "a", "topk": 0}', 422, "topk = 0"),
        (b'{"query": "a", "topk": 101}', 422, "topk = 101"),
        (b'{"query": "a", "topk": "3"}', 422, "topk"),
        (b'{"query": "a", "seeed": 3}', 422, "Did you mean 'seed'?"),
        (b'{"query": "a", "top_k": 3}', 422, "Did you mean 'topk'?"),
        (b'{"query": "a", "seed": -1}', 422, "seed"),
        (b'{"query": "a", "seed": 99999999999999999999999}', 422, "seed"),
        (b'{"query": "a", "task_id": "none"}', 404, "task"),
        (b'{"query": "a", "role": "researcer"}', 404, "Did you mean 'researcher'?"),
        (b'{"queries": ["a", "b", "c", "d"]}', 422, "at most 3"),
    ],
)
def test_a_wrong_request_is_refused_and_the_field_named(serve, body, status, said):
    live = serve(options={"limits": Limits(queries=3)})
    answer = live.client.post("/retrieve", content=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


def test_fields_that_other_servers_know_are_left_alone(serve):
    body = {"query": "river", "user": "me", "method": "e5", "data_source": "nq"}
    assert serve().client.post("/retrieve", json=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "urls"),
        ({"urls": "x"}, "urls"),
        ({"urls": [], "page": 0}, "page"),
        ({"url": 1}, "urls"),
    ],
    ids=["none", "text", "page", "misspelt"],
)
def test_a_wrong_access_is_refused_and_the_field_named(serve, body, said):
    answer = serve().client.post("/access", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)


def test_our_own_search_r1_engine_finds_here_what_the_engine_behind_finds(listen, envs, tmp_path):
    from webenvs.search import engines

    live, web = listen(), envs()().scenario.web
    settings = {"url": live.url, "recording": str(tmp_path / "kept"), "address": "{url}"}
    engine = engines.retriever(web.corpus, "search-r1", {**settings, "mode": "record"})
    for query in QUERIES:
        ours = [(hit.url, round(hit.score, 4)) for hit in web.retriever.search(query, 5)]
        assert [(hit.url, hit.score) for hit in engine.search(query, 5)] == ours


def test_too_many_hits_at_once_are_refused_by_their_number(serve):
    live = serve(options={"limits": Limits(hits=20)})
    for queries, status in ((2, 200), (3, 422)):
        answer = live.client.post("/retrieve", json={"queries": ["a"] * queries, "topk": 10})
        assert (answer.status_code, "30 hits, at most 20" in answer.text) == (status, status == 422)
