"""Builds a corpus with knowledge from real pages: `python -m baselines.real_facts.build peps`.

`--data` is the folder of public data files, `--out` the folder to write: the corpus, with what its
pages state stored beside it, in OUT/corpus, and the same as rows in OUT/facts.jsonl. Tasks are made
from the corpus as from a generated one.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from baselines.real_facts import factbook, peps, worldcup
from baselines.real_facts.collected import Collected
from webenvs.corpora import store
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Knowledge
from webenvs.corpora.triples import read_knowledge

SOURCES: Mapping[str, Callable[[Path], Collected]] = {
    "factbook": factbook.collect,
    "peps": peps.collect,
    "worldcup": worldcup.collect,
}
FACTS = "facts.jsonl"


def main(arguments: Sequence[str] | None = None) -> None:
    """Build one source and say what came of it."""
    options = _parser().parse_args(arguments)
    collected = SOURCES[options.source](options.data)
    knowledge = build(options.source, collected, options.out)
    print(summary(knowledge))
    for what, count in sorted(collected.left_out.items()):
        print(f"  left out: {count} x {what}")
    print(f"Corpus with knowledge: {options.out / 'corpus'}")


def build(name: str, collected: Collected, out: Path) -> Knowledge:
    """Write pages, facts and knowledge into `out`, for what was there before; returns the last."""
    store.write(iter(collected.pages), out / "corpus", name, overwrite=True)
    write_rows(collected, out / FACTS)
    knowledge = read_knowledge(out / FACTS, store.open_corpus(out / "corpus"), name=name)
    store.attach_knowledge(out / "corpus", knowledge)
    return knowledge


def knowledge_of(name: str, data: Path, out: Path) -> Knowledge:
    """The knowledge of a source over pages in memory; its rows are written to `out`."""
    collected = SOURCES[name](data)
    write_rows(collected, out)
    return read_knowledge(out, MemoryCorpus(collected.pages, name), name=name)


def write_rows(collected: Collected, path: Path) -> None:
    """Write the rows as JSON Lines; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(msgspec.json.Encoder().encode_lines(list(collected.rows)))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def summary(knowledge: Knowledge) -> str:
    """One line: how many pages, entities, relations and facts there are."""
    return (
        f"{knowledge.name}: {len(knowledge.corpus)} pages, {len(knowledge.entities)} entities, "
        f"{len(knowledge.relations)} relations, {len(knowledge.facts)} facts"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baselines.real_facts.build", description=__doc__
    )
    parser.add_argument("source", choices=sorted(SOURCES))
    parser.add_argument("--data", type=Path, required=True, help="folder of public data files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    return parser


if __name__ == "__main__":
    main()
