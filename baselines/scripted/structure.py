"""The structure ablation: layer-wise, sequential and random growth at equal numbers of atoms.

Reruns, on a generated web and with proofs, what WebShaper (arXiv 2507.15061, sections 3.2.2 and
4.3) compares by training. Results: docs/tasks.md, with the command that made them.
"""

import argparse
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import get_args

from rich.console import Console
from rich.table import Table

from webenvs import catalog, library
from webenvs.bench.run import run
from webenvs.bench.statistics import wilson
from webenvs.cli.progress import bar
from webenvs.corpora.knowledge import Knowledge
from webenvs.errors import SettingError, bad_setting
from webenvs.records import Record, Task
from webenvs.tasks.files import write_tasks
from webenvs.tasks.kp.difficulty import difficulty
from webenvs.tasks.kp.drivers import Strategy, grow, seed_query
from webenvs.tasks.kp.edits import leaves
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import Query
from webenvs.tasks.kp.rules import RuleSettings, check
from webenvs.tasks.kp.shape import topology
from webenvs.tasks.kp.spelling import answer_names
from webenvs.tasks.kp.sufficient import distances, document_cover
from webenvs.tasks.kp.wording import question_of

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
RULES = ("V5", "V6", "V7", "V8")
MOST_SEEDS = 50
"""Seeds tried for one trio of queries before the atom count is given up as too large."""

Trio = dict[Strategy, Query]


class Findings(Record, frozen=True, kw_only=True):
    """What was found of the queries of one strategy; `right` is None if no player played."""

    queries: int
    failing: dict[str, int]
    essential_reach: float
    min_docs: float
    topologies: int
    right: int | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Grow queries from the same seeds by three strategies and print which rules they break."""
    options = _parser().parse_args(arguments)
    console = Console()
    knowledge = library.knowledge(library.corpus(options.corpus))
    trios = _trios(options, knowledge)
    found = {name: _findings(options, knowledge, name, trios) for name in STRATEGIES}
    console.print(_table(options, found))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        command = shlex.join(["python", "-m", "baselines.scripted.structure", *sys.argv[1:]])
        told = {name: _told(findings) for name, findings in found.items()}
        options.out.write_text(json.dumps({"command": command, **told}, indent=2) + "\n")


def trio(knowledge: Knowledge, atoms: int, *key: object) -> Trio:
    """Three queries of that many atoms, grown from one seed; a pure function of its arguments.

    Seeds that some strategy cannot grow so far are passed over. Raises SettingError after 50, and
    for fewer atoms than 3, since seeds have up to 2.
    """
    if atoms < 3:
        raise bad_setting("atoms", atoms, "at least 3")
    for draw in range(MOST_SEEDS):
        seed = seed_query(knowledge, *key, draw)
        grown = {}
        for strategy in STRATEGIES:
            grown[strategy] = grow(knowledge, seed, strategy, atoms=atoms, key=(*key, draw)).query
            if len(grown[strategy].atoms) != atoms:
                break
        else:
            return grown
    raise SettingError(
        f"atoms = {atoms} is not allowed: none of {MOST_SEEDS} seeds of {knowledge.name!r} grows "
        "so far in every strategy; ask for fewer atoms, or take a larger corpus."
    )


def _trios(options: argparse.Namespace, knowledge: Knowledge) -> list[Trio]:
    trios = []
    with bar(Console(stderr=True), "growing", options.queries) as done:
        for number in range(options.queries):
            trios.append(trio(knowledge, options.atoms, options.seed, "structure", number))
            done(1)
    return trios


def _findings(
    options: argparse.Namespace, knowledge: Knowledge, strategy: Strategy, trios: Sequence[Trio]
) -> Findings:
    """The queries of one strategy, each checked by every rule and measured."""
    queries = [grown[strategy] for grown in trios]
    rules = RuleSettings(strict_shortcut=True, reach=options.reach, documents=options.pages)
    broken: list[set[str]] = []
    vectors = []
    with bar(Console(stderr=True), f"checking {strategy}", len(queries)) as done:
        for query in queries:
            broken.append(_broken(knowledge, query, rules))
            vectors.append(difficulty(knowledge, query))
            done(1)
    return Findings(
        queries=len(queries),
        failing={rule: sum(rule in one for one in broken) for rule in RULES},
        essential_reach=mean(vector["essential_reach"] for vector in vectors),
        min_docs=mean(vector["min_docs"] for vector in vectors),
        topologies=len({topology(query) for query in queries}),
        right=_right(options, knowledge, strategy, queries) if options.player else None,
    )


def _broken(knowledge: Knowledge, query: Query, rules: RuleSettings) -> set[str]:
    """The ids of the rules that a query breaks.

    V5 spares seeds, queries of one variable; these have grown, so that it is judged here.
    """
    far = distances(query)
    near = any(far[leaf.place] < rules.near for leaf in leaves(query))
    found = {finding.rule for finding in check(knowledge, query, rules)}
    return found | {"V5"} if near else found


def _right(
    options: argparse.Namespace, knowledge: Knowledge, strategy: Strategy, queries: Sequence[Query]
) -> int:
    """How many of the questions the player answers right."""
    tasks = [_task(knowledge, query, strategy, n) for n, query in enumerate(queries)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{strategy}.jsonl"
        write_tasks(file, tasks)
        scenario = catalog.scenario(
            "Tasks-v0", tasks=str(file), corpus=options.corpus, split="test"
        )
        with bar(Console(stderr=True), f"playing {strategy}", len(tasks)) as done:
            result, _ = run(
                scenario,
                [options.player],
                episodes=len(tasks),
                seed=options.seed,
                workers=options.workers,
                progress=done,
            )
    return sum(row.valid and row.correct == 1.0 for row in result.rows)


def _task(knowledge: Knowledge, query: Query, strategy: Strategy, number: int) -> Task:
    """The query as a task, whether or not it keeps the rules; its answer is an entity."""
    (answer,) = answer_of(knowledge, query)
    name, *aliases = answer_names(knowledge, query, answer)
    return Task(
        question=question_of(knowledge, query, strategy, number),
        answers=(name,),
        aliases={name: tuple(aliases)} if aliases else {},
        evidence=(document_cover(knowledge, query),),
        family="Structure",
        meta={"strategy": strategy, "number": number},
    )


def _table(options: argparse.Namespace, found: dict[Strategy, Findings]) -> Table:
    """A column a strategy; shares in percent with 95 % Wilson intervals."""
    title = f"{options.queries} queries of {options.atoms} atoms each, {options.corpus}"
    table = Table(title=title, box=None, header_style="bold")
    table.add_column("")
    for strategy in found:
        table.add_column(strategy, justify="right")
    every = found.values()
    for rule in RULES:
        shares = (_share(one.failing[rule], one.queries) for one in every)
        table.add_row(f"fail {rule}", *shares)
    table.add_row("mean reach", *(f"{one.essential_reach:.2f}" for one in every))
    table.add_row("mean pages", *(f"{one.min_docs:.2f}" for one in every))
    table.add_row("topologies", *(str(one.topologies) for one in every))
    if options.player:
        rights = (_share(one.right or 0, one.queries) for one in every)
        table.add_row(f"{options.player} right", *rights)
    return table


def _share(count: int, total: int) -> str:
    bounds = wilson(count, total)
    return f"{100 * count / total:.1f} [{100 * bounds.low:.1f}, {100 * bounds.high:.1f}]"


def _told(findings: Findings) -> dict[str, object]:
    return {name: getattr(findings, name) for name in findings.__struct_fields__}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=main.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=(
            "V5: a constant touches the target. V6: constants nearer than --reach suffice.\n"
            "V7: an atom decides nothing. V8: fewer pages than --pages answer the query.\n\n"
            "example: python -m baselines.scripted.structure --corpus medium --player scripted"
        ),
    )
    add = parser.add_argument
    add("--corpus", default="tiny", help="corpus preset, or path with knowledge (%(default)s)")
    add("--queries", type=_positive, default=200, help="queries a strategy (%(default)s)")
    add("--atoms", type=_positive, default=6, help="atoms of each query (%(default)s)")
    add("--reach", type=int, default=2, help="least essential reach of V6 (%(default)s)")
    add("--pages", type=int, default=2, help="fewest pages of V8 (%(default)s)")
    add("--player", default="", help="player that tries the questions, as scripted (none)")
    add("--seed", type=int, default=0, help="seed (%(default)s)")
    add("--workers", type=_positive, default=os.cpu_count() or 1, help="processes of the player")
    add("--out", type=Path, help="file for the counts (JSON)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give at least 1")
    return number


if __name__ == "__main__":
    main()
