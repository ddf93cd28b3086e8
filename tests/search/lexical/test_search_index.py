"""The index on disk: the same answers, refused where it does not fit."""

import json
import os
import pickle
import re
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError
from webenvs.records import Page
from webenvs.search.columns import columns_of
from webenvs.search.frozen import ASIDE, Manifest, file_of, prune_stale
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.search.lexical.index import Arrays, identity_of
from webenvs.search.lexical.indexing import build_index
from webenvs.search.lexical.settings import Bm25Settings
from webenvs.search.verifying import verify, verify_all
from webenvs.seeding import canonical_json


@pytest.fixture
def written(zipf, tmp_path):
    """A directory with the index of the corpus."""
    directory = retriever_for(zipf, place=tmp_path / "index").index.directory
    assert directory.parent == tmp_path / "index"
    return directory


def test_a_mapped_index_answers_as_one_in_memory(zipf, written, queries):
    memory, mapped = retriever_for(zipf), retriever_for(zipf, place=written.parent)
    assert mapped.index.directory == written
    assert mapped.settings == memory.settings
    for query in queries(60):
        assert mapped.search(query, 7) == memory.search(query, 7)


def test_a_mapped_retriever_is_pickled_as_its_path(zipf, written):
    retriever = retriever_for(zipf, place=written.parent)
    assert len(pickle.dumps(retriever.index)) < 2_000
    assert pickle.loads(pickle.dumps(retriever)).search("w1x", 5) == retriever.search("w1x", 5)


def test_an_index_that_is_there_is_opened_and_not_rebuilt(zipf, written):
    before = {path.name: path.stat().st_mtime_ns for path in written.iterdir()}
    retriever_for(zipf, place=written.parent)
    assert {path.name: path.stat().st_mtime_ns for path in written.iterdir()} == before


def test_writing_leaves_nothing_else_behind(written):
    assert list(written.parent.iterdir()) == [written]
    assert {path.suffix for path in written.iterdir()} == {".npy", ".json"}


def test_two_builds_write_the_same_bytes(zipf, written, tmp_path):
    again = retriever_for(zipf, place=tmp_path / "again").index.directory
    assert again.name == written.name
    for path in written.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_the_one_who_writes_second_finds_the_first_index(zipf, written):
    before = (written / "manifest.json").stat().st_mtime_ns
    assert build_index(zipf, Bm25Settings()).write(written.parent) == written
    assert (written / "manifest.json").stat().st_mtime_ns == before
    assert list(written.parent.iterdir()) == [written]


def test_each_settings_and_each_corpus_have_an_address_of_their_own():
    settings = [Bm25Settings(k1=k1) for k1 in (1, 1.0, 1.5, 2)]
    found = {identity_of(corpus * 32, one).address for one in settings for corpus in ("ab", "cd")}
    assert len(found) == 6
    assert all(re.fullmatch("bm25(-[0-9a-f]{16}){2}", address) for address in found)


def test_reading_operators_or_not_is_no_matter_of_the_index():
    one, other = (identity_of("ab" * 32, Bm25Settings(operators=read)) for read in (True, False))
    assert one == other


def altered(written, **changes):
    path = written / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"identity": manifest["identity"] | changes}))


def test_an_index_of_another_corpus_at_this_address_is_refused(zipf, written):
    altered(written, corpus="0" * 64)
    with pytest.raises(CorpusError, match=r"does not fit: its corpus is '0{64}', not"):
        retriever_for(zipf, place=written.parent)


def test_an_index_of_other_settings_at_this_address_is_refused_naming_them(zipf, written):
    altered(written, settings=Bm25Settings(k1=2).indexed)
    with pytest.raises(CorpusError, match=r"settings is {'k1': 2\.0}, not {'k1': 1\.5}"):
        retriever_for(zipf, place=written.parent)


def test_an_index_built_by_another_stemmer_is_refused(zipf, written):
    altered(written, fingerprints={"analyzer": "0" * 64})
    with pytest.raises(CorpusError, match=r"its fingerprints is \{'analyzer': '0000"):
        retriever_for(zipf, place=written.parent)


def test_an_index_from_another_version_is_refused_saying_what_to_do(zipf, written):
    altered(written, format="webenvs-bm25-1")
    wanted = r"another version of webenvs: its format is 'webenvs-bm25-1', .* Delete it to have it"
    with pytest.raises(CorpusError, match=wanted):
        retriever_for(zipf, place=written.parent)


def test_a_manifest_from_before_there_were_addresses_is_from_another_version(zipf, written):
    (written / "manifest.json").write_text('{"format":"webenvs-bm25-1","corpus":"x","pages":3}')
    with pytest.raises(CorpusError, match=r"from another version .* Delete it"):
        retriever_for(zipf, place=written.parent)


def test_a_directory_without_a_manifest_is_no_index(zipf, written):
    (written / "manifest.json").unlink()
    with pytest.raises(CorpusError, match=r"no search index .*manifest\.json is missing"):
        retriever_for(zipf, place=written.parent)


def test_a_file_in_the_place_of_an_index_is_refused(zipf, written):
    shutil.rmtree(written)
    written.write_text("")
    with pytest.raises(CorpusError, match="There is no search index"):
        retriever_for(zipf, place=written.parent)


@pytest.mark.parametrize("content", ["", "{", '{"format": 3}'])
def test_a_broken_manifest_is_named(zipf, written, content):
    (written / "manifest.json").write_text(content)
    with pytest.raises(CorpusError, match=r"is broken, or from another version .*manifest\.json"):
        retriever_for(zipf, place=written.parent)


def test_a_missing_array_is_named(zipf, written):
    (written / "docs.npy").unlink()
    with pytest.raises(CorpusError, match=r"size of docs\.npy is None"):
        retriever_for(zipf, place=written.parent)


def test_a_cut_array_is_named(zipf, written):
    content = (written / "impacts.npy").read_bytes()
    (written / "impacts.npy").write_bytes(content[:-2])
    with pytest.raises(CorpusError, match=r"size of impacts\.npy is"):
        retriever_for(zipf, place=written.parent)


def test_an_array_that_is_no_array_is_named(zipf, written):
    size = (written / "impacts.npy").stat().st_size
    (written / "impacts.npy").write_bytes(b"x" * size)
    with pytest.raises(CorpusError, match=r"impacts\.npy is broken"):
        retriever_for(zipf, place=written.parent)


def flip(path, place, mask):
    content = bytearray(path.read_bytes())
    content[place] ^= mask
    path.write_bytes(content)


def test_verify_finds_a_single_changed_byte(zipf, written):
    verify(written, zipf)
    flip(written / "impacts.npy", -1, 1)
    with pytest.raises(CorpusError, match=r"SHA-256 of impacts\.npy"):
        verify(written, zipf)


def test_every_changed_byte_of_a_manifest_is_found(zipf, tmp_path):
    path = retriever_for(zipf, place=tmp_path).index.directory / "manifest.json"
    sound = path.read_bytes()
    for place in range(len(sound)):
        flip(path, place, 1)
        with pytest.raises(CorpusError):
            verify_all(tmp_path, zipf)
        path.write_bytes(sound)
    assert verify_all(tmp_path, zipf) == 1


def test_verify_refuses_a_file_that_is_no_part_of_an_index(zipf, written):
    (written / "notes.txt").write_text("x")
    with pytest.raises(CorpusError, match=r"list of files is .*notes\.txt"):
        verify(written, zipf)


@pytest.mark.parametrize("name", Arrays._fields)
def test_a_damaged_header_of_an_array_is_refused_or_harmless(zipf, written, name):
    path = written / f"{name}.npy"
    sound = path.read_bytes()
    for place in range(sound.index(b"\n") + 1):
        for mask in (1, 4, 128):
            flip(path, place, mask)
            try:
                hits = retriever_for(zipf, place=written.parent).search("w1x w9x", 3)
            except CorpusError as error:
                assert str(written) in str(error)
            else:
                assert len(hits) == 3
            path.write_bytes(sound)


@pytest.mark.parametrize("name", Arrays._fields)
def test_damaged_arrays_raise_nothing_but_a_corpus_error(zipf, written, queries, name):
    path = written / f"{name}.npy"
    start = path.read_bytes().index(b"\n") + 1
    content = bytearray(path.read_bytes())
    for damage in (0x00, 0xFF, 0x5A):
        content[start:] = bytes(byte ^ damage for byte in content[start:])
        path.write_bytes(content)
        try:
            retriever = retriever_for(zipf, place=written.parent)
        except CorpusError:
            continue
        for query in queries(60):
            try:
                retriever.search(query, 5)
            except CorpusError as error:
                assert str(written) in str(error)


def test_a_page_number_beyond_the_corpus_is_a_damaged_index(zipf, written):
    retriever = retriever_for(zipf, place=written.parent)
    path = written / "docs.npy"
    content = path.read_bytes()
    start = content.index(b"\n") + 1
    rare = next(
        word
        for word in (f"w{number}x" for number in range(600))
        if retriever.search(word, 1)
        and retriever.index.row(retriever.index.term(word) or 0) is None
    )
    path.write_bytes(content[:start] + b"\xff" * (len(content) - start))
    with pytest.raises(CorpusError, match=rf"{written} is damaged: .*out of bounds"):
        retriever_for(zipf, place=written.parent).search(rare, 5)


def disordered(path):
    places = np.load(path)
    places[1], places[2] = places[2] + 1, places[1]
    np.save(path, places)


def test_dense_terms_out_of_order_are_named(zipf, written):
    disordered(written / "dense_terms.npy")
    with pytest.raises(CorpusError, match=r"damaged: dense_terms\.npy is out of order"):
        retriever_for(zipf, place=written.parent)


def test_verify_finds_places_out_of_order_even_if_the_manifest_has_their_hash(zipf, written):
    disordered(written / "starts.npy")
    path = written / "manifest.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    files = manifest.files | {"starts.npy": file_of(written / "starts.npy")}
    path.write_bytes(canonical_json(msgspec.structs.replace(manifest, files=files)) + b"\n")
    with pytest.raises(CorpusError, match=r"damaged: starts\.npy is out of order"):
        verify(written, zipf)


def test_an_array_of_another_length_is_named(zipf, written):
    path = written / "manifest.json"
    manifest = json.loads(path.read_text())
    counts = manifest["counts"] | {"terms": manifest["counts"]["terms"] + 1}
    path.write_text(json.dumps(manifest | {"counts": counts}))
    with pytest.raises(CorpusError, match=r"its hashes\.npy is .*\(601,\)"):
        retriever_for(zipf, place=written.parent)


def test_an_index_of_another_number_of_pages_is_refused(zipf, written):
    class Shorter:
        digest = zipf.digest

        def __len__(self):
            return 699

    with pytest.raises(CorpusError, match="it has 700 pages, not 699"):
        retriever_for(Shorter(), place=written.parent)


def test_where_nothing_may_be_written_the_index_stays_in_memory(zipf, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    # The superuser may write anywhere but into the kernel's own tree.
    place = locked if os.geteuid() else Path("/sys")
    retriever = retriever_for(zipf, place=place / "index")
    assert retriever.index.directory is None
    assert len(retriever.search("w1x", 5)) == 5


def test_a_failure_to_write_for_another_reason_is_no_secret(zipf, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        retriever_for(zipf, place=tmp_path / "file" / "index")


def test_pages_out_of_order_are_refused():
    class Unsorted:
        digest = ""

        def __len__(self):
            return 2

        def page(self, number):
            return Page(url="ba"[number], title="", text="")

    with pytest.raises(CorpusError, match="'a' comes after 'b'"):
        build_index(Unsorted(), Bm25Settings())


def test_a_replaced_corpus_has_an_index_of_its_own_beside_the_old_one(zipf, written):
    other = MemoryCorpus([Page(url="u", title="", text="zebra")])
    retriever = retriever_for(other, place=written.parent)
    assert len(retriever.search("zebra", 5)) == 1
    assert retriever.index.directory != written
    assert prune_stale(written.parent, other.digest) == (written.name,)
    assert list(written.parent.iterdir()) == [retriever.index.directory]


def test_verify_counts_the_indexes_of_these_pages_and_no_others(zipf, written):
    columns_of(zipf, written.parent)
    retriever_for(MemoryCorpus([Page(url="u", title="", text="zebra")]), place=written.parent)
    (written.parent / f"{ASIDE}of-a-killed-builder").mkdir()
    assert verify_all(written.parent, zipf) == 2


def test_verify_finds_a_changed_byte_of_the_columns(zipf, written):
    directory = columns_of(zipf, written.parent).directory
    flip(directory / "days.npy", -1, 1)
    with pytest.raises(CorpusError, match=r"SHA-256 of days\.npy"):
        verify_all(written.parent, zipf)


def test_a_mapped_index_shares_its_arrays_with_the_file(written, zipf):
    arrays = retriever_for(zipf, place=written.parent).index.arrays
    assert all(isinstance(array.base, np.memmap) for array in arrays)
