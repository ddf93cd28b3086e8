"""JSON lines and paragraph files become pages; broken ones are named by file and line."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.corpora.corpus import Broken, MemoryCorpus
from webenvs.corpora.html.page import CUT_MARK, SIZE_LIMIT
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.corpora.sources.jsonl import read_jsonl
from webenvs.corpora.sources.paragraphs import PassageUrls, literal, passage_urls, row_passages
from webenvs.errors import CorpusError, SettingError, UnknownNameError
from webenvs.records import Link, Page

CHECKOUT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("WEBENVS_DATA", CHECKOUT.parent / "shared" / "data"))


def data(name):
    if not (DATA / name).exists():
        pytest.skip(f"real file {name} is not here; set WEBENVS_DATA to its folder")
    return DATA / name


def lines_file(folder, *lines, name="pages.jsonl"):
    rows = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / name


def json_file(folder, value, name="corpus.json"):
    (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return folder / name


def read(path, **settings):
    return list(kinds.read(path, "test", **settings))


def test_our_own_lines_give_their_pages(tmp_path):
    link = {"anchor": "b", "url": "w://b", "position": 3}
    row = {"url": "w://a", "title": "A", "text": "see b", "links": [link], "more": 1}
    assert read(lines_file(tmp_path, row)) == [
        Page(
            url="w://a",
            title="A",
            text="see b",
            links=(Link(anchor="b", url="w://b", position=3),),
        )
    ]


@pytest.mark.parametrize(
    ("link", "read_as"),
    [
        ("w://b", Link(anchor="w://b", url="w://b")),
        ({"url": "w://b", "text": "b"}, Link(anchor="b", url="w://b")),
        (
            {"href": "w://b", "anchor": "b", "position": 4},
            Link(anchor="b", url="w://b", position=4),
        ),
        ({"href": "w://b"}, Link(anchor="w://b", url="w://b")),
        ({"url": "w://b", "anchor": "", "text": "b"}, Link(anchor="", url="w://b")),
    ],
)
def test_a_link_is_a_url_or_an_object_with_other_spellings(tmp_path, link, read_as):
    row = {"url": "w://a", "title": "A", "text": "see b", "links": [link]}
    (page,) = read(lines_file(tmp_path, row))
    assert page.links == (read_as,)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ({"text": "b"}, r"links\[1\] has no url \(also not as href\)"),
        (3, r"got `int` - at `\$\.links\[1\]`"),
    ],
)
def test_a_link_without_a_url_breaks_its_page_alone(tmp_path, link, problem):
    row = {"url": "w://a", "title": "A", "text": "see b", "links": ["w://b", link]}
    good = {"url": "w://b", "title": "B", "text": "b"}
    broken, page = read(lines_file(tmp_path, row, good))
    assert re.search(problem, broken.reason)
    assert page.url == "w://b"


def test_search_r1_lines_give_title_text_and_a_url_of_the_id(tmp_path):
    found = read(
        lines_file(
            tmp_path,
            {"id": "7 a", "contents": '"Evan Morris"\nEvan was\na lobbyist'},
            {"id": 8, "contents": "Plain title\ntext"},
            {"id": 9, "contents": "no title at all"},
            {"id": 10, "contents": '"The ""Big"" One"\ntext'},
        )
    )
    assert [(page.url, page.title, page.text) for page in found] == [
        ("doc://7%20a", "Evan Morris", "Evan was\na lobbyist"),
        ("doc://8", "Plain title", "text"),
        ("doc://9", "no title at all", "no title at all"),
        ("doc://10", 'The "Big" One', "text"),
    ]


def test_document_lines_give_what_they_have(tmp_path):
    found = read(
        lines_file(
            tmp_path,
            {"docid": "1", "text": "---\ntitle: Front\ndate: x\n---\nbody", "url": "http://a/"},
            {"docid": "2", "text": "\nfirst line\nsecond", "url": ""},
            {"id": 3, "title": "Given", "text": "t"},
            {"_id": "x/4", "title": None, "text": "t"},
            {"text": "t"},
        )
    )
    assert [(page.url, page.title) for page in found[:4]] == [
        ("http://a/", "Front"),
        ("doc://2", "first line"),
        ("doc://3", "Given"),
        ("doc://x%2F4", "t"),
    ]
    assert "neither a url nor an id" in found[4].reason


def test_broken_lines_are_named_by_file_and_line_and_never_fatal(tmp_path):
    path = lines_file(
        tmp_path,
        "not json",
        {"foo": 1},
        {"url": "w://a", "title": "A", "text": "x"},
        "",
        {"url": "w://b", "title": "B"},
        {"url": "w://b", "title": 3, "text": "x"},
        {"url": "", "title": "B", "text": "x"},
        {"url": "w://\x00", "title": "B", "text": "x"},
        {"url": "w://b", "title": "B", "text": " "},
        "[" * 100_000,
        {"id": 1, "contents": "another layout"},
        {"url": "w://c", "title": "C\x07", "text": "x"},
    )
    found = read(path)
    broken = {item.where: item.reason for item in found if isinstance(item, Broken)}
    assert list(broken) == [f"{path}:{line}" for line in (1, 2, 5, 6, 7, 8, 9, 10, 11)]
    assert all(reason.startswith("malformed line: ") for reason in broken.values())
    assert "['foo'] fit no layout" in broken[f"{path}:2"]
    assert "`text`" in broken[f"{path}:5"]
    assert "$.title" in broken[f"{path}:6"]
    assert [page.title for page in found if isinstance(page, Page)] == ["A", "C\ufffd"]


def test_bytes_that_are_no_text_are_broken_lines(tmp_path):
    path = tmp_path / "pages.jsonl"
    good = b'{"url":"w://a","title":"A","text":"x"}'
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\n\xff\xfe\n" + good.replace(b"x", b"\xe9"))
    found = read(path)
    assert isinstance(found[0], Page)
    assert [item.where for item in found[1:]] == [f"{path}:2", f"{path}:3"]


@given(st.binary(max_size=200))
def test_no_line_of_bytes_raises_out_of_the_reader(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(raw)
    assert all(isinstance(item, Page | Broken) for item in read_jsonl(path, Tally()))


def test_gzipped_lines_are_read_and_a_damaged_end_is_reported(tmp_path):
    rows = [
        json.dumps({"url": f"w://{n}", "title": "T", "text": os.urandom(9).hex()})
        for n in range(2000)
    ]
    packed = gzip.compress("\n".join(rows).encode())
    path = tmp_path / "pages.jsonl.gz"
    path.write_bytes(packed)
    assert len(MemoryCorpus(read(path))) == 2000
    path.write_bytes(packed[:-3000])
    found = read(path)
    assert 100 < len(found) < 2000
    assert found[-1].where == f"{path}:{len(found)}"
    assert found[-1].reason.startswith("damaged gzip")
    path.write_bytes(b"plain text")
    with pytest.raises(CorpusError, match=r"no page that can be read.*:1: malformed line"):
        read(path)


def test_lines_are_unpacked_for_what_they_begin_with_and_not_for_the_name(tmp_path):
    row = json.dumps({"url": "w://a", "title": "A", "text": "x"}).encode() + b"\n"
    (tmp_path / "plain.jsonl.gz").write_bytes(row)
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(row))
    path = tmp_path / "junk.jsonl.gz"
    path.write_bytes(gzip.compress(row * 3 + row.strip()) + b"junk")
    assert len(read(tmp_path / "plain.jsonl.gz")) == 1
    assert len(read(tmp_path / "packed.jsonl")) == 1
    *pages, junk = read(path)
    assert [page.url for page in pages] == ["w://a"] * 4
    assert (junk.where, junk.reason) == (f"{path}:5", "junk behind the gzip")


def test_paragraphs_over_the_size_limit_are_cut_and_counted(tmp_path):
    tally = Tally()
    path = json_file(tmp_path, {"A": "a" * (SIZE_LIMIT + 1), "B": "b" * SIZE_LIMIT})
    first, second = read(path, tally=tally)
    assert first.text == "a" * SIZE_LIMIT + CUT_MARK
    assert second.text == "b" * SIZE_LIMIT
    assert tally.cut == 1


def test_the_reader_notes_lines_and_reports_progress(tmp_path):
    row = {"url": "w://a", "title": "A", "text": "x"}
    path, tally, seen = lines_file(tmp_path, "", row, row), Tally(), []
    assert len(read(path, tally=tally, progress=seen.append)) == 2
    assert [tally.where(0), tally.where(1)] == [f"{path}:2", f"{path}:3"]
    assert seen == [1, 2, 3]


def test_the_search_r1_sample_gives_ten_pages():
    found = read(data("searchr1_corpus_sample/corpus.jsonl"))
    assert [page.url for page in found] == [f"doc://{n}" for n in range(10)]
    assert found[0].title == "Evan Morris"
    assert found[0].text.startswith("Evan Morris Evan L. Morris (January 26, 1977")


def test_urls_of_passages_are_their_titles_with_a_number_from_the_second_text_on():
    passages = [("A b", "1"), ("C/d#é", "1"), ("A b", "2"), ("A b", "1"), ("A b", "3")]
    assert passage_urls(passages) == {
        ("A b", "1"): "wiki://A%20b",
        ("C/d#é", "1"): "wiki://C%2Fd%23%C3%A9",
        ("A b", "2"): "wiki://A%20b#2",
        ("A b", "3"): "wiki://A%20b#3",
    }


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=2))))
def test_different_passages_have_different_urls(passages):
    urls = passage_urls(passages)
    assert len(set(urls.values())) == len(set(passages))


def test_a_passage_keeps_its_url_whatever_comes_later():
    urls = PassageUrls()
    first = urls.url(("T", "x"))
    urls.url(("T", "y"))
    assert urls.url(("T", "x")) == first
    assert ("T", "y") in urls
    assert ("T", "z") not in urls


def test_lists_in_strings_are_read_as_json_or_python():
    assert literal('[["A", ["b"]]]') == literal("[['A', ['b']]]") == [["A", ["b"]]]
    assert literal(["x"]) == ["x"]
    for text in ("[1,", "f()", "(" * 10_000):
        with pytest.raises(ValueError, match="neither JSON nor a Python literal"):
            literal(text)


@pytest.mark.parametrize(
    "row",
    [
        {"context": [["A", ["One. ", "Two."]], ["B", ["x"]]]},
        {"context": "[['A', ['One. ', 'Two.']], ['B', ['x']]]"},
        {"context": {"title": ["A", "B"], "sentences": [["One. ", "Two."], ["x"]]}},
        {
            "paragraphs": [
                {"idx": 0, "title": "A", "paragraph_text": "One. Two."},
                {"title": "B", "text": "x"},
            ]
        },
        {"context": [], "paragraphs": '[{"title": "A", "text": "One. Two."}, ["B", "x"]]'},
    ],
)
def test_every_layout_of_a_question_gives_its_passages(row):
    assert row_passages(row) == [("A", "One. Two."), ("B", "x")]


def test_questions_give_the_union_of_their_paragraphs(tmp_path):
    rows = [
        {"question": "no paragraphs here"},
        {"context": [["A", [" One."]], ["B", ["x"]]]},
        {"context": "[['A', [' One.']], ['A', ['Other.']], ['', ['x']]]"},
        {"context": 5},
        {"context": [["C", None]]},
    ]
    tally, seen = Tally(), []
    found = read(json_file(tmp_path, rows), tally=tally, progress=seen.append)
    pages = [(page.url, page.text) for page in found if isinstance(page, Page)]
    assert pages == [("wiki://A", "One."), ("wiki://B", "x")]
    assert [item.where[-3:] for item in found if isinstance(item, Broken)] == [
        "[0]",
        "[2]",
        "[3]",
        "[4]",
    ]
    assert tally.duplicates == 0
    assert seen[-1] == len(found)


def test_question_lines_are_told_from_page_lines(tmp_path):
    row = {"paragraphs": [{"title": "A", "text": "x"}]}
    other = {"paragraphs": [{"title": "A", "text": "x"}, {"title": "A", "text": "y"}]}
    tally = Tally()
    found = read(lines_file(tmp_path, row, "{broken", other), tally=tally)
    assert [getattr(item, "url", None) for item in found] == ["wiki://A", None, "wiki://A#2"]
    assert found[1].reason.startswith("malformed line")
    assert tally.duplicates == 1
    assert [page.url for page in read(lines_file(tmp_path, row))] == ["wiki://A"]


def test_corpus_objects_and_lists_are_both_read(tmp_path):
    assert read(json_file(tmp_path, {"A": [" One.", " Two."], "B": "x", "C": []}))[:2] == [
        Page(url="wiki://A", title="A", text="One. Two."),
        Page(url="wiki://B", title="B", text="x"),
    ]
    rows = [{"title": "A", "text": "x", "idx": 0}, {"title": "A", "text": "y"}, {"title": "A"}]
    found = read(json_file(tmp_path, rows))
    assert [page.url for page in found[:2]] == ["wiki://A", "wiki://A#2"]
    assert found[2].reason.startswith("no paragraph")


@pytest.mark.parametrize("value", [[], {}, 3, "text"])
def test_json_of_another_shape_is_refused(tmp_path, value):
    with pytest.raises(CorpusError, match="is no paragraph file"):
        read(json_file(tmp_path, value))


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_is_refused(tmp_path, raw):
    (tmp_path / "c.json").write_bytes(raw)
    with pytest.raises(CorpusError, match="cannot be read as JSON"):
        read(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("folder", "stem", "count", "last"),
    [
        ("hotpotqa_train100", "hotpotqa_train", 994, None),
        ("musique_train100", "musique_train", 1890, None),
    ],
)
def test_the_real_corpora_have_their_known_counts_from_corpus_and_from_questions(
    folder, stem, count, last
):
    corpus = read(data(f"{folder}/{stem}_corpus.json"))
    questions = read(data(f"{folder}/{stem}.json"))
    assert len(MemoryCorpus(corpus)) == count
    assert MemoryCorpus(questions).digest == MemoryCorpus(corpus).digest


def test_real_pages_are_what_the_files_say():
    hotpot = read(data("hotpotqa_train100/hotpotqa_train_corpus.json"))
    assert hotpot[0].url == "wiki://Demon%20Dice"
    assert hotpot[0].text.startswith("Demon Dice, originally published as Chaos Progenitus,")
    assert "Lester Smith (designer of the better-known Dragon Dice) and Tim Brown. In it" in (
        hotpot[0].text
    )
    musique = read(data("musique_train100/musique_train_corpus.json"))
    assert musique[0].url == "wiki://Journal%20of%20Mathematical%20Physics"
    assert sum("#" in page.url for page in musique) == 1890 - 1764


def test_the_hipporag_sample_is_read():
    assert len(read(data("hipporag_sample/sample_corpus.json"))) == 3
    assert len(read(data("hipporag_sample/sample.json"))) == 1


def test_a_path_that_is_not_there_names_its_nearest_neighbour(tmp_path):
    path = lines_file(tmp_path, {})
    with pytest.raises(CorpusError, match=f"Did you mean '{path}'"):
        kinds.read(tmp_path / "page.jsonl", "n")
    with pytest.raises(CorpusError, match="There is nothing at"):
        kinds.read(tmp_path / "no" / "such", "n")


def test_kinds_and_settings_that_do_not_exist_are_refused_with_the_nearest_name(tmp_path):
    path = lines_file(tmp_path, {})
    with pytest.raises(UnknownNameError, match="Did you mean 'jsonl'"):
        kinds.read(path, "n", kind="json")
    with pytest.raises(UnknownNameError, match="Did you mean 'base_url'"):
        kinds.read(tmp_path, "n", kind="html", baseurl="x")
    with pytest.raises(UnknownNameError, match="setting 'limit' of 'jsonl' sources"):
        kinds.read(path, "n", limit=3)


def test_a_pipe_is_refused_before_it_is_opened(tmp_path):
    os.mkfifo(tmp_path / "pages.jsonl")
    with pytest.raises(CorpusError, match="neither a regular file nor a directory"):
        kinds.read(tmp_path / "pages.jsonl", "n")


def test_a_path_of_the_wrong_sort_is_refused(tmp_path):
    path = lines_file(tmp_path, {}, name="pages.txt")
    with pytest.raises(CorpusError, match="is no source of pages"):
        kinds.read(path, "n")
    with pytest.raises(CorpusError, match="needs a directory"):
        kinds.read(path, "n", kind="html")
    with pytest.raises(CorpusError, match=r"no file in it ends in \.jsonl"):
        kinds.read(tmp_path, "n", kind="jsonl")
    with pytest.raises(CorpusError, match="holds no page"):
        kinds.read(tmp_path, "n")
    with pytest.raises(CorpusError, match=r"pages\.txt holds no page .*:1: malformed line"):
        read(path, kind="jsonl")


@pytest.mark.parametrize("base", ["", "no url", "https://x/?q=1", "https://x/#f", "http://[x/"])
def test_a_base_that_is_no_url_is_refused(tmp_path, base):
    (tmp_path / "a.html").write_text("x")
    with pytest.raises(SettingError, match="base_url"):
        kinds.read(tmp_path, "n", base_url=base)


def test_a_size_limit_below_one_is_refused(tmp_path):
    (tmp_path / "a.html").write_text("x")
    with pytest.raises(SettingError, match="limit = 0"):
        kinds.read(tmp_path, "n", limit=0)
