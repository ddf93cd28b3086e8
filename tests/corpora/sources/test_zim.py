"""ZIM files become pages and redirects; a damaged one is refused or said to be."""

import pytest

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.errors import CorpusError
from webenvs.records import Page

writer = pytest.importorskip("libzim.writer")


class Item(writer.Item):
    """One entry of a ZIM file in the making."""

    def __init__(self, path, title, content, media="text/html"):
        super().__init__()
        self.path, self.title, self.body, self.media = path, title, content, media

    def get_path(self):
        return self.path

    def get_title(self):
        return self.title

    def get_mimetype(self):
        return self.media

    def get_contentprovider(self):
        return writer.StringProvider(self.body)

    def get_hints(self):
        return {writer.Hint.FRONT_ARTICLE: self.media == "text/html"}


def zim(path, items, redirects=(), main=None, compression="zstd"):
    with writer.Creator(path).config_indexing(False, "eng").config_compression(compression) as made:
        for item in items:
            made.add_item(Item(*item))
        for source, target in redirects:
            made.add_redirection(source, source, target, {writer.Hint.FRONT_ARTICLE: True})
        if main:
            made.set_mainpath(main)
        made.add_metadata("Title", "A test")
    return path


ITEMS = (
    ("Ada Lovelace", "", "<title>Ada</title><p>See <a href='./C%2B%2B'>C</a> of Ada."),
    ("C++", "", "<h1>A language</h1><p><a href='pic.png'>pic</a> <a href='v1.2'>v</a>"),
    ("what?/here", "What?", "<p>Question. <a href='../Ada_no'>none</a>"),
    ("note", "A note", "First line\nsecond", "text/plain;charset=utf-8"),
    ("pic.png", "", b"\x89PNG", "image/png"),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    place = tmp_path_factory.mktemp("zim") / "small.zim"
    return zim(place, ITEMS, [("Ada", "Ada Lovelace"), ("Lady Ada", "Ada")], "Ada Lovelace")


def read(path, **settings):
    return list(kinds.read(path, "wiki", **settings))


def test_articles_become_pages_with_urls_of_their_paths(small):
    found = {item.url: item for item in read(small) if isinstance(item, Page)}
    assert {url: page.title for url, page in found.items()} == {
        "https://wiki/Ada%20Lovelace": "Ada",
        "https://wiki/C++": "A language",
        "https://wiki/note": "A note",
        "https://wiki/what%3F/here": "What?",
    }
    assert found["https://wiki/note"].text == "First line\nsecond"


def test_links_are_absolute_and_those_to_media_are_left_out(small):
    tally = Tally()
    found = {item.url: item for item in read(small, tally=tally) if isinstance(item, Page)}
    assert [link.url for page in found.values() for link in page.links] == [
        "https://wiki/C%2B%2B",
        "https://wiki/v1.2",
        "https://wiki/Ada_no",
    ]
    assert tally.links_outside == 1
    assert tally.passed_over == {"media type image/png": 1}


def test_redirects_and_the_main_page_become_redirects(small):
    assert [item for item in read(small) if isinstance(item, Redirect)] == [
        Redirect(url="https://wiki/", target="https://wiki/Ada%20Lovelace"),
        Redirect(url="https://wiki/Ada", target="https://wiki/Ada%20Lovelace"),
        Redirect(url="https://wiki/Lady%20Ada", target="https://wiki/Ada"),
    ]


def test_the_base_url_is_a_setting(small):
    assert all(
        item.url.startswith("https://x.test/w/")
        for item in read(small, base_url="https://x.test/w")
    )


def test_a_file_is_recognised_by_its_first_bytes(small, tmp_path):
    (tmp_path / "a.bin").write_bytes(small.read_bytes())
    assert len(read(tmp_path / "a.bin")) == 7


def test_a_file_that_is_not_all_there_is_refused_with_its_size(small, tmp_path):
    content = small.read_bytes()
    path = tmp_path / "a.zim"
    for size in (0, 30, 200, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(
            CorpusError, match=rf"a\.zim cannot be read as ZIM: .*it has {size} bytes"
        ):
            kinds.read(path, "wiki")


def test_a_wrong_checksum_is_said_and_what_can_be_read_is_kept(tmp_path):
    path = zim(tmp_path / "a.zim", ITEMS, compression="none")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"First line", b"Fixed line"))
    first, *rest = read(path)
    assert first == Broken(where=str(path), reason="wrong checksum: the file is damaged somewhere")
    assert len(rest) == 4
    assert len(read(path, verify=False)) == 4


def test_an_entry_that_cannot_be_unpacked_is_broken_by_its_number(tmp_path):
    items = [(f"p{n}", f"P{n}", f"<p>Words of page {n}. {'w' * n}") for n in range(50)]
    path = zim(tmp_path / "a.zim", items)
    content = bytearray(path.read_bytes())
    begin = content.index(b"\x28\xb5\x2f\xfd")
    content[begin + 6 : begin + 30] = b"\xff" * 24
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"no page that can be read\. Broken: 51, the first at"):
        read(path)
