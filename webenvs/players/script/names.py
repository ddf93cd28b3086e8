"""Names in text: runs of capitalised words, and when two spellings mean one name."""

import re
from functools import lru_cache

from webenvs.players.script.concepts import STOP

_CAPITAL = r"(?:(?:(?:[A-Z]\.)+|(?:St|Dr|Mr|Mrs|Jr)\.)(?= )|[A-ZÀ-Þ][\w'’&-]*)"
_JOINED = r"(?: (?:(?:of|the|for|de|la|du|von|van|der|in|on|at|to|with|a|an) ){1,2})"
_RUN = re.compile(rf"{_CAPITAL}(?:(?: |{_JOINED}){_CAPITAL})*")
_QUOTED = re.compile(r"[\"“]([^\"”]{2,60})[\"”]")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_CALENDAR_WORDS = (
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday "
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays"
)
_CALENDAR = frozenset(_CALENDAR_WORDS.split())
_ADJECTIVES = ("ian", "ean", "ish", "ese", "can", "rman", "utch", "ench", "indi", "oman")
_OPENERS = STOP | frozenset(
    ("take", "consider", "think", "this", "suppose", "according", "besides")
)


def names(text: str) -> list[tuple[int, int, str]]:
    """Names in a sentence as (start, end, name), in order; quoted strings count."""
    found = [(one.start(), one.end(), one.group(1)) for one in _QUOTED.finditer(text)]
    for one in _RUN.finditer(text):
        start, run = _without_opener(
            one.start(), one.group(), first=not text[: one.start()].strip()
        )
        if run.casefold() in _CALENDAR:
            continue
        inside = any(start < end and begin < one.end() for begin, end, _ in found)
        if run and not inside:
            run = run.removesuffix("'s").removesuffix("’s")
            found.append((start, start + len(run), run))
    return sorted(found)


def is_weak(name: str) -> bool:
    """Whether a name is likely to be an adjective, as in "American" or "Dutch"."""
    return " " not in name and name.endswith(_ADJECTIVES)


@lru_cache(maxsize=16384)
def key(name: str) -> str:
    """What two spellings of one name share: no case, article, aside or possessive."""
    plain = _ASIDE.sub("", name).casefold().strip(" .,;:\"'“”")
    for article in ("the ", "a ", "an "):
        plain = plain.removeprefix(article)
    return plain.removesuffix("'s").removesuffix("’s")


def _without_opener(start: int, run: str, *, first: bool) -> tuple[int, str]:
    """The run without function words that only stand at its head because a sentence begins."""
    words = run.split(" ")
    while words and words[0].casefold() in _OPENERS and (first or len(words) == 1):
        if len(words) > 1 and words[0] in ("The", "A", "An") and first:
            break
        start += len(words[0]) + 1
        words = words[1:]
    return start, " ".join(words)
