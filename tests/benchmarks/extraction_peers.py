"""The peers' side of bench_extraction.py: the text that other extractors read out of HTML files.

Runs under the interpreter that has the peers installed and needs nothing of webenvs. Reads paths of
HTML files, one a line, from standard input; prints one JSON object: for each extractor that is
installed its version, CPU-seconds for all files (the best of some rounds), and the texts.
"""

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
UNWANTED = ["script", "style", "noscript", "nav", "header", "footer", "aside"]
"""What the plain selectolax extractor removes."""

Extractor = Callable[[bytes], str]


def trafilatura_text() -> Extractor:
    """Trafilatura with its default settings."""
    import trafilatura

    return lambda data: trafilatura.extract(data) or ""


def resiliparse_main() -> Extractor:
    """Resiliparse, asked for the main content, lists and tables kept."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str

    return lambda data: extract_plain_text(bytes_to_str(data), main_content=True)


def resiliparse_all() -> Extractor:
    """Resiliparse, asked for all text."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str

    return lambda data: extract_plain_text(bytes_to_str(data), main_content=False)


def selectolax_plain() -> Extractor:
    """The fewest lines that use selectolax: strip some tags, take the text; no structure kept."""
    from selectolax.lexbor import LexborHTMLParser

    def text(data: bytes) -> str:
        tree = LexborHTMLParser(data)
        tree.strip_tags(UNWANTED)
        return tree.body.text(separator=" ") if tree.body else ""

    return text


PEERS: dict[str, tuple[str, Callable[[], Extractor]]] = {
    "selectolax, plain": ("selectolax", selectolax_plain),
    "resiliparse, all text": ("resiliparse", resiliparse_all),
    "resiliparse, main content": ("resiliparse", resiliparse_main),
    "trafilatura": ("trafilatura", trafilatura_text),
}


def measured(
    extract: Extractor, files: list[bytes], rounds: int = ROUNDS
) -> tuple[float, list[str]]:
    """CPU-seconds for all files, the best of some rounds, and their texts."""
    best, texts = float("inf"), [""] * len(files)
    for _ in range(rounds):
        begin = time.process_time()
        texts = [extract(data) for data in files]
        best = min(best, time.process_time() - begin)
    return best, texts


def main() -> None:
    """Measure every peer that is installed."""
    files = [Path(line.rstrip("\n")).read_bytes() for line in sys.stdin]
    answer = {}
    for name, (package, build) in PEERS.items():
        try:
            version = importlib.metadata.version(package)
            seconds, texts = measured(build(), files)
        except ImportError:
            continue
        answer[name] = {"version": version, "seconds": seconds, "texts": texts}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
