"""A directory of HTML files becomes pages whose links lead to each other."""

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from webenvs.corpora import store
from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.html.page import Extraction
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.corpora.sources.raw import Raw, outcome
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Page


def tree(root, **files):
    return tree_of(root, {name.replace("_", "."): html for name, html in files.items()})


def tree_of(root, files):
    for name, html in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(html.encode() if isinstance(html, str) else html)
    return root


def read(root, name="docs", **settings):
    return list(kinds.read(root, name, **settings))


def links(page):
    return [(link.anchor, link.url) for link in page.links]


def test_pages_come_in_the_order_of_their_paths_with_urls_under_the_base(tmp_path):
    tree_of(
        tmp_path,
        {"b.html": "b", "a/x.HTM": "x", "a.html": "a", "a/é ü.xhtml": "y", "notes.txt": "t"},
    )
    assert [page.url for page in read(tmp_path)] == [
        "https://docs/a.html",
        "https://docs/a/x.HTM",
        "https://docs/a/%C3%A9%20%C3%BC.xhtml",
        "https://docs/b.html",
    ]
    found = read(tmp_path, base_url="HTTPS://Example.org/3")
    assert found[0].url == "https://example.org/3/a.html"


def test_links_are_absolute_and_otherwise_as_the_pages_have_them(tmp_path):
    tree_of(
        tmp_path,
        {
            "sub/a.html": "t <a href='../b.html?q=1#x'>query</a> <a href='/sub/'>folder</a>"
            "<a href='https://other/'>out</a> <a href='no.html'>gone</a> <a href='#here'>own</a>",
            "b.html": "b",
        },
    )
    assert links(read(tmp_path)[1]) == [
        ("query", "https://docs/b.html?q=1"),
        ("folder", "https://docs/sub/"),
        ("out", "https://other/"),
        ("gone", "https://docs/sub/no.html"),
        ("own", "https://docs/sub/a.html"),
    ]


def test_links_to_files_that_are_no_pages_are_left_out_and_counted(tmp_path):
    tree_of(
        tmp_path,
        {
            "a.html": "text <a href='pic%20ture.png'>file</a> <a href='pic ture.png?a'>again</a>"
            "<a href='http://[bad'>bad</a> <a href='gone.png'>gone</a> <a href='b.html'>good</a>",
            "b.html": "b",
            "pic ture.png": b"\x89PNG",
        },
    )
    tally = Tally()
    page = read(tmp_path, tally=tally)[0]
    assert links(page) == [("gone", "https://docs/gone.png"), ("good", "https://docs/b.html")]
    assert (tally.links_outside, tally.links_broken) == (2, 1)


def test_the_addresses_of_a_directory_lead_to_its_index(tmp_path):
    tree_of(tmp_path, {"index.html": "top", "sub/index.HTM": "sub", "sub/index.html": "first"})
    assert [item for item in read(tmp_path) if isinstance(item, Redirect)] == [
        Redirect(url="https://docs/", target="https://docs/index.html"),
        Redirect(url="https://docs/sub/", target="https://docs/sub/index.HTM"),
        Redirect(url="https://docs/sub", target="https://docs/sub/index.HTM"),
    ]


def test_a_page_that_sends_its_reader_on_becomes_a_redirect():
    stub = Raw("here", "https://docs/old.html", b"<p>moved")
    read_as = Extraction(page=Page(url=stub.url, title="", text="x"), redirect="https://docs/new")
    assert outcome(stub, read_as).item == Redirect(
        url="https://docs/old.html", target="https://docs/new"
    )


def test_a_broken_index_gives_its_directory_no_address(tmp_path):
    tree_of(tmp_path, {"sub/index.html": "", "a.html": "a"})
    assert [type(item) for item in read(tmp_path)] == [Page, Broken]


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_gives_the_same_items_in_the_same_order(tmp_path, workers):
    files = {
        f"{n:03}.html": f"<h1>T{n}</h1><p>page {n} <a href='{n + 1:03}.html'>n</a>"
        for n in range(150)
    }
    files |= {"070.html": "", "sub/index.html": "s", "cut.html": "word " * 3_000}
    tree_of(tmp_path, files)
    tally, seen = Tally(), []
    found = read(tmp_path, workers=workers, tally=tally, limit=9_000, progress=seen.append)
    assert [getattr(item, "url", None) for item in found[:72]] == [
        *(f"https://docs/{n:03}.html" for n in range(70)),
        None,
        "https://docs/071.html",
    ]
    assert len(found) == 154
    assert (tally.cut, seen) == (1, list(range(1, 153)))


def test_pages_come_before_the_whole_tree_is_read(tmp_path):
    tree_of(tmp_path, {"a.html": "a", "b.html": "b", "c.html": "c"})
    source = kinds.read(tmp_path, "docs", workers=1)
    assert next(source).text == "a"
    (tmp_path / "c.html").write_text("changed")
    assert [page.text for page in source] == ["b", "changed"]


def test_fewer_workers_than_one_are_refused(tmp_path):
    tree(tmp_path, a_html="a")
    with pytest.raises(SettingError, match="workers = 0"):
        kinds.read(tmp_path, "docs", workers=0)


def test_broken_files_are_named_with_their_reason(tmp_path):
    tree_of(
        tmp_path,
        {
            "a.html": "fine",
            "binary.html": bytes(range(256)) * 9,
            "empty.html": "",
            "no_text.html": "<script>x</script>",
        },
    )
    found = read(tmp_path)
    reasons = {Path(item.where).name: item.reason for item in found if isinstance(item, Broken)}
    assert list(reasons) == ["binary.html", "empty.html", "no_text.html"]
    assert reasons["binary.html"].startswith("binary data: ")
    assert (reasons["empty.html"], reasons["no_text.html"]) == ("empty file", "no text")


def test_symbolic_links_neither_escape_nor_loop(tmp_path):
    root = tree_of(tmp_path / "root", {"a.html": "a", "sub/b.html": "b"})
    tree_of(tmp_path, {"secret.html": "secret"})
    (root / "secret.html").symlink_to(tmp_path / "secret.html")
    (root / "gone.html").symlink_to(root / "nowhere.html")
    (root / "loop.html").symlink_to(root / "loop.html")
    (root / "alias.html").symlink_to(root / "sub" / "b.html")
    (root / "sub" / "up").symlink_to(root)
    (root / "away").symlink_to(tmp_path)
    found = read(root)
    assert [page.url for page in found if not isinstance(page, Broken)] == [
        "https://docs/a.html",
        "https://docs/alias.html",
        "https://docs/sub/b.html",
    ]
    reasons = {item.where.removeprefix(f"{root}/"): item.reason for item in found[3:]}
    assert reasons == {
        "away": "symbolic link to a directory",
        "sub/up": "symbolic link to a directory",
        "secret.html": "symbolic link out of the tree",
        "gone.html": "not a regular file",
        "loop.html": "not a regular file",
    }


def test_a_pipe_named_like_a_page_does_not_block(tmp_path):
    tree(tmp_path, a_html="a")
    os.mkfifo(tmp_path / "pipe.html")
    assert read(tmp_path)[1].reason == "not a regular file"


def test_a_root_that_is_a_symbolic_link_is_followed(tmp_path):
    root = tree_of(tmp_path / "root", {"a.html": "a"})
    (tmp_path / "alias").symlink_to(root)
    assert len(read(tmp_path / "alias")) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_broken(tmp_path):
    tree(tmp_path, a_html="a", b_html="b")
    (tmp_path / "b.html").chmod(0)
    assert read(tmp_path)[1].reason == "cannot be read: Permission denied"


def test_a_folder_that_may_not_be_read_is_broken(tmp_path, monkeypatch):
    tree_of(tmp_path, {"a.html": "a", "sub/b.html": "b"})
    look = os.scandir

    def scandir(place):
        if Path(place).name == "sub":
            raise PermissionError(13, "Permission denied", str(place))
        return look(place)

    monkeypatch.setattr(os, "scandir", scandir)  # root may read every folder
    assert read(tmp_path)[1].reason == "cannot be read: Permission denied"


def test_large_pages_are_cut_and_counted(tmp_path):
    tree(tmp_path, a_html="<p>word " * 100, b_html="b")
    tally, seen = Tally(), []
    found = read(tmp_path, limit=80, tally=tally, progress=seen.append)
    assert tally.cut == 1
    assert found[0].text.endswith("[...]")
    assert found[1].text == "b"
    assert seen == [1, 2]


def test_gzipped_pages_are_read_under_the_url_without_gz(tmp_path):
    tree_of(
        tmp_path,
        {
            "a.html": "a <a href='sub/log.html'>page</a> <a href='sub/log.html.gz'>file</a>"
            "<a href='sub/'>index</a> <a href='data.gz'>data</a>",
            "sub/log.html.gz": gzip.compress(b"<p>log <a href='../a.html'>a</a>"),
            "sub/index.HTM.GZ": gzip.compress(b"index"),
            "x.xhtml.gz": gzip.compress(b"x"),
            "data.gz": gzip.compress(b"data"),
        },
    )
    found = read(tmp_path)
    log, index = "https://docs/sub/log.html", "https://docs/sub/index.HTM"
    assert [page.url for page in found if isinstance(page, Page)] == [
        "https://docs/a.html", index, log, "https://docs/x.xhtml",
    ]  # fmt: skip
    assert [(item.url, item.target) for item in found if isinstance(item, Redirect)] == [
        (f"{index}.GZ", index),
        ("https://docs/sub/", index),
        ("https://docs/sub", index),
        (f"{log}.gz", log),
        ("https://docs/x.xhtml.gz", "https://docs/x.xhtml"),
    ]
    assert "data" not in dict(links(found[0]))
    assert next(page for page in found if page.url == log).text == "log a"


def test_of_a_page_that_is_there_twice_the_plain_file_is_read(tmp_path):
    tree_of(tmp_path, {"a.html": "plain", "a.html.gz": gzip.compress(b"packed"), "b.html": "b"})
    first, alias, _, other = read(tmp_path)
    assert first.text == "plain"
    assert alias == Redirect(url="https://docs/a.html.gz", target="https://docs/a.html")
    assert Path(other.where).name == "a.html.gz"
    assert other.reason == "another file has its url: https://docs/a.html"


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(tmp_path):
    tree_of(tmp_path, {"bomb.html.gz": gzip.compress(b"<p>" + b"word " * 10_000_000)})
    assert (tmp_path / "bomb.html.gz").stat().st_size < 200_000
    tally = Tally()
    tracemalloc.start()
    page = read(tmp_path, limit=10_000, tally=tally)[0]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tally.cut == 1
    assert 5_000 < len(page.text) < 11_000
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-9], "damaged gzip: Compressed file ended"),
        (lambda data: data[:-5] + b"\0" + data[-4:], "damaged gzip: CRC check failed"),
        (lambda data: data[:10] + b"\xff" * 9 + data[19:], "damaged gzip: Error -3"),
        (lambda data: b"", "empty file"),
    ],
    ids=["cut", "checksum", "garbage", "empty"],
)
def test_a_damaged_gzip_is_broken(tmp_path, spoil, said):
    packed = gzip.compress(b"<p>some page with enough text to be packed", mtime=0)
    tree_of(tmp_path, {"a.html": "a", "b.html.gz": spoil(packed)})
    assert read(tmp_path)[1].reason.startswith(said)


def test_a_page_is_unpacked_for_what_it_begins_with_and_not_for_its_name(tmp_path):
    packed = gzip.compress(b"<p>packed", mtime=0)
    tree_of(
        tmp_path, {"a.html.gz": "<p>plain", "b.html": packed, "c.html.gz": packed + b"\0junk" * 9}
    )
    found = [item.text for item in read(tmp_path) if isinstance(item, Page)]
    assert found == ["plain", "packed", "packed"]


def test_names_that_are_no_utf_8_are_percent_encoded(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.html")).write_text("x <a href='b.html'>b</a>")
    tree(tmp_path, b_html="b <a href='caf%E9.html'>c</a>")
    found = read(tmp_path)
    assert [page.url for page in found] == ["https://docs/b.html", "https://docs/caf%E9.html"]
    assert links(found[0]) == [("c", "https://docs/caf%E9.html")]


def test_the_same_tree_gives_the_same_corpus_wherever_it_lies(tmp_path):
    files = {"a.html": "<h1>A</h1><a href=b.html>b</a>", "b.html": "<a href=a.html>a</a>"}
    digests = set()
    for place in ("one", "two"):
        root = tree_of(tmp_path / place, files)
        store.write(kinds.read(root, "docs"), tmp_path / f"{place}.corpus", "docs")
        digests.add(store.open_corpus(tmp_path / f"{place}.corpus").digest)
    assert len(digests) == 1


def test_what_a_tree_holds_beside_its_pages_is_counted_by_its_reason(tmp_path):
    names = ("a.html", "b.HTM.gz", "readme.txt", "pic.PNG", "sub/pic.png", "x.jsonl", "y.md", "raw")
    tree_of(tmp_path, {**dict.fromkeys(names, "x"), "a.strange-ending": ""})
    tally = Tally()
    read(tmp_path, tally=tally)
    assert tally.passed_over == {
        "no page: .txt": 1,
        "no page: .png": 2,
        "another kind of source: jsonl": 1,
        "another kind of source: markup": 1,
        "no page: other files": 2,
    }


def test_a_tree_without_pages_is_refused(tmp_path):
    tree(tmp_path, notes_txt="x")
    with pytest.raises(CorpusError, match=r"no file ends in \.html, \.htm, \.xhtml"):
        kinds.read(tmp_path, "docs")
