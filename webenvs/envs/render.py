"""An episode as text for people."""

from webenvs.envs.session import Session
from webenvs.text import clip

RENDER_MODES = ["ansi", "human"]

_SHOWN = 600


def show_session(session: Session, mode: str | None) -> str | None:
    """The transcript so far: returned for "ansi", printed for "human", None without a mode."""
    if mode is None:
        return None
    lines = [f"Task {session.task.id}: {session.task.question}"]
    if session.state.start is not None:
        lines.append(f"   start: {clip(session.state.start.text, _SHOWN)}")
    for turn in session.state.turns:
        lines.append(f"-> {turn.player}: {clip(turn.message, _SHOWN)}")
        lines += [
            f"   {result.tool} {result.status}: {clip(result.content, _SHOWN)}"
            for result in turn.results
        ]
    if session.state.end is not None:
        lines.append(f"End: {session.state.end}, answer: {session.state.answer!r}")
    text = "\n".join(lines)
    if mode == "ansi":
        return text
    print(text)
    return None
