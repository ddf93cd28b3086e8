"""Small corpora that every test of search is run on."""

import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.records import Page


def zipf_pages(count, length=40, vocabulary=600, seed=0):
    """Pages of words of a vocabulary whose frequencies fall off as in natural text."""
    draw = np.random.Generator(np.random.PCG64(seed))
    share = 1.0 / np.arange(1, vocabulary + 1) ** 1.1
    ends = np.cumsum(draw.integers(0, 2 * length, count)).tolist()
    drawn = draw.choice(vocabulary, ends[-1], p=share / share.sum()).tolist()
    titles = draw.integers(vocabulary, size=count).tolist()
    return [
        Page(
            url=f"https://zipf.test/{number:06d}",
            title=f"w{titles[number]}x title",
            text=" ".join(f"w{word}x" for word in drawn[start:end]),
        )
        for number, (start, end) in enumerate(pairwise([0, *ends]))
    ]


def zipf_queries(count, vocabulary=600, seed=1):
    """Queries of 1 to 6 words, half of them frequent ones, some unknown."""
    draw = np.random.Generator(np.random.PCG64(seed))
    share = 1.0 / np.arange(1, vocabulary + 21) ** 0.8
    return [
        " ".join(f"w{word}x" for word in draw.choice(vocabulary + 20, size, p=share / share.sum()))
        for size in draw.integers(1, 7, count)
    ]


@pytest.fixture(scope="session")
def zipf():
    """A corpus of 700 generated pages."""
    return MemoryCorpus(zipf_pages(700))


@pytest.fixture(scope="session")
def large():
    """A corpus of 33,000 short generated pages: large enough for pruned scoring."""
    return MemoryCorpus(zipf_pages(33_000, length=8, vocabulary=4_000))


@pytest.fixture(scope="session")
def queries():
    """queries(count, vocabulary) -> generated queries for a generated corpus."""
    return zipf_queries


@pytest.fixture(scope="session")
def hotpot():
    """The 994 real paragraphs of 100 HotpotQA questions."""
    place = Path(os.environ.get("WEBENVS_DATA") or Path(__file__).parents[3] / "shared" / "data")
    file = place / "hotpotqa_train100" / "hotpotqa_train_corpus.json"
    if not file.is_file():
        pytest.skip(f"{file} is not there; WEBENVS_DATA names the folder it is looked for in")
    paragraphs = json.loads(file.read_text(encoding="utf-8"))
    return MemoryCorpus(
        Page(url=title, title=title, text=" ".join(sentences))
        for title, sentences in paragraphs.items()
    )
