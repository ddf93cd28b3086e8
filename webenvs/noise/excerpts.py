"""What a hit shows of a page that no engine has cut a snippet from."""

import re

_WIDTH = 240
_READ = 8_000
"""Only so many first characters of a page are looked at: noise must stay cheap."""
_WORD = re.compile(r"\w+")


def flat(text: str, limit: int = _READ) -> str:
    """The first `limit` characters of `text` with one blank for every run of white space."""
    return " ".join(text[:limit].split())


def beginning(text: str, width: int = _WIDTH) -> str:
    """The beginning of `text` on one line, at most `width` characters and a mark where it ends."""
    return passage(flat(text, 2 * width), 0, width)


def about(text: str, query: str, width: int = _WIDTH) -> str:
    """At most `width` characters around the longest word of `query` that `text` has."""
    line = flat(text)
    lowered = line.lower()
    for word in sorted(set(_WORD.findall(query.lower())), key=lambda word: (-len(word), word)):
        at = lowered.find(word)
        if at >= 0:
            return passage(line, max(0, min(at - width // 2, len(line) - width)), width)
    return passage(line, 0, width)


def passage(line: str, start: int, width: int = _WIDTH) -> str:
    """At most `width` characters of `line` from `start` on, whole words if there are blanks.

    "…" stands on a side where something was left out.
    """
    end = start + width
    if start > 0 and line[start - 1] != " ":
        start = line.find(" ", start, end) + 1 or start
    if end < len(line):
        blank = line.rfind(" ", start + 1, end + 1)
        end = blank if blank > 0 else end
    head = "… " if start > 0 else ""
    tail = " …" if end < len(line) else ""
    return f"{head}{line[start:end].strip()}{tail}"
