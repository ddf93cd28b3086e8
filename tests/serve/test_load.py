"""Under load nothing fails and nothing is mixed up: every answer is the one in process."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.benchmarks.serve_load import errands, load
from tests.serve.conftest import listening
from webenvs import catalog
from webenvs.serve.app import application
from webenvs.serve.place import Where
from webenvs.serve.retrieval import Retrieval

NOISE = "severe"


@pytest.fixture(scope="module")
def make():
    """Make environments of a generated web under noise."""
    return catalog.tool_envs("MultiHop-v0", noise=NOISE)


@pytest.mark.parametrize("threads", [1, 8])
def test_every_answer_to_32_clients_at_once_is_the_one_in_process(make, threads):
    from webenvs.serve.limits import Limits

    planned = errands(make, 400)
    served = application(
        catalog.tool_envs("MultiHop-v0", noise=NOISE), limits=Limits(threads=threads)
    )
    with listening(served) as live:
        host, _, port = live.url.removeprefix("http://").partition(":")
        told = asyncio.run(load(host, int(port), planned, clients=32))
        assert [each.fault for each in told if each.fault] == []
        assert len(told) == 400
        assert len({each.door for each in told}) == 7


def test_searches_in_many_threads_bring_what_they_bring_in_one(make):
    """Fresh webs, so that nothing is remembered: 16 threads race for every answer."""
    env = make()
    queries = [env.scenario.tasks.of_split("train")[place].question for place in range(40)]
    asked = [(query, seed) for query in queries for seed in (0, 1)] * 4
    alone = Retrieval(catalog.scenario("MultiHop-v0", noise=NOISE), 100)
    expected = {key: alone.search(key[0], 5, Where(seed=key[1])) for key in set(asked)}
    shared = Retrieval(catalog.scenario("MultiHop-v0", noise=NOISE), 100)
    with ThreadPoolExecutor(16) as pool:
        found = pool.map(lambda key: shared.search(key[0], 5, Where(seed=key[1])), asked)
        assert list(found) == [expected[key] for key in asked]


def test_episodes_in_many_threads_end_as_they_end_in_one(make):
    """Environments share a scenario; each thread plays episodes of its own."""

    def played(seed):
        env = make()
        env.reset(seed=seed)
        question = env.session.task.question
        calls = [("search", {"query": question}), ("fetch", {"url": "https://x.example/"})]
        said = [env.call(tool, given).text for tool, given in (*calls, ("answer", {"text": "x"}))]
        return said, env.episode().fingerprint

    expected = [played(seed) for seed in range(24)]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(played, range(24))) == expected
