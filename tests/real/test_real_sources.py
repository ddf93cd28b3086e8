"""Real trees, where they are there, become pages with what their files say in them."""

import os
import re
import tarfile
from pathlib import Path

import pytest

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.records import Page

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WEBENVS_DATA", CHECKOUT.parent / "shared" / "data"))
SAMPLE = (1, 8, 20, 257, 484, 543, 740, 3100)


@pytest.fixture(scope="module")
def peps(tmp_path_factory):
    """The folder of all proposals, unpacked."""
    packed = DATA / "peps" / "peps_736.tar.gz"
    if not packed.exists():
        pytest.skip(f"the real file {packed.name} is not here; set WEBENVS_DATA to its folder")
    place = tmp_path_factory.mktemp("peps")
    with tarfile.open(packed) as archive:
        archive.extractall(place, filter="data")
    return next(place.rglob("pep-0008.rst")).parent


def header(path, name):
    found = re.search(rf"^{name}:[ \t]*(.+)$", path.read_text("utf-8"), re.MULTILINE)
    return found[1].strip() if found else ""


@pytest.fixture(scope="module")
def sample(peps, tmp_path_factory):
    """The pages of some proposals by their numbers."""
    place = tmp_path_factory.mktemp("sample")
    for number in SAMPLE:
        (place / f"pep-{number:04}.rst").write_bytes((peps / f"pep-{number:04}.rst").read_bytes())
    found = kinds.read(place, "peps", base_url="https://peps.python.org/")
    return {int(item.url[-8:-4]): item for item in found if isinstance(item, Page)}


def test_real_proposals_have_the_title_and_day_of_their_headers(peps, sample):
    assert set(sample) == set(SAMPLE)
    for number, page in sample.items():
        path = peps / f"pep-{number:04}.rst"
        assert page.title == f"PEP {number} – {header(path, 'Title')}"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", page.date)
    assert sample[8].date == "2001-07-05"


def test_real_proposals_keep_headings_code_tables_and_lists(sample):
    assert "\n## A Foolish Consistency is the Hobgoblin of Little Minds\n" in sample[8].text
    assert "\nfoo = long_function_name(var_one, var_two,\n                         var_three" in (
        sample[8].text
    )
    assert "\nBeautiful is better than ugly.\n" in sample[20].text
    assert "system-message" not in sample[484].text
    assert ":pep:" not in sample[8].text


def test_real_proposals_link_to_each_other(sample):
    urls = {link.url for link in sample[8].links}
    assert {"https://peps.python.org/pep-0020.rst", "https://peps.python.org/pep-0257.rst"} <= urls
    by_anchor = {link.anchor: link.url for link in sample[8].links}
    title = "style guidelines for the C code in the C implementation of Python"
    assert by_anchor[title] == "https://peps.python.org/pep-0007.rst"


@pytest.mark.slow
def test_all_736_real_proposals_become_pages(peps):
    tally = Tally()
    found = list(kinds.read(peps, "peps", tally=tally))
    pages = [item for item in found if isinstance(item, Page)]
    assert len(pages) == 736
    assert not [item for item in found if isinstance(item, Broken)]
    assert len([item for item in found if isinstance(item, Redirect)]) == 2 * 736
    assert tally.cut == 0
    assert all(page.date and page.title.startswith("PEP ") for page in pages)
    numbers = {page.url for page in pages}
    links = [link.url for page in pages for link in page.links if link.url.endswith(".rst")]
    assert len(links) > 7_000
    assert sum(url in numbers for url in links) / len(links) > 0.98
