"""The same bytes for one or many queries, in any process, with any hash seed, on any CPU."""

import json
import os
import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from webenvs.search.lexical.bm25 import retriever_for
from webenvs.search.lexical.settings import Bm25Settings

SCRIPT = """
import pickle, sys, msgspec
retriever = pickle.load(open(sys.argv[1], "rb"))
queries = msgspec.json.decode(sys.argv[2])
print(msgspec.json.encode([retriever.search(query, 9) for query in queries]).hex())
"""
FAST = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
"""Kinds of instructions that NumPy uses here and can do without."""


def answers(retriever, asked):
    return msgspec.json.encode([retriever.search(query, 9) for query in asked]).hex()


def elsewhere(file, asked, **variables):
    """The answers of another process, which opens the pickled retriever."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(file), json.dumps(asked)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def spoken(hotpot):
    draw = random.Random(3)
    words = " ".join(hotpot.page(number).text for number in range(50)).split()
    return [
        *(" ".join(draw.sample(words, 5)) for _ in range(30)),
        '"United States" film',
        "film -American",
        "intitle:film director",
    ]


@pytest.fixture(scope="module")
def stored(hotpot, tmp_path_factory):
    """A retriever over real paragraphs, its index mapped, and a file with its pickle."""
    place = tmp_path_factory.mktemp("stored")
    retriever = retriever_for(hotpot, place=place / "index")
    (place / "pickle").write_bytes(pickle.dumps(retriever))
    return retriever, place / "pickle"


@pytest.mark.parametrize("held", ["mapped", "memory"])
@pytest.mark.parametrize(("seed", "threads"), [("1", "1"), ("2", "4")])
def test_other_processes_answer_with_the_same_bytes(hotpot, stored, tmp_path, held, seed, threads):
    asked = spoken(hotpot)
    retriever, file = stored
    if held == "memory":
        file = tmp_path / "pickle"
        file.write_bytes(pickle.dumps(retriever_for(hotpot)))
    wanted = answers(retriever, asked)
    assert wanted.count(b"url".hex()) >= 100
    assert elsewhere(file, asked, PYTHONHASHSEED=seed, OMP_NUM_THREADS=threads) == wanted


@pytest.mark.parametrize("kept", range(len(FAST)))
def test_slower_kinds_of_instructions_give_the_same_bytes(hotpot, stored, kept):
    asked = spoken(hotpot)
    retriever, file = stored
    without = " ".join(FAST[kept:])
    assert elsewhere(file, asked, NPY_DISABLE_CPU_FEATURES=without) == answers(retriever, asked)


def test_an_index_is_built_of_the_same_bytes_whatever_the_instructions(hotpot, stored, tmp_path):
    code = (
        "import pickle, sys; from pathlib import Path; "
        "from webenvs.search.lexical.bm25 import retriever_for\n"
        "retriever_for(pickle.load(open(sys.argv[1], 'rb')), place=Path(sys.argv[2]))"
    )
    (tmp_path / "pages").write_bytes(pickle.dumps(hotpot))
    variables = {"NPY_DISABLE_CPU_FEATURES": " ".join(FAST), "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "pages"), str(tmp_path / "index")],
        env=os.environ | variables,
        check=True,
    )
    directory = stored[0].index.directory
    (again,) = (tmp_path / "index").iterdir()
    assert again.name == directory.name
    for path in directory.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


@pytest.mark.parametrize("analyzer", ["plain", "german", "multilingual"])
def test_one_or_many_queries_in_any_number_of_threads_give_the_same_bytes(hotpot, analyzer):
    asked = spoken(hotpot)
    settings = Bm25Settings(analyzer=analyzer)
    alone = [answers(retriever_for(hotpot, settings), [query]) for query in asked[-4:]]
    shared = retriever_for(hotpot, settings)
    for threads in (1, 7):
        with ThreadPoolExecutor(threads) as pool:
            together = list(pool.map(lambda query: answers(shared, [query]), asked))
        assert together[-4:] == alone
