"""Where a text spells a name or a number, as a whole and not as a part of a longer one."""

import re
from functools import lru_cache

from webenvs.corpora.knowledge import plain


def spans(text: str, name: str) -> list[tuple[int, int]]:
    """Where a text has a name or number as a whole, in this spelling; else in its words alone."""
    found: list[tuple[int, int]] = []
    place = text.find(name) if name else -1
    while place >= 0:
        end = place + len(name)
        if _whole(text, place, end):
            found.append((place, end))
        place = text.find(name, end)
    if found or not name:
        return found
    return [mark.span() for mark in _words(name).finditer(text)] if not name[0].isdigit() else []


@lru_cache(maxsize=4096)
def _words(name: str) -> re.Pattern[str]:
    """The words of a name, whatever their case and whatever stands between them."""
    words = [re.escape(word) for word in plain(name).split()] or ["(?!)"]
    return re.compile(r"(?<!\w)" + r"[\W_]{1,8}".join(words) + r"(?!\w)", re.IGNORECASE)


def _whole(text: str, start: int, end: int) -> bool:
    """Whether characters `start` to `end` are not a part of a longer word or number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if (before and _is_letter(before[-1])) or (after and _is_letter(after[0])):
        return False
    if text[start].isdigit() and len(before) == 2 and before[1] in ",." and before[0].isdigit():
        return False
    return not (
        text[end - 1].isdigit() and len(after) == 2 and after[0] in ",." and after[1].isdigit()
    )


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"
