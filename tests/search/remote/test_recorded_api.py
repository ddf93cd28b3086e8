"""A user's own search API becomes an engine: asked once, then replayed without it."""

import pickle
import sys
import types

import pytest

from webenvs import catalog
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError, UnavailableError, UnknownNameError
from webenvs.players.message import say
from webenvs.records import Page, Task
from webenvs.search import engines
from webenvs.search.remote.recorded_api import recorded_retriever
from webenvs.tasks.taskset import TaskSet

PAGES = MemoryCorpus(
    [
        Page(url=f"https://w.example/{name}", title=name.title(), text=f"All about {name}. " * 30)
        for name in ("amber", "basalt", "chalk")
    ],
    aliases={"https://w.example/old": "https://w.example/chalk"},
)
ASKED = []


def api(query, k):
    ASKED.append((query, k))
    urls = ["https://w.example/old", "https://elsewhere.example/", "https://w.example/chalk"]
    rows = [{"url": url, "title": "T"} for url in urls]
    rows += [{"url": "https://w.example/amber", "title": "T", "snippet": "of\namber"}]
    return rows[:k] if "stone" in query else []


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "my_search", types.ModuleType("m"))
    sys.modules["my_search"].api = api
    ASKED.clear()
    return {"api": "my_search:api", "recording": str(tmp_path / "rec"), "mode": "record"}


def test_results_become_hits_of_the_pages_that_the_corpus_has(settings):
    hits = recorded_retriever(PAGES, settings, None).search("which  stone?", 5)
    assert [(hit.url, hit.score, hit.rank) for hit in hits] == [
        ("https://w.example/chalk", 1.0, 1),
        ("https://w.example/amber", 0.25, 2),
    ]
    assert hits[0].title == "Chalk"
    assert hits[0].snippet.startswith("All about chalk.")
    assert hits[1].snippet == "of amber"
    assert ASKED == [("which stone?", 10)]


def test_what_was_asked_is_not_asked_again_and_is_replayed_without_the_api(settings, monkeypatch):
    recorded = recorded_retriever(PAGES, settings, None)
    hits = recorded.search("a stone", 3)
    assert recorded.search("a stone", 1) == hits[:1]
    assert len(ASKED) == 1
    monkeypatch.delitem(sys.modules, "my_search")
    replayed = recorded_retriever(PAGES, settings | {"mode": "replay"}, None)
    assert replayed.search("a stone", 3) == hits
    assert pickle.loads(pickle.dumps(replayed)).search("a stone", 3) == hits
    with pytest.raises(UnavailableError, match="holds no answer"):
        replayed.search("another stone", 3)
    assert replayed.search(" ", 3) == ()


def test_in_an_episode_a_miss_is_the_status_unavailable(settings):
    engines.retriever(PAGES, "recorded", settings).search("a stone", 5)
    task = Task(question="Which stone?", answers=("Chalk",), split="train")
    env = catalog.gym_env(
        env="Tasks-v0",
        corpus=PAGES,
        tasks=TaskSet([task], "one"),
        split="train",
        retriever="recorded",
        search=settings | {"mode": "replay"},
    )
    env.reset(seed=0)
    *_, info = env.step(say("search", query="a stone"))
    assert info["statuses"] == ("ok",)
    observation, _, terminated, truncated, info = env.step(say("search", query="gold"))
    assert info["statuses"] == ("unavailable",)
    assert "it was not recorded" in observation["text"]
    assert not (terminated or truncated)


def test_wrong_settings_name_the_field(settings, tmp_path):
    with pytest.raises(UnknownNameError, match=r"'dept'.*Did you mean 'depth'"):
        recorded_retriever(PAGES, settings | {"dept": 3}, None)
    with pytest.raises(SettingError, match="needs the setting 'api'"):
        recorded_retriever(PAGES, {"recording": "x"}, None)
    with pytest.raises(CorpusError, match="no recording"):
        nowhere = {"recording": str(tmp_path / "none"), "mode": "replay"}
        recorded_retriever(PAGES, settings | nowhere, None)
