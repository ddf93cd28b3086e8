"""Set metrics: how well the members that an answer lists are those of the gold set."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from webenvs.rewards import normal

Aliases = Mapping[str, Sequence[str]]
NO_ALIASES: Aliases = MappingProxyType({})

LONGEST = 20_000
"""Characters of a plain text that are read; a longer one is no list of members."""

_SEPARATOR = re.compile(r"[;,、\n]|\band\b", re.IGNORECASE)


def set_f1(answer: str, golds: Sequence[str], aliases: Aliases = NO_ALIASES) -> float:
    """Soft F1 between the members the answer lists and the gold members.

    Members match one to one by their extended normal form or that of an alias. Members listed
    twice in one spelling count once. The answer is a JSON list, or a text whose members are parted
    by ";", ",", line ends or "and"; a gold member that holds such a mark itself ("Bosnia and
    Herzegovina") is found whole.
    """
    wanted = _spellings(golds, aliases)
    said = _listed(answer, wanted)
    matched = _matched(said, [set(map(normal.extended, forms)) for forms in wanted])
    return 2 * matched / (len(said) + len(wanted)) if matched else 0.0


def set_exact(answer: str, golds: Sequence[str], aliases: Aliases = NO_ALIASES) -> float:
    """1.0 if the answer lists all gold members and nothing else."""
    return float(set_f1(answer, golds, aliases) == 1.0)


def _spellings(golds: Sequence[str], aliases: Aliases) -> list[tuple[str, ...]]:
    """All spellings of each distinct gold member."""
    members: dict[str, tuple[str, ...]] = {}
    for gold in golds:
        form = normal.extended(gold)
        members[form] = (*members.get(form, ()), gold, *aliases.get(gold, ()))
    return list(members.values())


def _listed(answer: str, wanted: Sequence[Sequence[str]]) -> list[str]:
    """The distinct normal forms of the members an answer lists, in order."""
    try:
        items = msgspec.json.decode(answer, type=list[str | int | float])
        forms = [normal.extended(str(item)) for item in items]
    except (msgspec.DecodeError, UnicodeEncodeError):
        forms = _parted(answer, [spelling for member in wanted for spelling in member])
    return [form for form in dict.fromkeys(forms) if form]


def _parted(answer: str, spellings: Sequence[str]) -> list[str]:
    """The members of a plain text: at each place the longest that is gold, else one piece."""
    known = {normal.extended(spelling) for spelling in spellings}
    longest = max(
        [1, *(len(_pieces(name)) for name in spellings), *(len(name.split()) for name in spellings)]
    )
    text = unicodedata.normalize("NFKC", answer[:LONGEST])
    pieces, forms, place = _pieces(text), [], 0
    while place < len(pieces):
        start = pieces[place][0]
        joined = [normal.extended(text[start:end]) for _, end in pieces[place : place + longest]]
        taken = max((count for count, form in enumerate(joined, 1) if form in known), default=1)
        forms.append(joined[taken - 1])
        place += taken
    return forms


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where the non-blank pieces between separators begin and end."""
    ends = [*_SEPARATOR.finditer(text)]
    starts = [0, *(mark.end() for mark in ends)]
    stops = [*(mark.start() for mark in ends), len(text)]
    spans = zip(starts, stops, strict=True)
    return [(start, stop) for start, stop in spans if text[start:stop].strip()]


def _matched(said: Sequence[str], wanted: Sequence[set[str]]) -> int:
    """The size of the largest one-to-one matching (augmenting paths)."""
    choices = [[place for place, forms in enumerate(wanted) if form in forms] for form in said]
    taken: dict[int, int] = {}

    def placed(item: int, seen: set[int]) -> bool:
        for place in choices[item]:
            if place in seen:
                continue
            seen.add(place)
            if place not in taken or placed(taken[place], seen):
                taken[place] = item
                return True
        return False

    return sum(placed(item, set()) for item in range(len(said)))
