"""Rows of Parquet files and of data sets of the hub become pages, as JSON lines do."""

import datetime
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from webenvs.corpora.corpus import Broken
from webenvs.corpora.html.page import CUT_MARK, SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.corpora.sources.layouts import Layout
from webenvs.errors import CorpusError, SettingError, UnknownNameError
from webenvs.records import Link, Page


def parquet(path, rows, **settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, **settings)
    return path


def lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path, **settings):
    return list(kinds.read(path, "test", **settings))


def numbered(count):
    return [
        {"id": str(n), "url": f"w://{n}", "title": f"T{n}", "text": f"t {n}"} for n in range(count)
    ]


ROWS = {
    "page": (
        {"url": "w://a", "title": "A", "text": "b", "links": [{"anchor": "b", "url": "w://b"}]},
        Page(url="w://a", title="A", text="b", links=(Link(anchor="b", url="w://b"),)),
    ),
    "Search-R1": (
        {"id": "7", "contents": '"Evan Morris"\nEvan was'},
        Page(url="doc://7", title="Evan Morris", text="Evan was"),
    ),
    "BrowseComp-Plus": (
        {"docid": "5", "text": "---\ntitle: Front\ndate: 2023-04-01\n---\nbody", "url": "https://x/"},
        Page(
            url="https://x/",
            title="Front",
            text="---\ntitle: Front\ndate: 2023-04-01\n---\nbody",
            date="2023-04-01",
        ),
    ),
    "BEIR": (
        {"_id": "x/4", "title": "", "text": "first line\nmore"},
        Page(url="doc://x%2F4", title="first line", text="first line\nmore"),
    ),
    "date and language": (
        {"url": "w://1", "title": "T", "text": "x", "date": "5-Jul-2001", "language": "EN-us"},
        Page(url="w://1", title="T", text="x", date="2001-07-05", language="en"),
    ),
    "text and url alone": (
        {"text": "first\nsecond", "url": "w://1", "timestamp": "2019-04-24"},
        Page(url="w://1", title="first", text="first\nsecond"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_json_lines_and_parquet_give_the_same_page_of_a_row(tmp_path, name):
    row, page = ROWS[name]
    assert read(lines(tmp_path / "a.jsonl", [row])) == [page]
    assert read(parquet(tmp_path / "a.parquet", [row])) == [page]


def test_links_of_a_row_are_relative_to_its_url_where_that_is_on_the_web(tmp_path):
    links = ["b", "/d/b", {"href": "./b", "text": "x"}, "http://[bad", "mailto:x@y.z", "w://q"]
    rows = [
        {"url": url, "title": "A", "text": "x", "links": links}
        for url in ("https://a/c/d", "w://a/c")
    ]
    web, other = read(lines(tmp_path / "a.jsonl", rows))
    assert [link.url for link in web.links] == [
        "https://a/c/b",
        "https://a/d/b",
        "https://a/c/b",
        "http://[bad",
        "mailto:x@y.z",
        "w://q",
    ]
    assert [link.anchor for link in web.links[:3]] == ["b", "/d/b", "x"]
    assert [link.url for link in other.links[:3]] == ["b", "/d/b", "./b"]


@pytest.mark.parametrize("write", [lines, parquet])
def test_rows_over_the_size_limit_are_cut_marked_and_counted(tmp_path, write):
    links = [{"url": "w://b", "position": place} for place in (SIZE_LIMIT, SIZE_LIMIT + 1)]
    row = {"url": "w://a", "title": "A", "text": "a" * (SIZE_LIMIT + 1), "links": links}
    tally = Tally()
    (page,) = read(
        write(tmp_path / f"a.{'jsonl' if write is lines else 'parquet'}", [row]), tally=tally
    )
    assert page.text == "a" * SIZE_LIMIT + CUT_MARK
    assert len(page.links) == 1
    assert tally.cut == 1


def test_sources_of_other_kinds_in_a_directory_are_counted(tmp_path):
    for number in range(2):
        lines(tmp_path / f"{number}.jsonl", numbered(1))
    parquet(tmp_path / "a.parquet", numbered(1))
    for name in ("a.warc", "a.zim", "notes.txt"):
        (tmp_path / name).write_text("x")
    tally = Tally()
    assert len(read(tmp_path, tally=tally)) == 2
    assert tally.passed_over == {
        "another kind of source: parquet": 1,
        "another kind of source: warc": 1,
        "another kind of source: zim": 1,
        "no page: .txt": 1,
    }


def test_columns_that_are_called_otherwise_are_named(tmp_path):
    rows = [
        {"key": 3, "headline": "H", "body": "b", "day": datetime.date(2024, 5, 1), "lang": "de"}
    ]
    columns = {"id": "key", "title": "headline", "text": "body", "date": "day", "language": "lang"}
    wanted = Page(url="doc://3", title="H", text="b", date="2024-05-01", language="de")
    assert read(parquet(tmp_path / "a.parquet", rows), columns=columns) == [wanted]
    rows[0]["day"] = "2024-05-01T10:00:00Z"
    assert read(lines(tmp_path / "a.jsonl", rows), columns=columns) == [wanted]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = lines(tmp_path / "a.jsonl", [{"id": 1, "text": "x"}])
    with pytest.raises(CorpusError, match=r"no column 'body' for text, only \['id', 'text'\]"):
        read(path, columns={"text": "body"})


def test_columns_for_what_is_no_field_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'text'"):
        Layout({"texts": "body"})
    with pytest.raises(SettingError, match=r"columns\['text'\] = ''"):
        Layout({"text": ""})
    with pytest.raises(SettingError, match="columns = 'text=body'"):
        Layout("text=body")


def test_rows_of_parquet_that_are_no_page_are_named_by_row(tmp_path):
    rows = numbered(3)
    rows[1]["text"] = None
    path = parquet(tmp_path / "a.parquet", rows)
    first, broken, last = read(path)
    assert (first.url, last.url) == ("w://0", "w://2")
    assert broken.where == f"{path}, row 2"
    assert broken.reason.startswith("malformed row: ")


def test_parquet_is_read_group_by_group_and_only_its_own_columns(tmp_path):
    rows = [{**row, "embedding": [0.5] * 3} for row in numbered(2_500)]
    path = parquet(tmp_path / "a.parquet", rows, row_group_size=700)
    seen = []
    assert [page.url for page in read(path, progress=seen.append)] == [
        f"w://{n}" for n in range(2_500)
    ]
    assert seen == list(range(1, 2_501))


def test_a_damaged_row_group_is_said_and_the_groups_after_it_are_read(tmp_path):
    path = parquet(
        tmp_path / "a.parquet", numbered(300), row_group_size=100, write_page_checksum=True,
        compression="NONE", use_dictionary=False,
    )  # fmt: skip
    content = bytearray(path.read_bytes())
    content[content.index(b"w://150")] ^= 1
    path.write_bytes(content)
    found = read(path)
    (broken,) = [item for item in found if isinstance(item, Broken)]
    assert broken.where == f"{path}, row group 1, row 101"
    assert broken.reason.startswith("damaged Parquet: 100 rows are lost: ")
    assert [page.url for page in found if isinstance(page, Page)] == [
        f"w://{n}" for n in (*range(100), *range(200, 300))
    ]


def test_a_parquet_file_without_its_end_is_refused_with_its_size(tmp_path):
    path = parquet(tmp_path / "a.parquet", numbered(10))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(
        CorpusError, match=rf"a\.parquet cannot be read as Parquet: .*{path.stat().st_size} bytes"
    ):
        kinds.read(path, "test")


def test_shards_of_a_directory_are_read_in_turn_and_a_damaged_one_is_broken(tmp_path):
    rows = numbered(30)
    for number in range(3):
        parquet(tmp_path / "data" / f"{number}.parquet", rows[10 * number :][:10])
    (tmp_path / "data" / "1.parquet").write_bytes(b"PAR1")
    (tmp_path / "README.md").write_text("# about")
    tally, seen = Tally(), []
    found = read(tmp_path, tally=tally, progress=seen.append)
    assert [getattr(item, "url", None) for item in found] == [
        *(f"w://{n}" for n in range(10)),
        None,
        *(f"w://{n}" for n in range(20, 30)),
    ]
    assert found[10].reason.startswith("no source: ")
    assert seen == list(range(1, 21))
    places = [f"{tmp_path / 'data' / name}.parquet:{row}" for name, row in (("0", 10), ("2", 1))]
    assert [tally.where(9), tally.where(10)] == places


@pytest.fixture
def saved(tmp_path):
    """A directory written by save_to_disk, with the splits train and test."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    parts = {"train": numbered(3), "test": numbered(2)}
    made = {name: datasets.Dataset.from_list(rows) for name, rows in parts.items()}
    datasets.DatasetDict(made).save_to_disk(str(tmp_path / "saved"))
    datasets.enable_progress_bars()
    return tmp_path / "saved"


def test_a_saved_data_set_is_recognised_and_read_by_its_split(saved):
    assert [page.url for page in read(saved)] == ["w://0", "w://1", "w://2"]
    assert [page.url for page in read(saved, split="test")] == ["w://0", "w://1"]
    assert len(read(saved / "test")) == 2


def test_a_split_that_was_not_saved_is_refused_with_the_nearest(saved):
    with pytest.raises(UnknownNameError, match="Did you mean 'test'"):
        kinds.read(saved, "n", split="tests")


def test_a_directory_in_the_layout_of_the_hub_is_read_by_datasets(tmp_path):
    pytest.importorskip("datasets")
    lines(tmp_path / "set" / "data" / "train-00000-of-00001.jsonl", numbered(4))
    lines(tmp_path / "set" / "data" / "test.jsonl", [{"key": 5, "body": "x"}])
    (tmp_path / "set" / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        "  - split: train\n    path: data/train-*\n"
        "- config_name: other\n  data_files: data/test.jsonl\n---\n# A set\n"
    )
    place = tmp_path / "set"
    assert len(read(place, kind="hub")) == 4
    other = read(place, kind="hub", config="other", columns={"id": "key", "text": "body"})
    assert [page.url for page in other] == ["doc://5"]
    with pytest.raises(CorpusError, match="cannot be opened as a data set"):
        kinds.read(place, "n", kind="hub", split="nowhere")


def test_a_data_set_that_stops_being_readable_keeps_what_came_before(tmp_path):
    pytest.importorskip("datasets")
    place = tmp_path / "set"
    lines(place / "data" / "train-0.jsonl", numbered(5))
    (place / "data" / "train-1.jsonl").write_bytes(b'{"url": "w://x", "title"' * 3)
    found = read(place, kind="hub")
    assert [item.url for item in found[:5]] == [f"w://{n}" for n in range(5)]
    assert found[5].where == f"{place}, row 6"
    assert found[5].reason.startswith("damaged data set: ")
    assert len(found) == 6


def test_an_id_of_the_hub_goes_to_datasets_and_no_other_kind_takes_it(monkeypatch):
    datasets = pytest.importorskip("datasets")
    asked = []

    def load(*args, **named):
        asked.append((args, named))
        return numbered(2)

    monkeypatch.setattr(datasets, "load_dataset", load)  # the hub itself is not asked in tests
    assert len(read("hf:owner/name", config="en", revision="v1")) == 2
    assert asked == [
        (("owner/name", "en"), {"split": "train", "revision": "v1", "streaming": True})
    ]
    with pytest.raises(CorpusError, match="cannot be read as 'jsonl'"):
        kinds.read("hf:owner/name", "n", kind="jsonl")


def test_a_line_beyond_the_limit_is_broken_and_the_next_is_read(tmp_path):
    path = lines(
        tmp_path / "a.jsonl", [{"url": "w://a", "title": "A", "text": "x" * 500}, *numbered(1)]
    )
    broken, page = read(path, line_limit=200)
    assert (broken.where, page.url) == (f"{path}:1", "w://0")
    assert broken.reason.startswith("longer than 200 bytes")


@pytest.mark.parametrize(
    ("kind", "library", "extra"),
    [
        ("parquet", "pyarrow", "tables"),
        ("parquet", "pyarrow.parquet", "tables"),
        ("hub", "datasets", "hub"),
        ("warc", "fastwarc", "archives"),
        ("wacz", "fastwarc", "archives"),
        ("zim", "libzim.reader", "zim"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_extra(
    tmp_path, monkeypatch, kind, library, extra
):
    monkeypatch.setitem(sys.modules, library, None)  # what Python does for a missing module
    place = tmp_path if kind == "hub" else tmp_path / "a.bin"
    (tmp_path / "a.bin").write_bytes(b"PAR1")
    with pytest.raises(CorpusError, match=rf"pip install 'webenvs\[{extra}\]'"):
        list(kinds.read(place, "n", kind=kind))
