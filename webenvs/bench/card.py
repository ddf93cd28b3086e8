"""A task file described: counts, difficulty, shortcuts, twins, what players without skill get."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from webenvs.bench.histogram import histogram
from webenvs.bench.statistics import wilson
from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import plain
from webenvs.records import Record, Task
from webenvs.rewards.answer import score
from webenvs.search.retriever import Retriever

TOPS = (1, 5, 10)
"""Numbers of hits among which an answer page is looked for."""
_PICTURES = (
    ("fetches", "pages to open"),
    ("atoms", "facts"),
    ("essential_reach", "facts between the answer and what the question names"),
    ("depth", "longest chain"),
    ("question_words", "words of the question"),
)
_TWINS = 5


class Card(Record, frozen=True, kw_only=True):
    """What is measured of a task file; rates are counts of tasks.

    `found[k]`: the question as a query puts a page with the answer into the first k hits.
    `closed_book`: the commonest answer of its kind among the other half of the tasks is right.
    `snippet_only`: the answer stands in a snippet of one search. `first_hit`: the first title is
    right. `leaks`: an answer stands in the question. `near_constant`: something named one fact from
    the answer suffices.
    """

    tasks: int
    families: dict[str, int]
    levels: dict[str, int]
    splits: dict[str, int]
    answer_types: dict[str, int]
    found: dict[int, int]
    closed_book: int
    snippet_only: int
    first_hit: int
    leaks: int
    near_constant: int
    topologies: int
    shapes: int
    twins: int
    same_evidence: int
    difficulty: dict[str, tuple[float, ...]]
    commonest: tuple[tuple[str, int], ...]


def measure(
    tasks: Sequence[Task],
    corpus: Corpus,
    retriever: Retriever,
    progress: Callable[[int], None] | None = None,
) -> Card:
    """The card of these tasks over their corpus; one search a task."""
    found = dict.fromkeys(TOPS, 0)
    snippet_only = first_hit = 0
    for task in tasks:
        hits = retriever.search(task.question, max(TOPS))
        names = [plain(name) for name in _names(task)]
        texts = [_page_words(corpus, hit.url) for hit in hits]
        for top in TOPS:
            found[top] += any(name in text for text in texts[:top] for name in names)
        snippet_only += any(name in plain(hit.snippet) for hit in hits[:5] for name in names)
        first_hit += bool(hits) and score(task, hits[0].title) == 1.0
        if progress:
            progress(1)
    meta = [task.meta for task in tasks]
    return Card(
        tasks=len(tasks),
        families=_counts(task.family for task in tasks),
        levels=_counts(str(one.get("level", "")) for one in meta),
        splits=_counts(task.split for task in tasks),
        answer_types=_counts(task.answer_type for task in tasks),
        found=found,
        closed_book=_closed_book(tasks),
        snippet_only=snippet_only,
        first_hit=first_hit,
        leaks=sum(any(plain(n) in plain(task.question) for n in _names(task)) for task in tasks),
        near_constant=sum(task.difficulty.get("essential_reach", 2) < 2 for task in tasks),
        topologies=len({one.get("topology") for one in meta}),
        shapes=len({one.get("shape") for one in meta}),
        twins=len(tasks) - len({task.question for task in tasks}),
        same_evidence=len(tasks) - len({task.evidence[:1] for task in tasks}),
        difficulty=_difficulty(tasks),
        commonest=tuple(Counter(task.answers[0] for task in tasks).most_common(_TWINS)),
    )


def write(card: Card, folder: Path, name: str) -> Path:
    """Write the card as README.md with its pictures into `folder`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for field, meaning in _PICTURES:
        values = card.difficulty.get(field)
        if values:
            (folder / f"{field}.svg").write_text(histogram(values, meaning), encoding="utf-8")
            pictures.append(f"![{meaning}]({field}.svg)")
    path = folder / "README.md"
    path.write_text("\n".join([*_lines(card, name), "", *pictures]) + "\n", encoding="utf-8")
    return path


def _lines(card: Card, name: str) -> list[str]:
    rows = [
        ("a page with the answer is the first hit", card.found[1]),
        ("... is among the first 5 hits", card.found[5]),
        ("... is among the first 10 hits", card.found[10]),
        ("closed book: the commonest answer of its kind is right", card.closed_book),
        ("snippets only: the answer stands in a snippet of one search", card.snippet_only),
        ("first hit: the first title is the answer", card.first_hit),
        ("the answer stands in the question", card.leaks),
        ("what is named one fact from the answer suffices", card.near_constant),
        ("the question comes twice", card.twins),
        ("another task has the same first set of pages", card.same_evidence),
    ]
    lines = [f"# {name}", "", f"{card.tasks} tasks."]
    for heading, counts in (
        ("families", card.families),
        ("levels", card.levels),
        ("splits", card.splits),
        ("answers", card.answer_types),
    ):
        lines.append(f"{heading}: " + ", ".join(f"{key} {n}" for key, n in counts.items()) + ".")
    lines.append(f"graphs: {card.topologies} topologies, {card.shapes} labelled shapes.")
    told = ", ".join(f"{answer} ({count})" for answer, count in card.commonest)
    lines += [f"commonest answers: {told}.", "", "| what | tasks | share, 95 % interval |"]
    lines.append("|---|---:|---|")
    lines += [f"| {what} | {count} | {_share(count, card.tasks)} |" for what, count in rows]
    return lines


def _share(count: int, total: int) -> str:
    bounds = wilson(count, total)
    return f"{100 * count / total:.1f} % [{100 * bounds.low:.1f}, {100 * bounds.high:.1f}]"


def _names(task: Task) -> tuple[str, ...]:
    return (*task.answers, *(name for names in task.aliases.values() for name in names))


def _page_words(corpus: Corpus, url: str) -> str:
    index = corpus.index(url)
    return "" if index is None else plain_page(corpus, index)


def plain_page(corpus: Corpus, index: int) -> str:
    """The words of a page, title and text."""
    page = corpus.page(index)
    return plain(f"{page.title}\n{page.text}")


def _closed_book(tasks: Sequence[Task]) -> int:
    """Tasks whose answer is the commonest of those in the other half that ask for the same thing.

    Every second task is a half; each half is answered by what the other one teaches.
    """
    right = 0
    for taught, asked in ((tasks[::2], tasks[1::2]), (tasks[1::2], tasks[::2])):
        groups: defaultdict[object, Counter[str]] = defaultdict(Counter)
        for task in taught:
            groups[_kind(task)][task.answers[0]] += 1
        best = {kind: counts.most_common(1)[0][0] for kind, counts in groups.items()}
        right += sum(best.get(_kind(task)) == task.answers[0] for task in asked)
    return right


def _kind(task: Task) -> object:
    """What tells a closed-book player which answers are likely: the relation asked for."""
    return task.meta.get("asked", task.answer_type)


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _difficulty(tasks: Sequence[Task]) -> dict[str, tuple[float, ...]]:
    """Every field of the difficulty vectors with the values of all tasks."""
    fields = sorted({name for task in tasks for name in task.difficulty})
    return {name: tuple(task.difficulty.get(name, 0.0) for task in tasks) for name in fields}
