"""Episodes of the same questions side by side as HTML: by the policy before, and after training."""

import html
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.grpo.show.results import AFTER, BEFORE
from webenvs.episodes import read_episodes
from webenvs.records import Episode, FrameRecord, Result, Turn
from webenvs.text import clip, printable

STYLE = """
td.words { white-space: normal; min-width: 12rem; }
.beside { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 2rem; }
.beside h4 { margin: 0 0 .5rem; font-size: .875rem; font-weight: 600; }
.right { color: var(--p2); } .wrong { color: var(--p1); }
.sample { margin-top: 2rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
.sample > h3 { margin-bottom: .75rem; }
.turn { margin: 0 0 .6rem; font-size: .8125rem; }
.turn .who { margin: 0; color: var(--muted); }
.turn pre { margin: .15rem 0 .3rem; padding: .5rem .75rem; font-size: .75rem; line-height: 1.5; }
.turn details { margin: 0 0 .2rem; color: var(--muted); }
.turn summary { cursor: pointer; }
.worker { margin: 0 0 .6rem; padding-left: .9rem; border-left: 3px solid var(--rule); }
@media (max-width: 46rem) { .beside { grid-template-columns: minmax(0, 1fr); gap: 1.25rem; } }
"""
_MESSAGE = 2000
_RESULT = 1200
_TURNS = 60

Pair = tuple[Episode | None, Episode | None]


def pairs(out: Path) -> Sequence[Pair]:
    """(before, after) of every sampled question of a run, in the order they were played."""
    before, after = _episodes(out / BEFORE), _episodes(out / AFTER)
    keys = list(dict.fromkeys([*before, *after]))
    return [(before.get(key), after.get(key)) for key in keys]


def beside(pair: Pair) -> str:
    """A question with its episodes before and after; all text of players is escaped."""
    known = next(one for one in pair if one is not None)
    columns = "".join(
        _column(label, one) for label, one in zip(("Before", "After"), pair, strict=True)
    )
    question = _plain(known.frames[0].request if known.frames else known.task, _RESULT)
    return f'<div class="sample"><h3>{question}</h3>\n<div class="beside">{columns}</div></div>'


def right(episode: Episode) -> bool | None:
    """Whether the answer of an episode was right; None where no reward term says so."""
    if not episode.frames:
        return None
    score = episode.terms.get(episode.frames[0].player, {}).get("answer")
    return None if score is None else score >= 1


def _episodes(path: Path) -> dict[tuple[str, int], Episode]:
    found = read_episodes(path) if path.exists() else []
    return {(one.task, one.seed): one for one in found}


def _column(label: str, episode: Episode | None) -> str:
    if episode is None:
        return f"<div><h4>{label}</h4><p>not played</p></div>"
    good = right(episode)
    verdict = {True: "right", False: "wrong", None: "not scored"}[good]
    kind = {True: "right", False: "wrong", None: "note"}[good]
    answer = "no answer" if episode.answer is None else f"“{_plain(episode.answer, 200)}”"
    counted = f"{len(episode.turns)} messages, {len(episode.frames) - 1} workers"
    head = f'<h4>{label}: <span class="{kind}">{verdict}</span>, {answer}; {counted}</h4>'
    return f"<div>{head}{''.join(_frame(episode, 0))}</div>"


def _frame(episode: Episode, index: int) -> Iterator[str]:
    """The messages of a frame, each followed by the frames of the workers that it called."""
    turns = [turn for turn in episode.turns if turn.frame == index]
    frames = {frame.index: frame for frame in episode.frames}
    children = [frame for frame in episode.frames if frame.parent == index]
    for turn in turns[:_TURNS]:
        yield _turn(turn, frames.get(index))
        calls = {call.id for call in turn.calls}
        for child in [child for child in children if child.call in calls]:
            yield _worker(episode, child)
    if len(turns) > _TURNS:
        yield f'<p class="note">{len(turns) - _TURNS} further messages</p>'


def _worker(episode: Episode, frame: FrameRecord) -> str:
    asked = f"worker {frame.index}, asked: {_plain(frame.request, _RESULT)}"
    told = "no report" if frame.report is None else f"reported: {_plain(frame.report, _RESULT)}"
    inside = "".join(_frame(episode, frame.index))
    return (
        f'<div class="worker"><p class="turn who">{asked}</p>{inside}'
        f'<p class="turn who">worker {frame.index} {told}</p></div>'
    )


def _turn(turn: Turn, frame: FrameRecord | None) -> str:
    role = "researcher" if frame is None else frame.role
    errors = f" ({_plain('; '.join(turn.errors), 200)})" if turn.errors else ""
    closing = ", asked to close" if turn.closing else ""
    return (
        f'<div class="turn"><p class="who">{html.escape(role)}{closing}{errors}</p>'
        f"<pre>{_plain(turn.message, _MESSAGE)}</pre>"
        f"{''.join(_result(result) for result in turn.results)}</div>"
    )


def _result(result: Result) -> str:
    noise = f", noise: {_plain(', '.join(result.noise), 100)}" if result.noise else ""
    head = f"{_plain(result.tool, 60)}: {result.status}, {len(result.content):,} characters{noise}"
    return (
        f"<details><summary>{head}</summary><pre>{_plain(result.content, _RESULT)}</pre></details>"
    )


def _plain(text: str, limit: int) -> str:
    """A player's text, clipped, printable and escaped."""
    return html.escape(clip(printable(text), limit), quote=True)
