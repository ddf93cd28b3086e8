"""Every part the catalog knows keeps its contract: corpora, retrievers, codecs, noise, players."""

import pytest

from webenvs import catalog, library
from webenvs.actions.codec import CODECS
from webenvs.corpora import store
from webenvs.corpora.presets import CACHE, open_preset
from webenvs.corpora.presets import PRESETS as PRESET_WORLDS
from webenvs.noise.compact import MODELS, PRESETS, noise_from
from webenvs.records import FAILURES, Hit
from webenvs.search import engines
from webenvs.search.engines import TABLE
from webenvs.testing import check_codec, check_corpus, check_player, check_retriever

KEYS = [(seed, "search", "[{}]", occurrence) for seed in range(50) for occurrence in range(4)]
HITS = tuple(
    Hit(url=f"https://small.example/{n}", title="t", snippet="s", score=9.0 - n, rank=n + 1)
    for n in range(6)
)
LOCAL_PLAYERS = [name for name in catalog.PLAYERS if name != "human"]


QUICK = [name for name, preset in PRESET_WORLDS.items() if preset.settings.pages <= 2000]
"""Presets that are built in seconds; the larger ones differ from them in size alone."""


@pytest.mark.parametrize("name", QUICK)
def test_every_preset_corpus_keeps_the_contract(name, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE, str(tmp_path))
    check_corpus(open_preset(name).corpus)


def test_every_preset_is_in_the_catalog():
    assert list(catalog.CORPORA) == list(PRESET_WORLDS)
    assert len(QUICK) == 2


def test_a_corpus_on_disk_keeps_the_contract_and_its_digest(small_corpus, tmp_path):
    pages = (small_corpus.page(place) for place in range(len(small_corpus)))
    store.write(pages, tmp_path / "small", "small")
    stored = library.corpus(str(tmp_path / "small"))
    check_corpus(stored)
    assert stored.digest == small_corpus.digest


@pytest.mark.parametrize("engine", [name for name, row in TABLE.items() if not row.needs])
def test_every_retriever_that_needs_no_settings_keeps_the_contract(engine, small_corpus):
    """T15: rounded scores, ties by url, and nothing that depends on order, batches or threads."""
    check_retriever(engines.retriever(small_corpus, engine, {}), small_corpus)
    tiny = library.corpus("tiny")
    check_retriever(engines.retriever(tiny, engine, {}), tiny)


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_keeps_the_contract(name):
    check_codec(CODECS[name])


@pytest.mark.parametrize("env", catalog.ROWS)
@pytest.mark.parametrize("name", LOCAL_PLAYERS)
def test_every_player_keeps_the_contract(name, env):
    check_player(name, env)
    check_player(name, env, game=catalog.ROWS[env].team)


@pytest.mark.parametrize("name", LOCAL_PLAYERS)
def test_players_bear_failures_and_tight_budgets(name):
    for env, game, tool in (
        ("MultiHop-v0", "solo", "search"),
        ("MultiHop-v0", "team", "search"),
        ("WebWalk-v0", "walk", "click"),
        ("WebWalk-v0", "walk-team", "click"),
    ):
        check_player(
            name,
            env,
            seeds=range(4),
            game=game,
            noise="timeout:0.5,drop:0.5",
            turns=2,
            planner_turns=2,
            workers=1,
            delegations=1,
            calls={tool: 1},
            codec="react",
        )


@pytest.mark.parametrize("name", MODELS)
def test_noise_is_a_pure_function_of_its_key(name):
    (model,) = noise_from(f"{name}:0.5")
    (again,) = noise_from(f"{name}:0.5")
    for key in KEYS:
        assert model.fail(key) == again.fail(key)
        assert model.hits(key, HITS) == again.hits(key, HITS)
        assert model.page(key, "text") == again.page(key, "text")
    changed = sum(model.fail(key) is not None or model.hits(key, HITS) != HITS for key in KEYS)
    assert changed > len(KEYS) / 4
    assert {model.fail(key) for key in KEYS} <= {None, *FAILURES}


@pytest.mark.parametrize("name", MODELS)
def test_noise_of_strength_zero_is_no_noise(name):
    assert noise_from(f"{name}:0") == ()
    assert noise_from(f"{name}:0.0,{name}:0") == ()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_noise_preset_can_be_read(preset):
    assert len(noise_from(preset)) == PRESETS[preset].count(":")


@pytest.mark.parametrize("name", MODELS)
def test_a_stronger_noise_keeps_what_a_weaker_one_did(name):
    """Draws are compared with the rate, so worlds of one seed differ only where they must."""
    (weak,), (strong,) = noise_from(f"{name}:0.2"), noise_from(f"{name}:0.6")
    for key in KEYS:
        if weak.fail(key) is not None:
            assert strong.fail(key) == weak.fail(key)
        kept = {hit.url for hit in strong.hits(key, HITS)}
        assert kept <= {hit.url for hit in weak.hits(key, HITS)}
