"""Every part the catalog knows keeps its contract: corpora, retrievers, codecs, noise, players."""

import pytest

from webenvs import catalog, library
from webenvs.actions.codec import CODECS
from webenvs.corpora import store
from webenvs.corpora.presets import CACHE, open_preset
from webenvs.corpora.presets import PRESETS as PRESET_WORLDS
from webenvs.noise.compact import noise_from
from webenvs.noise.presets import PRESETS
from webenvs.noise.table import GROUPS, model_of
from webenvs.noise.table import TABLE as NOISE
from webenvs.search import engines
from webenvs.search.engines import TABLE
from webenvs.testing import check_codec, check_corpus, check_player, check_retriever

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


@pytest.mark.parametrize("name", NOISE)
def test_every_noise_model_is_made_and_has_the_hook_of_its_row(name):
    row = NOISE[name]
    assert callable(getattr(model_of(name, {}), row.hook))
    assert row.group in GROUPS
    assert row.meaning
    assert row.tools


@pytest.mark.parametrize("name", NOISE)
def test_noise_of_strength_zero_is_no_noise(name):
    assert noise_from(f"{name}:0") == ()
    assert noise_from(f"{name}:0.0,{name}:0") == ()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_noise_preset_can_be_read(preset):
    read = noise_from(preset)
    assert len(read) == PRESETS[preset].count(":")
    assert all(noise.preset for noise in read)
