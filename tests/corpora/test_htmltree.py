"""A directory of HTML files becomes pages whose links lead to each other."""

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from webenvs.corpora import sources, store, verifying
from webenvs.corpora.corpus import Broken
from webenvs.corpora.report import Tally
from webenvs.errors import CorpusError


def tree(root, **files):
    return tree_of(root, {name.replace("_", "."): html for name, html in files.items()})


def tree_of(root, files):
    for name, html in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(html.encode() if isinstance(html, str) else html)
    return root


def read(root, name="docs", **settings):
    return list(sources.read(root, name, **settings))


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


def test_links_between_pages_are_kept_with_the_urls_of_the_corpus(tmp_path):
    tree_of(
        tmp_path,
        {
            "index.html": "<p>top <a href='sub'>dir</a> <a href='sub/'>dir/</a>"
            "<a href='sub/index.html#x'>full</a> <a href='é.html'>raw</a>"
            "<a href='%C3%A9.html?highlight=q'>query</a> <a href='/sub/../%c3%a9.html'>dots</a>"
            "<a href='https://DOCS/sub/'>absolute</a>",
            "sub/index.html": "sub <a href='..'>up</a> <a href='../#a'>up/</a>",
            "é.html": "e",
        },
    )
    sub, accent = "https://docs/sub/index.html", "https://docs/%C3%A9.html"
    first, second, _ = read(tmp_path)
    assert links(first) == [
        ("dir", sub),
        ("dir/", sub),
        ("full", sub),
        ("raw", accent),
        ("query", accent),
        ("dots", accent),
        ("absolute", sub),
    ]
    assert links(second) == [(name, "https://docs/index.html") for name in ("up", "up/")]


def test_other_links_are_dropped_and_counted(tmp_path):
    tree_of(
        tmp_path,
        {
            "a.html": "text <a href='https://other/'>out</a> <a href='mailto:x@y'>mail</a>"
            "<a href='javascript:f()'>js</a> <a href='pic.png'>file</a> <a href='no.html'>gone</a>"
            "<a href='#here'>own</a> <a href='a.html?x'>own</a> <a href='http://[bad'>bad</a>"
            "<a href='empty.html'>broken page</a> <a href='b.html'>good</a>",
            "b.html": "b",
            "empty.html": "",
            "pic.png": b"\x89PNG",
        },
    )
    tally = Tally()
    report = store.write(
        sources.read(tmp_path, "docs", tally=tally), tmp_path / "out", "docs", tally=tally
    )
    assert (report.pages, report.broken, report.links_kept) == (2, 1, 1)
    assert (report.links_outside, report.links_broken, report.links_own) == (4, 3, 2)
    corpus = verifying.verify(tmp_path / "out")
    assert links(corpus.page(0)) == [("good", "https://docs/b.html")]


def test_a_base_element_that_points_at_the_original_site_works_with_that_base(tmp_path):
    html = "<base href='https://real.org/3/'>t <a href='b.html'>b</a>"
    tree_of(tmp_path, {"a.html": html, "b.html": "b"})
    tally = Tally()
    assert links(read(tmp_path, tally=tally)[0]) == []
    assert tally.links_outside == 1
    found = read(tmp_path, base_url="https://real.org/3/")
    assert links(found[0]) == [("b", "https://real.org/3/b.html")]


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
    assert [page.url for page in found] == [
        "https://docs/a.html", index, log, "https://docs/x.xhtml",
    ]  # fmt: skip
    assert links(found[0]) == [("page", log), ("file", log), ("index", index)]
    assert links(found[2]) == [("a", "https://docs/a.html")]
    assert found[2].text == "log a"


def test_of_a_page_that_is_there_twice_the_plain_file_is_read(tmp_path):
    tree_of(
        tmp_path,
        {
            "a.html": "plain",
            "a.html.gz": gzip.compress(b"packed"),
            "b.html": "b <a href='a.html'>a</a> <a href='a.html.gz'>gz</a>",
        },
    )
    first, second, other = read(tmp_path)
    assert first.text == "plain"
    assert links(second) == [("a", "https://docs/a.html"), ("gz", "https://docs/a.html")]
    assert Path(other.where).name == "a.html.gz"
    assert other.reason == "another file has its url: https://docs/a.html"


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit(tmp_path):
    tree_of(tmp_path, {"bomb.html.gz": gzip.compress(b"<p>" + b"word " * 10_000_000)})
    assert (tmp_path / "bomb.html.gz").stat().st_size < 200_000
    tally = Tally()
    tracemalloc.start()
    (page,) = read(tmp_path, limit=10_000, tally=tally)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tally.cut == 1
    assert 5_000 < len(page.text) < 11_000
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-9], "damaged gzip: Compressed file ended"),
        (lambda data: b"<p>plain", "damaged gzip: Not a gzipped file"),
        (lambda data: data[:-5] + b"\0" + data[-4:], "damaged gzip: CRC check failed"),
        (lambda data: data[:10] + b"\xff" * 9 + data[19:], "damaged gzip: Error -3"),
        (lambda data: b"", "empty file"),
    ],
    ids=["cut", "plain text", "checksum", "garbage", "empty"],
)
def test_a_damaged_gzip_is_broken_and_links_to_it_are_dropped(tmp_path, spoil, said):
    packed = gzip.compress(b"<p>some page with enough text to be packed", mtime=0)
    tree_of(tmp_path, {"a.html": "a <a href='b.html'>b</a>", "b.html.gz": spoil(packed)})
    tally = Tally()
    first, other = read(tmp_path, tally=tally)
    assert links(first) == []
    assert tally.links_broken == 1
    assert other.reason.startswith(said)


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
        store.write(sources.read(root, "docs"), tmp_path / f"{place}.corpus", "docs")
        digests.add(store.open_corpus(tmp_path / f"{place}.corpus").digest)
    assert len(digests) == 1


def test_a_tree_without_pages_is_refused(tmp_path):
    tree(tmp_path, notes_txt="x")
    with pytest.raises(CorpusError, match=r"no file ends in \.html, \.htm, \.xhtml"):
        sources.read(tmp_path, "docs")
