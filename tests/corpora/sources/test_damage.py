"""Damage of every kind to every format: said, never a traceback, and what came before is kept."""

import gzip
import json
import random
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.sources import kinds
from webenvs.errors import CorpusError
from webenvs.records import Page

COUNT = 40
CUTS = FLIPS = 30

ZIM_CHILD = """
import sys
from pathlib import Path
from webenvs.corpora.sources import kinds
from webenvs.errors import CorpusError
for path in sorted(Path(sys.argv[1]).glob("*.zim")):
    try:
        print(path.stem, len(list(kinds.read(path, "n"))))
    except CorpusError as error:
        print(path.stem, "refused:", error)
"""


def packed(content):
    return gzip.compress(content, mtime=0)


def rows():
    texts = (random.Random(n).randbytes(60 + n * n % 37).hex() for n in range(COUNT))
    return [{"url": f"w://{n:02}", "title": f"T{n}", "text": text} for n, text in enumerate(texts)]


def warc_records():
    for row in rows():
        body = f"<title>{row['title']}</title><p>{row['text']}".encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://{row['title']}.test/\r\n"
            "Content-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n"
        )
        yield head.encode() + answer + b"\r\n\r\n"


def arc_records():
    yield b"filedesc://x.arc 127.0.0.1 20140216050221 text/plain 9\n1 0 Me\nxx\n"
    for row in rows():
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>" + row["text"].encode()
        head = f"http://{row['title']}.test/ 127.0.0.1 20140216050221 text/html {len(body)}\n"
        yield head.encode() + body + b"\n"


def parquet(folder):
    pq.write_table(pa.Table.from_pylist(rows()), folder / "x", row_group_size=10)
    return (folder / "x").read_bytes()


def wacz(folder):
    with zipfile.ZipFile(folder / "x", "w") as made:
        made.writestr("archive/a.warc.gz", b"".join(map(packed, warc_records())))
        made.writestr("datapackage.json", '{"resources": []}')
    return (folder / "x").read_bytes()


FORMATS = {
    "jsonl.gz": lambda _: packed("\n".join(map(json.dumps, rows())).encode()),
    "parquet": parquet,
    "warc": lambda _: b"".join(warc_records()),
    "warc.gz": lambda _: b"".join(map(packed, warc_records())),
    "whole.warc.gz": lambda _: packed(b"".join(warc_records())),
    "arc": lambda _: b"".join(arc_records()),
    "arc.gz": lambda _: b"".join(map(packed, arc_records())),
    "wacz": wacz,
}


@pytest.fixture(params=FORMATS)
def good(request, tmp_path):
    """The path of a sound file of a format, and its bytes."""
    content = FORMATS[request.param](tmp_path)
    path = tmp_path / f"a.{request.param}"
    path.write_bytes(content)
    return path, content


def read(path):
    """What a file gives, and the error it ends in, if any."""
    found = []
    try:
        found.extend(kinds.read(path, "n"))  # what came before the error is kept
    except CorpusError as error:
        return found, error
    return found, None


def pages(found):
    return [item for item in found if isinstance(item, Page)]


def cuts(content):
    return [content[: len(content) * part // CUTS] for part in range(1, CUTS)]


def flips(content):
    chance = random.Random(7)
    for _ in range(FLIPS):
        spoilt = bytearray(content)
        spoilt[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        yield bytes(spoilt)


def test_a_sound_file_gives_all_its_pages(good):
    found, error = read(good[0])
    assert (len(found), len(pages(found)), error) == (COUNT, COUNT, None)


def test_a_file_cut_anywhere_keeps_the_pages_before_and_says_that_some_are_lost(good):
    path, content = good
    whole = pages(read(path)[0])
    for part in cuts(content):
        path.write_bytes(part)
        found, error = read(path)
        kept = pages(found)
        assert kept == whole[: len(kept)]
        assert error or any(isinstance(item, Broken) for item in found)


def test_the_longer_the_rest_of_a_cut_file_the_more_is_kept(good):
    path, content = good
    if path.suffix == ".parquet":
        pytest.skip("a Parquet file without its end has no table of contents")
    counts = []
    for part in cuts(content):
        path.write_bytes(part)
        counts.append(len(pages(read(path)[0])))
    assert counts == sorted(counts)
    assert counts[-1] >= COUNT // 2


def test_a_flipped_bit_anywhere_never_raises_anything_else_and_names_the_file(good):
    path, content = good
    for spoilt in flips(content):
        path.write_bytes(spoilt)
        found, error = read(path)
        assert all(isinstance(item, Page | Broken | Redirect) for item in found)
        assert all(str(path) in item.where for item in found if isinstance(item, Broken))
        assert error is None or str(path) in str(error)


def test_a_zim_file_damaged_anywhere_is_refused_or_read(tmp_path):
    writer = pytest.importorskip("libzim.writer")

    class Item(writer.Item):
        def __init__(self, row):
            super().__init__()
            self.get_path = lambda: row["title"]
            self.get_title = lambda: row["title"]
            self.get_mimetype = lambda: "text/html"
            self.get_contentprovider = lambda: writer.StringProvider(f"<p>{row['text']}")
            self.get_hints = dict

    with writer.Creator(tmp_path / "good.zim").config_indexing(False, "eng") as made:
        for row in rows():
            made.add_item(Item(row))
    content = (tmp_path / "good.zim").read_bytes()
    for kind, spoilt in (("cut", cuts(content)), ("flip", flips(content))):
        for number, part in enumerate(spoilt):
            (tmp_path / f"{kind}{number}.zim").write_bytes(part)
    child = subprocess.run(
        [sys.executable, "-c", ZIM_CHILD, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert child.returncode == 0, child.stderr
    said = dict(line.split(" ", 1) for line in child.stdout.splitlines())
    assert said.pop("good") == str(COUNT)
    assert all(answer.startswith("refused:") for name, answer in said.items() if name[0] == "c")
    assert len(said) == CUTS - 1 + FLIPS


def test_a_packed_archive_with_bytes_missing_inside_or_any_bit_of_its_list_flipped_is_told(
    tmp_path,
):
    content, path = wacz(tmp_path), tmp_path / "a.wacz"
    listing = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x01\x02"))
    spoilt = [content[:50] + content[50 + gap :] for gap in (1, 7, 300, 1000)]
    for place in range(listing, len(content)):
        for bit in (1, 64, 128):
            flipped = bytearray(content)
            flipped[place] ^= bit
            spoilt.append(bytes(flipped))
    for part in spoilt:
        path.write_bytes(part)
        found, error = read(path)
        assert all(isinstance(item, Page | Broken | Redirect) for item in found)
        assert error is None or str(path) in str(error)
