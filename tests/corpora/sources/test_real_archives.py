"""Archives that other programs wrote become the pages that they are known to have."""

import os
from pathlib import Path

import pytest

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.sources import kinds
from webenvs.errors import CorpusError
from webenvs.records import Page

CHECKOUT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("WEBENVS_DATA", CHECKOUT.parent / "shared" / "data")) / "warc_small"


def read(path):
    return list(kinds.read(path, "test"))


def real(name):
    if not (DATA / name).exists():
        pytest.skip(f"real file {name} is not here; set WEBENVS_DATA to its folder")
    return DATA / name


def urls(found):
    return [item.url for item in found if isinstance(item, Page)]


def broken(found):
    return [item for item in found if isinstance(item, Broken)]


REAL = {
    "example.warc": (["http://example.com/"], 0),
    "example.warc.gz": (["http://example.com/"], 0),
    "example.arc": (["http://example.com/"], 0),
    "example.arc.gz": (["http://example.com/"], 0),
    "example-bad-non-chunked.warc.gz": (["http://example.com/"], 0),
    "example-bad.warc.gz.bad": (["http://example.com?example=1"], 0),
    "example-iana.org-chunked.warc": (["http://www.iana.org/"], 0),
    "example-resource.warc.gz": (["http://example.com/"], 0),
    "example-space-in-url.arc": (
        [
            "http://example.com/index.cfm?FuseAction=Email&EmailTitle=Examples From The Live Web"
            "&IsPopUp=False"
        ],
        1,
    ),
    "example-trunc.warc": (["http://example.com/"], 1),
    "example-wget-bad-target-uri.warc.gz": (["http://example.com/"], 0),
    "example-wrong-chunks.warc.gz": (["http://example.com/"], 0),
    "valid_example_1.wacz": (["http://www.example.com/"], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_the_real_archives_give_the_pages_they_have(name):
    found = read(real(name))
    assert (urls(found), len(broken(found))) == REAL[name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bad.arc", "Broken: 3, .* its length is '-1'"),
        ("example-digest.warc", "no page"),
        ("example-space-in-target-uri.warc.gz", "no page"),
        ("post-test.warc.gz", "no page"),
    ],
)
def test_real_archives_without_pages_are_refused(name, said):
    with pytest.raises(CorpusError, match=said):
        read(real(name))


def test_the_redirect_of_a_real_archive_is_one():
    found = read(real("example-bad.warc.gz.bad"))
    assert found[1] == Redirect(
        url="http://www.iana.org/domains/example", target="http://www.iana.org/domains/reserved"
    )
