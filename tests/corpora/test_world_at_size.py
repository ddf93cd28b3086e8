"""Worlds of any size: the same bytes however built, resumed after any stop, never mixed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from webenvs.corpora import store, verifying
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.placing import building_place
from webenvs.corpora.world.crew import shared_out
from webenvs.corpora.world.generate import build_world, world_of
from webenvs.corpora.world.settings import MEANINGS, WorldSettings
from webenvs.corpora.world.shards import Merge, Shard, read_shard, write_shard
from webenvs.corpora.world.stream import write_world
from webenvs.errors import CorpusError, SettingError
from webenvs.locking import lock
from webenvs.processes import checked_workers
from webenvs.records import Page

DIGESTS = {
    300: "6ad96258c0d2931d9ee669843c598bb45559515c0d6316905f94480e42a2db2c",
    1_000: "09f2596aabd5427b0b32a070e758c8db2649e778f6316d66fd320a985964620e",
    10_000: "bbf57bb2bd0592a309c13f07158fdcb4ebba9521b49121c67d321b5607cd76de",
}
"""Corpus digests by size, all other settings as usual; `python tests/corpora/test_world_at_size.py`
prints what they are. A change of them changes every world: it raises the ids' versions."""

SMALL = WorldSettings(pages=1_500, seed=3)
"""Two shards, so that two workers share them and a stopped build has one finished."""


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def stop_at(stage, least):
    """A progress that stops the build when a stage has come so far."""

    def progress(name, done, pages):
        if name == stage and done >= least:
            raise KeyboardInterrupt

    return progress


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """SMALL, built by one worker."""
    target = tmp_path_factory.mktemp("small") / "world"
    write_world(SMALL, target, workers=1)
    return target


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """What a build of SMALL leaves that is stopped when both shards are finished."""
    target = tmp_path_factory.mktemp("stopped") / "world"
    with pytest.raises(KeyboardInterrupt):
        write_world(SMALL, target, workers=2, progress=stop_at("merging", 1))
    return building_place(target)


@pytest.fixture
def begun(stopped, tmp_path):
    """A target whose build was stopped."""
    target = tmp_path / "world"
    shutil.copytree(stopped, building_place(target))
    return target


@pytest.mark.parametrize("pages", [300, 1_000])
def test_the_digest_of_a_world_never_changes(pages):
    assert build_world(pages=pages).corpus.digest == DIGESTS[pages]


@pytest.mark.slow
def test_the_digest_of_a_larger_world_never_changes(tmp_path):
    assert write_world(WorldSettings(pages=10_000), tmp_path / "w").digest == DIGESTS[10_000]


def test_two_workers_write_the_same_bytes_as_one(small, tmp_path):
    write_world(SMALL, tmp_path / "world", workers=2)
    assert contents(tmp_path / "world") == contents(small)


def test_the_world_on_disk_is_the_world_in_memory(small, tmp_path):
    memory, corpus = world_of(SMALL), store.open_corpus(small)
    assert corpus.digest == memory.corpus.digest
    assert corpus.name == memory.corpus.name == SMALL.name
    knowledge = store.open_knowledge(corpus)
    assert knowledge.facts == memory.knowledge.facts
    assert knowledge.digest == memory.knowledge.digest
    assert dict(knowledge.entities) == dict(memory.knowledge.entities)
    assert dict(knowledge.relations) == dict(memory.knowledge.relations)
    assert dict(knowledge.types) == dict(memory.knowledge.types)


def test_streaming_gives_the_files_that_the_store_writes_from_memory(small, tmp_path):
    memory = world_of(SMALL)
    pages = [memory.corpus.page(index) for index in range(len(memory.corpus))]
    report = store.write(pages, tmp_path / "world", SMALL.name)
    store.attach_knowledge(tmp_path / "world", memory.knowledge)
    assert contents(tmp_path / "world") == contents(small)
    assert store.open_corpus(small).report == report


def test_a_written_world_passes_verification_and_nothing_lies_beside_it(small):
    assert len(verifying.verify(small)) == 1_500
    assert [entry.name for entry in small.parent.iterdir()] == ["world"]


def test_progress_goes_through_the_stages_up_to_all_pages(tmp_path):
    told = []
    write_world(
        WorldSettings(pages=1_500),
        tmp_path / "world",
        workers=2,
        progress=lambda *report: told.append(report),
    )
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["drafting", "writing", "merging"]
    for stage in stages[1:]:
        counts = [done for name, done, _ in told if name == stage]
        assert counts == sorted(counts)
        assert counts[-1] == 1_500
    assert {pages for _, _, pages in told} == {1_500}


@pytest.mark.parametrize("stop", [("writing", 1_000), ("merging", 1_024)])
def test_a_stopped_build_shows_nothing_and_goes_on_from_its_finished_shards(stop, small, tmp_path):
    target, told = tmp_path / "world", []
    with pytest.raises(KeyboardInterrupt):
        write_world(SMALL, target, workers=1, progress=stop_at(*stop))
    assert not target.exists()
    kept = {path: path.stat().st_mtime_ns for path in building_place(target).glob("*.index")}
    assert kept
    write_world(SMALL, target, workers=2, progress=lambda *report: told.append(report))
    first = next((done for stage, done, _ in told if stage == "writing"), 1_500)
    assert first > 700
    assert contents(target) == contents(small)
    assert [entry.name for entry in tmp_path.iterdir()] == ["world"]


def test_a_build_that_was_killed_goes_on(small, tmp_path):
    script = (
        "import sys, msgspec\n"
        "from webenvs.corpora.world.settings import WorldSettings\n"
        "from webenvs.corpora.world.stream import write_world\n"
        "settings = msgspec.json.decode(sys.argv[1], type=WorldSettings)\n"
        "write_world(settings, sys.argv[2], workers=2)\n"
    )
    target = tmp_path / "world"
    settings = msgspec.json.encode(SMALL).decode()
    process = subprocess.Popen([sys.executable, "-c", script, settings, str(target)])
    while process.poll() is None and not list(building_place(target).glob("*.index")):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not target.exists()
    write_world(SMALL, target, workers=1)
    assert contents(target) == contents(small)
    assert [entry.name for entry in tmp_path.iterdir()] == ["world"]


def test_other_settings_start_clean(begun):
    (building_place(begun) / "fresh").mkdir(exist_ok=True)
    other = WorldSettings(pages=300, seed=4)
    write_world(other, begun, workers=1)
    assert store.open_corpus(begun).digest == world_of(other).corpus.digest
    assert not building_place(begun).exists()


def flipped(content):
    return content[:100] + bytes([content[100] ^ 255]) + content[101:]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("0.index", lambda content: b"damaged"),
        ("1.pages", lambda content: content[:-1]),
        ("0.pages", flipped),
    ],
)
def test_a_damaged_shard_is_written_again(name, damage, small, begun):
    path = building_place(begun) / name
    path.write_bytes(damage(path.read_bytes()))
    told = []
    write_world(SMALL, begun, workers=1, progress=lambda *report: told.append(report))
    assert "writing" in {stage for stage, _, _ in told}
    assert contents(begun) == contents(small)


def test_a_shard_of_another_build_is_never_taken_for_ones_own(small, begun):
    path = building_place(begun) / "0.index"
    shard = msgspec.msgpack.decode(path.read_bytes(), type=Shard)
    path.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(shard, key="other")))
    write_world(SMALL, begun, workers=1)
    assert contents(begun) == contents(small)


def test_an_existing_corpus_is_replaced_only_on_demand_and_whole(small, tmp_path):
    target = tmp_path / "world"
    write_world(WorldSettings(pages=300), target, workers=1)
    with pytest.raises(CorpusError, match="to replace it, pass overwrite=True"):
        write_world(SMALL, target, workers=1)
    assert len(store.open_corpus(target)) == 300
    write_world(SMALL, target, workers=2, overwrite=True)
    assert contents(target) == contents(small)
    assert [entry.name for entry in tmp_path.iterdir()] == ["world"]


def test_what_is_no_corpus_is_left_as_it_is(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(CorpusError, match="is not a corpus; it is left as it is"):
        write_world(WorldSettings(), tmp_path / "photos", overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["photos"]


def test_two_processes_that_build_in_one_place_do_not_mix(tmp_path):
    script = (
        "import sys\n"
        "from webenvs.corpora.world.settings import WorldSettings\n"
        "from webenvs.corpora.world.stream import write_world\n"
        "from webenvs.errors import CorpusError\n"
        "try:\n"
        "    write_world(WorldSettings(pages=int(sys.argv[2])), sys.argv[1], workers=1)\n"
        "except CorpusError as error:\n"
        "    print(error)\n"
    )
    target = tmp_path / "world"
    commands = [[sys.executable, "-c", script, str(target), size] for size in ("500", "600")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    said = [process.communicate()[0].decode() for process in processes]
    assert sum("There is a corpus at" in text for text in said) == 1
    assert len(verifying.verify(target)) in (500, 600)
    assert [entry.name for entry in tmp_path.iterdir()] == ["world"]


def test_a_place_where_another_process_builds_is_left_to_it(tmp_path):
    with lock(building_place(tmp_path / "world") / "lock") as held:
        assert held
        with pytest.raises(CorpusError, match="Another process is building"):
            write_world(WorldSettings(), tmp_path / "world", workers=1)
    assert list(building_place(tmp_path / "world").iterdir())


def test_a_page_that_comes_twice_is_never_merged(tmp_path):
    page = Page(url="w://twice", title="Twice", text="x")
    for number in range(2):
        assert sum(write_shard(tmp_path, number, "key", [(page, ())])) == 1
    shards = [read_shard(tmp_path, number, "key") for number in range(2)]
    with pytest.raises(CorpusError, match="Two pages have the url 'w://twice'"):
        list(Merge(tmp_path, shards).frames())


def test_a_worker_that_is_killed_is_reported_and_the_rest_is_kept():
    def work(job):
        yield job
        if job == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(CorpusError, match=r"status -9 .*same settings to go on"):
        list(shared_out(work, range(8), 2))


@pytest.mark.parametrize("workers", [1, 2, 20])
def test_all_work_is_done_and_counted(workers):
    assert sorted(shared_out(lambda job: iter([job, 100]), range(5), workers)) == [
        *range(5),
        *[100] * 5,
    ]


@pytest.mark.parametrize("error", [CorpusError("page 7"), OSError(28, "No space left")])
def test_an_error_in_a_worker_is_raised_in_the_caller(error):
    def work(job):
        yield job
        raise error

    with pytest.raises(type(error), match=str(error.args[-1])):
        list(shared_out(work, range(4), 2))


@pytest.mark.parametrize("workers", [0, -1, True, 1.5])
def test_a_number_of_workers_that_is_none_is_refused(workers, tmp_path):
    with pytest.raises(SettingError, match=r"workers = .* a whole number of at least 1"):
        write_world(WorldSettings(), tmp_path / "world", workers=workers)
    assert list(tmp_path.iterdir()) == []


def test_by_default_all_cores_of_the_process_work():
    assert checked_workers(None) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", -1),
        ("seed", 2**53),
        ("seed", 1.5),
        ("seed", True),
        ("pages", 99),
        ("pages", 1_000_001),
        ("pages", "300"),
        ("density", 0.49),
        ("density", 2.1),
        ("density", float("nan")),
        ("ambiguity", -0.1),
        ("ambiguity", True),
        ("distractors", 1.01),
        ("distractors", None),
        ("length", 0),
        ("length", float("inf")),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name_value_and_range(field, value):
    with pytest.raises(SettingError, match=rf"^{field} = .* must be a.* number from \d"):
        WorldSettings(**{field: value})


def test_settings_that_mean_the_same_are_the_same():
    one = WorldSettings(density=1, ambiguity=0, distractors=-0.0)
    other = WorldSettings(density=1.0, ambiguity=0.0, distractors=0.0)
    assert one == other
    assert one.digest == other.digest
    assert one.name == other.name


def test_every_setting_has_a_meaning_and_changes_the_digest_and_the_name():
    usual = WorldSettings()
    assert list(MEANINGS) == list(usual.__struct_fields__)
    for field in MEANINGS:
        value = {"seed": 2, "pages": 200}.get(field, 0.75)
        other = msgspec.structs.replace(usual, **{field: value})
        assert other.digest != usual.digest
        assert other.name != usual.name
    assert usual.name == "world-0-300"


def test_settings_travel_as_json():
    settings = WorldSettings(seed=7, density=1.5)
    assert msgspec.json.decode(msgspec.json.encode(settings), type=WorldSettings) == settings
    with pytest.raises(msgspec.ValidationError, match="density = 9"):
        msgspec.json.decode(b'{"density": 9}', type=WorldSettings)


@pytest.mark.parametrize("pages", [100, 300])
@pytest.mark.parametrize("density", [0.5, 2])
@pytest.mark.parametrize("ambiguity", [0, 1])
@pytest.mark.parametrize("distractors", [0, 1])
@pytest.mark.parametrize("length", [0.5, 4])
def test_every_corner_of_the_settings_gives_a_world_of_exactly_its_size(
    pages, density, ambiguity, distractors, length
):
    world = build_world(
        1, pages, density=density, ambiguity=ambiguity, distractors=distractors, length=length
    )
    assert len(world.corpus) == pages
    assert world.knowledge.facts


def test_every_place_of_a_fact_lies_within_its_page(small):
    memory = build_world()
    for fact in memory.knowledge.facts:
        for place in fact.places:
            page = memory.corpus.page(memory.corpus.index(place.url))
            assert 0 <= place.start < place.end <= len(page.text)


def test_a_corpus_in_memory_and_on_disk_have_one_digest(small):
    corpus = store.open_corpus(small)
    pages = [corpus.page(index) for index in range(len(corpus))]
    assert MemoryCorpus(pages).digest == corpus.digest


if __name__ == "__main__":
    for size in DIGESTS:
        print(f'    {size:_}: "{world_of(WorldSettings(pages=size)).corpus.digest}",')
