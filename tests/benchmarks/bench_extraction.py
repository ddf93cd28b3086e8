"""Prints how well and how fast HTML is turned into text, beside other extractors, in one run.

    python tests/benchmarks/bench_extraction.py [--data FOLDER] [--tree FOLDER] [--pages N]
        [--peers-python PATH] [--hostile]

Quality: the cases of mozilla/readability in FOLDER/html_small, each a page and the text expected of
it. Shown are the means over the cases of precision, recall and F1 of the words (multisets, lower
case). Speed: CPU-seconds of one process for N pages drawn from the HTML files below the tree (the
Python documentation, if it is installed), the best of three rounds; webenvs reads titles, links,
languages and dates and keeps headings, lists and tables, the others give text alone. `ratio` is the
speed beside webenvs.

The peers are measured by the interpreter given, or this one. With --hostile the markup of
hostile_markup.py and the texts of hostile_texts.py are read at several sizes, and the slowest are
shown: none may take 2 s.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import extraction_peers
import hostile_markup
import hostile_texts
from selectolax.lexbor import LexborHTMLParser

from webenvs.corpora.html.page import SIZE_LIMIT, extract
from webenvs.corpora.sources.htmltree import MARKUP_LIMIT
from webenvs.corpora.sources.raw import Desk, Media, Raw, made

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WEBENVS_DATA", CHECKOUT.parent / "shared" / "data"))
PYTHON_DOCS = Path("/usr/share/doc/python3.11/html")
PROMISE = 2.0
"""CPU-seconds that no input takes."""
OWN = "webenvs"
HOSTILE: Sequence[tuple[Media, Mapping[str, Callable[[int], str]], Sequence[int]]] = (
    ("html", hostile_markup.FAMILIES, hostile_markup.SIZES),
    ("markdown", hostile_texts.MARKDOWN, hostile_texts.SIZES),
    ("rst", hostile_texts.RST, hostile_texts.SIZES),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="has html_small/readability")
    parser.add_argument("--tree", type=Path, default=PYTHON_DOCS, help="HTML files for the speed")
    parser.add_argument("--pages", type=int, default=100, help="pages of the tree (100)")
    parser.add_argument("--peers-python", default=sys.executable, help="has the peers installed")
    parser.add_argument("--hostile", action="store_true", help="extract hostile markup, too")
    asked = parser.parse_args()
    cases = sorted((asked.data / "html_small" / "readability").glob("*/source.html"))
    _print_tables(cases, _sample(asked.tree, asked.pages), asked.peers_python)
    if asked.hostile:
        _print_hostile()


def _sample(tree: Path, pages: int) -> list[Path]:
    found = sorted(tree.rglob("*.html"))
    return random.Random(0).sample(found, min(pages, len(found)))


def _print_tables(cases: Sequence[Path], pages: Sequence[Path], peers_python: str) -> None:
    paths = [*cases, *pages]
    seconds, texts = extraction_peers.measured(_own, [path.read_bytes() for path in cases])
    speed, _ = extraction_peers.measured(_own, [path.read_bytes() for path in pages])
    rows: dict[str, dict[str, Any]] = {OWN: {"version": "", "texts": texts, "seconds": speed}}
    for name, measured in _peers(peers_python, cases).items():
        rows[name] = {**measured, "seconds": 0.0}
    for name, measured in _peers(peers_python, pages).items():
        rows[name]["seconds"] = measured["seconds"]
    print(f"{len(cases)} cases with expected text ({seconds:.2f} CPU-s for webenvs); ", end="")
    print(f"{len(pages)} of {len(paths)} files for the speed\n")
    print(f"{'':36} precision  recall     F1   pages/CPU-s   ratio")
    for name, row in rows.items():
        quality = [f"{value:9.3f}" for value in _quality(cases, row["texts"])] if cases else []
        rate = len(pages) / row["seconds"] if row["seconds"] else 0.0
        ratio = speed / row["seconds"] if row["seconds"] else 0.0
        label = f"{name} {row['version']}".strip()
        print(f"{label:36}{''.join(quality)} {rate:10.0f} {ratio:8.2f}")
    missing = [name for name in extraction_peers.PEERS if name not in rows]
    if missing:
        print(f"\nNot installed in {peers_python}: {', '.join(missing)}.")


def _own(data: bytes) -> str:
    return extract(data, "https://site.example/page.html").page.text


def _peers(python: str, paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [python, extraction_peers.__file__],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answer


def _quality(cases: Sequence[Path], texts: Sequence[str]) -> tuple[float, ...]:
    """The means over the cases of precision, recall and F1."""
    scores = []
    for case, text in zip(cases, texts, strict=True):
        tree = LexborHTMLParser((case.parent / "expected.html").read_text(encoding="utf-8"))
        expected = _words(tree.body.text(separator=" ") if tree.body else "")
        found = _words(text)
        common = (found & expected).total()
        precision = common / max(1, found.total())
        recall = common / max(1, expected.total())
        scores.append((precision, recall, 2 * common / max(1, found.total() + expected.total())))
    return tuple(sum(column) / len(scores) for column in zip(*scores, strict=True))


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def _print_hostile() -> None:
    built = [
        (f"{media}: {name}", media, build(size).encode("utf-8", "replace"))
        for media, families, sizes in HOSTILE
        for name, build in families.items()
        for size in sizes
    ]
    times = [(_seconds(media, data), name, len(data)) for name, media, data in built]
    times.sort(reverse=True)
    print(f"\n{len(times)} hostile inputs; the slowest:\n")
    for seconds, name, size in times[:20]:
        print(f"{seconds:6.2f} CPU-s  {size:9,} bytes  {name}")
    over = sum(seconds > PROMISE for seconds, _, _ in times)
    print(f"\n{over} took more than {PROMISE} CPU-s.")


def _seconds(media: Media, data: bytes) -> float:
    """CPU-seconds for a page with this content; that it is broken is an answer, too."""
    limit = SIZE_LIMIT if media == "html" else MARKUP_LIMIT
    begin = time.process_time()
    made(Raw("here", "https://site.example/folder/page", data, media), Desk(limit))
    return time.process_time() - begin


if __name__ == "__main__":
    main()
