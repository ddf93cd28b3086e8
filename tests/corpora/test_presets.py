"""Generated worlds by name: tiny at once, larger ones built once into the cache, by one process."""

import subprocess
import sys

import pytest

from webenvs.corpora import presets, verifying
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.store import StoredCorpus
from webenvs.corpora.world.generate import world_of
from webenvs.errors import CorpusError, SettingError, UnknownNameError

OPEN_SMALL = (
    "from webenvs.corpora.presets import open_preset\n"
    "world = open_preset('small')\n"
    "print(world.corpus.digest, world.knowledge.digest)\n"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache, monkeypatch):
    monkeypatch.setenv(presets.CACHE, str(cache))


def test_the_presets_are_four_sizes_with_a_meaning_each():
    sizes = {name: preset.settings.pages for name, preset in presets.PRESETS.items()}
    assert sizes == {"tiny": 300, "small": 2_000, "medium": 10_000, "large": 100_000}
    for name, preset in presets.PRESETS.items():
        assert preset.name == name
        assert preset.meaning.startswith(f"{preset.settings.pages:,} pages")


def test_tiny_is_in_memory_and_made_once(cache):
    world = presets.open_preset("tiny")
    assert isinstance(world.corpus, MemoryCorpus)
    assert len(world.corpus) == 300
    assert presets.open_preset("tiny") is world
    assert presets.preset_corpus("tiny") is world.corpus


def test_two_processes_build_a_preset_once_and_a_third_finds_it(cache):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_SMALL],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in processes]
    assert said[0][0] == said[1][0] != ""
    assert sum(err.count("building the world 'small'") for _, err in said) == 1
    notes = []
    world = presets.open_preset("small", notes.append)
    assert notes == []
    assert f"{world.corpus.digest} {world.knowledge.digest}\n" == said[0][0]
    assert isinstance(world.corpus, StoredCorpus)
    assert world.corpus.path == presets.preset_place("small")
    assert len(verifying.verify(world.corpus.path)) == 2_000


def test_a_preset_is_the_world_of_its_settings(cache):
    memory = world_of(presets.preset("small").settings)
    assert presets.preset_corpus("small").digest == memory.corpus.digest
    assert presets.open_preset("small").knowledge.digest == memory.knowledge.digest


def test_building_says_where_and_when_it_is_done(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(presets.CACHE, str(tmp_path))
    presets.preset_corpus("small")
    said = capsys.readouterr()
    assert said.out == ""
    assert "building the world 'small' (2,000 pages" in said.err
    assert str(tmp_path) in said.err
    assert "is built" in said.err


def test_the_place_depends_on_the_settings(cache):
    small, medium = presets.preset_place("small"), presets.preset_place("medium")
    assert small.parent == medium.parent == cache / "worlds"
    assert small.name == f"small-{presets.preset('small').settings.digest[:16]}"
    assert small != medium


def test_the_cache_folder_is_the_users_own_by_default(monkeypatch):
    monkeypatch.delenv(presets.CACHE)
    assert presets.cache_folder().name == "webenvs"


def test_a_cache_that_cannot_be_written_says_what_to_name(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(presets.CACHE, str(tmp_path / "file"))
    with pytest.raises(CorpusError, match=r"cannot be written: Not a directory.*WEBENVS_CACHE"):
        presets.open_preset("small")


def test_what_lies_in_the_cache_and_is_no_corpus_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(presets.CACHE, str(tmp_path))
    presets.preset_place("small").mkdir(parents=True)
    with pytest.raises(CorpusError, match="is not a corpus"):
        presets.open_preset("small")


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no world 'smal'.*Did you mean 'small'"):
        presets.open_preset("smal")


def test_settings_of_a_preset_can_be_replaced_one_by_one():
    chosen = presets.adjusted("medium", {"seed": 7, "density": None, "length": 2})
    assert (chosen.pages, chosen.seed, chosen.density, chosen.length) == (10_000, 7, 1.0, 2.0)
    assert presets.adjusted("tiny", {}) == presets.preset("tiny").settings
    with pytest.raises(SettingError, match="length = 9"):
        presets.adjusted("tiny", {"length": 9})
