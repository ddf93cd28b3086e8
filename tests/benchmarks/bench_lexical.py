"""Prints what the lexical engine costs at one size, beside bm25s and rank-bm25, in one run.

    python tests/benchmarks/bench_lexical.py [--documents N | --corpus DIRECTORY]
                                             [--questions TASKS] [--json FILE]

Without --corpus the documents are those of zipf_corpus.py (120 tokens over 20,000 words), written
as a corpus to a temporary folder; with it, a corpus that was written before is measured, such as

    webenvs corpus generate --pages 100000 --out world

Its index is opened where it is, or built in --place. Five sets of queries, drawn from the pages
themselves by a fixed seed: k3, k8 and k20 are 3, 8 and 20 different words of one page without the
150 most frequent words of the corpus; n8 and n20 are 8 and 20 words that stand side by side in one
page. With --questions, a task file of that corpus (`webenvs tasks make`), its questions are a
sixth set.

    search     `search(query, 10)`: ten hits with titles, snippets and scores; nothing is remembered
    ranking    the bare ranking of the same queries: the ten best page numbers, terms looked up
    reads      the ten pages of a query read from the corpus, and nothing else
    bm25s      retrieve(k=10) of page numbers from terms; its Numba backend if Numba is installed
    rank-bm25  get_scores and the ten best page numbers, from terms; --slow queries of each set

Every row answers all queries of a set once before, so that files are in the machine's memory (the
corpus itself remembers no page). Then rows take turns every 20 queries; figures are microseconds of
CPU time of this process and of wall time, median and 99th percentile. Peers are left out above
--peers documents. Memory is that of processes of their own that have opened corpus and index and
answered all queries: private memory (dirty) beyond that of an interpreter that has imported the
same modules, and the proportional share (PSS) of all together. On a shared machine trust
the ratios, not the figures.
"""

import argparse
import importlib.util
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zipf_corpus

from webenvs.corpora import store
from webenvs.corpora.store import StoredCorpus, open_corpus
from webenvs.records import Page
from webenvs.search.analyzer import Analyzer
from webenvs.search.lexical.bm25 import Bm25, retriever_for
from webenvs.search.lexical.ranking import Scratch, best
from webenvs.seeding import generator

HITS = 10
FREQUENT = 150
SETS = {"k3": (3, False), "k8": (8, False), "k20": (20, False), "n8": (8, True), "n20": (20, True)}
OPENINGS = 9
TURN = 20

Answer = Callable[[str], object]


class Times(NamedTuple):
    """Seconds of CPU and of wall time of every query of one row."""

    cpu: list[float]
    wall: list[float]


def main() -> None:
    """Build or open, measure in turns, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--place", type=Path, help="where indexes lie; default: in the corpus")
    parser.add_argument("--questions", type=Path, help="a task file whose questions are asked too")
    parser.add_argument("--queries", type=int, default=300, help="of each set")
    parser.add_argument(
        "--slow", type=int, default=10, help="queries of each set for rank-bm25; 0: without it"
    )
    parser.add_argument("--peers", type=int, default=200_000, help="most documents for peers")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        path = options.corpus or _written(Path(aside) / "corpus", options.documents)
        place = options.place or path / "index"
        report = _measured(path, place, options)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _measured(path: Path, place: Path, options: argparse.Namespace) -> dict[str, Any]:
    report: dict[str, Any] = {"built": _built(path, place)}
    report["opened"] = _opened(path, place)
    corpus = open_corpus(path)
    engine = retriever_for(corpus, place=place)
    queries = {
        name: _drawn(corpus, engine, name, options.queries, *shape) for name, shape in SETS.items()
    }
    if options.questions:
        with options.questions.open(encoding="utf-8") as file:
            tasks = [json.loads(line) for line in file]
        queries["questions"] = [task["question"] for task in tasks[: options.queries]]
    rows, slow = _rows(corpus, engine), {}
    if len(corpus) <= options.peers:
        peers, slow = _peers(corpus, options.slow > 0)
        rows |= peers
    report["queries"] = {}
    for name, asked in queries.items():
        times = _turns(rows, asked) | _turns(slow, asked[: options.slow])
        report["queries"][name] = _shown(name, times)
    asked = [query for some in queries.values() for query in some]
    report["memory"] = _memory(path, place, asked, options.processes)
    return report


def _written(path: Path, documents: int) -> Path:
    """The Zipf corpus of so many documents, written to `path`."""
    made = zipf_corpus.build(documents, 1)
    pages = (
        Page(url=f"https://zipf.test/{number:07d}", title=title, text=text)
        for number, (title, text) in enumerate(zip(made.titles, made.texts, strict=True))
    )
    store.write(pages, path, "zipf")
    return path


def _built(path: Path, place: Path) -> dict[str, float]:
    """What building the index costs; one that lies there already is not built again."""
    corpus = open_corpus(path)
    started, began = time.process_time(), time.perf_counter()
    before = set(place.iterdir()) if place.exists() else set()
    index = retriever_for(corpus, place=place).index
    fresh = index.directory not in before
    sizes = {name: array.nbytes for name, array in index.arrays._asdict().items()}
    report: dict[str, float] = {
        "pages": len(corpus),
        "terms": index.counts.terms,
        "postings": index.counts.postings,
        "MB": round(sum(sizes.values()) / 1e6, 1),
    }
    if fresh:
        report |= {
            "CPU s": round(time.process_time() - started, 1),
            "wall s": round(time.perf_counter() - began, 1),
            "peak MB of the process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    print("index", report)
    return report


def _opened(path: Path, place: Path) -> dict[str, float]:
    cpu, wall = [], []
    for _ in range(OPENINGS):
        started, began = time.process_time(), time.perf_counter()
        retriever_for(open_corpus(path), place=place)
        cpu.append(time.process_time() - started)
        wall.append(time.perf_counter() - began)
    report = {
        "CPU ms": round(statistics.median(cpu) * 1e3, 2),
        "wall ms": round(statistics.median(wall) * 1e3, 2),
    }
    print(f"opened, median of {OPENINGS}", report)
    return report


def _drawn(
    corpus: StoredCorpus, engine: Bm25, name: str, count: int, size: int, natural: bool
) -> list[str]:
    """Queries of `size` words of single pages, none twice."""
    draw = generator("bench_lexical", name)
    analyzer, index = Analyzer(), engine.index
    frequencies = np.asarray(index.arrays.frequencies)
    frequent = set(np.argsort(-frequencies.astype(np.int64), kind="stable")[:FREQUENT].tolist())
    drawn: dict[str, None] = {}
    for _ in range(100 * count):
        page = corpus.page(int(draw.integers(len(corpus))))
        spoken = analyzer.words(page.text)
        if natural:
            start = int(draw.integers(max(1, len(spoken) - size)))
            words = spoken[start : start + size]
        else:
            numbers = {word: index.term(analyzer.term_of(word)) for word in dict.fromkeys(spoken)}
            rare = [word for word, number in numbers.items() if number not in {None, *frequent}]
            words = [rare[place] for place in draw.permutation(len(rare))[:size].tolist()]
        if len(words) == size and any(map(analyzer.term_of, words)):
            drawn[" ".join(words)] = None
        if len(drawn) == count:
            break
    return list(drawn)


def _rows(corpus: StoredCorpus, engine: Bm25) -> dict[str, Callable[[str], Answer]]:
    """The rows of webenvs: each prepares a query, and returns what is measured."""
    scratch = Scratch(len(corpus))

    def ranking(query: str) -> Answer:
        question, _ = engine.question(query)
        return lambda _query: best(question, HITS, scratch)

    def reads(query: str) -> Answer:
        question, _ = engine.question(query)
        numbers = [number for _, number in best(question, HITS, scratch)]
        return lambda _query: [corpus.face(number) for number in numbers]

    def search(_query: str) -> Answer:
        return lambda query: engine.search(query, HITS)

    return {"search": search, "ranking": ranking, "reads": reads}


def _peers(
    corpus: StoredCorpus, with_rank_bm25: bool
) -> tuple[dict[str, Callable[[str], Answer]], dict[str, Callable[[str], Answer]]]:
    """The rows of the others, as far as they are installed; those apart that are slow."""
    analyzer = Analyzer()
    rows: dict[str, Callable[[str], Answer]] = {}
    slow: dict[str, Callable[[str], Answer]] = {}
    documents = [
        analyzer.terms(page.text) + analyzer.terms(page.title)
        for page in map(corpus.page, range(len(corpus)))
    ]
    if importlib.util.find_spec("bm25s"):
        import bm25s

        backend = "numba" if importlib.util.find_spec("numba") else "numpy"
        eager = bm25s.BM25(method="lucene", k1=1.5, b=0.75, backend=backend)
        started = time.process_time()
        eager.index(documents, show_progress=False)
        print(f"bm25s ({backend}) indexes terms in {time.process_time() - started:.1f} CPU-s")

        def retrieve(query: str) -> Answer:
            terms = [analyzer.terms(query)]
            return lambda _query: eager.retrieve(terms, k=HITS, show_progress=False)

        rows[f"bm25s {backend}"] = retrieve
    else:
        print("bm25s is missing (pip install bm25s): its row is left out")
    if not with_rank_bm25:
        return rows, slow
    from rank_bm25 import BM25Okapi

    okapi = BM25Okapi(documents)

    def rank_bm25(query: str) -> Answer:
        terms = analyzer.terms(query)
        return lambda _query: np.argsort(okapi.get_scores(terms))[::-1][:HITS]

    slow["rank-bm25"] = rank_bm25
    return rows, slow


def _turns(rows: Mapping[str, Callable[[str], Answer]], queries: Sequence[str]) -> dict[str, Times]:
    """The times of every row, which take turns."""
    times = {name: Times([], []) for name in rows}
    for prepared in rows.values():
        for query in queries if len(rows) > 1 else ():
            prepared(query)(query)
    for first in range(0, len(queries), TURN):
        for name, prepared in rows.items():
            for query in queries[first : first + TURN]:
                answer = prepared(query)
                started, began = time.process_time(), time.perf_counter()
                answer(query)
                times[name].cpu.append(time.process_time() - started)
                times[name].wall.append(time.perf_counter() - began)
    return times


def _shown(name: str, times: Mapping[str, Times]) -> dict[str, dict[str, float]]:
    base = statistics.median(times["ranking"].cpu)
    print(f"\n{name:12}{'CPU p50':>10}{'p99':>10}{'wall p50':>10}{'p99':>10}   times the ranking's")
    report = {}
    for row, (cpu, wall) in times.items():
        figures = {
            "cpu_p50_us": statistics.median(cpu) * 1e6,
            "cpu_p99_us": float(np.quantile(cpu, 0.99)) * 1e6,
            "wall_p50_us": statistics.median(wall) * 1e6,
            "wall_p99_us": float(np.quantile(wall, 0.99)) * 1e6,
        }
        ratio = statistics.median(cpu) / base
        numbers = "".join(f"{value:10.0f}" for value in figures.values())
        print(f"  {row:10}{numbers}   {ratio:.2f}")
        report[row] = {figure: round(value, 1) for figure, value in figures.items()}
        report[row]["times_ranking"] = round(ratio, 3)
    return report


def _memory(path: Path, place: Path, queries: Sequence[str], most: int) -> dict[str, Any]:
    """The memory of one process and of `most` at once, in MB."""
    report = {}
    for count in (1, 1, most):  # the first brings all that is read into the machine's memory
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(count)
        with context.Pool(count, _join, (barrier,)) as pool:
            found = pool.starmap(_resident, [(path, place, queries)] * count, chunksize=1)
        report[str(count)] = {
            "private MB each": round(statistics.median(private for private, _ in found), 1),
            "PSS MB together": round(sum(share for _, share in found), 1),
        }
    for count, figures in report.items():
        print(f"memory of {count} process(es)", figures)
    return report


_barriers: list[Any] = []


def _join(barrier: Any) -> None:
    _barriers[:] = [barrier]


def _resident(path: Path, place: Path, queries: Sequence[str]) -> tuple[float, float]:
    """Private memory beyond the interpreter's and PSS, in MB, once all processes have answered."""
    before = _rollup()["Private_Dirty"]
    engine = retriever_for(open_corpus(path), place=place)
    for query in queries:
        engine.search(query, HITS)
    _barriers[0].wait()
    now = _rollup()
    _barriers[0].wait()
    return now["Private_Dirty"] - before, now["Pss"]


def _rollup() -> dict[str, float]:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1e3 for line in lines}


if __name__ == "__main__":
    main()
