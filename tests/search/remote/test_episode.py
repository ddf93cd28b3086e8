"""What a search server's troubles are to an episode."""

import pytest

from webenvs import catalog
from webenvs.envs.seat import SeatEnv
from webenvs.records import Task
from webenvs.tasks.taskset import TaskSet

SEARCH = '<tool_call>\n{"name": "search", "arguments": {"query": "red bridge"}}\n</tool_call>'


@pytest.fixture
def play(corpus, tmp_path):
    """play(url, mode) -> observation and info after one search through the server at the url."""

    def one_search(url, mode="record"):
        task = Task(question="Who is the mayor?", answers=("x",), split="train")
        env = SeatEnv(
            catalog.scenario(
                "Tasks-v0",
                corpus=corpus,
                tasks=TaskSet([task], "one"),
                split="train",
                retriever="search-r1",
                search={
                    "url": url,
                    "recording": str(tmp_path / "recording"),
                    "mode": mode,
                    "retries": 0,
                },
            )
        )
        env.reset(seed=0)
        observation, _, _, _, info = env.step(SEARCH)
        return observation["text"], info

    return one_search


def test_an_episode_searches_through_a_server_and_replays_without_it(serve, speaking, play):
    with serve(speaking("search-r1")) as server:
        recorded, info = play(server.url)
    assert "doc://" in recorded
    assert info["end"] is None
    assert play(server.url, "replay")[0] == recorded


def test_a_failing_server_ends_the_episode_which_does_not_count(serve, play):
    with serve(lambda *_: (500, {}, b"out of memory")) as server:
        text, info = play(server.url)
    assert (info["end"], info["valid"]) == ("aborted", False)
    assert "HTTP 500: out of memory" in info["fault"]
    assert "memory" not in text
