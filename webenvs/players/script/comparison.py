"""Questions that compare two named things: which of the two, or whether both."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from webenvs.players.script.clues import Hop, clues, hop_of
from webenvs.players.script.names import names
from webenvs.players.script.notes import Statement, overlap, values

_EARLY = re.compile(r"\b(?:first|earlier|earliest|older|oldest|before)\b", re.IGNORECASE)
_LATE = re.compile(r"\b(?:later|latest|younger|youngest|newer|newest|last|after)\b", re.IGNORECASE)
_MORE = re.compile(r"\b(?:more|most|larger|largest|bigger|longer|higher|taller|greater)\b", re.I)
_LESS = re.compile(r"\b(?:fewer|fewest|less|least|smaller|smallest|shorter|lower)\b", re.I)
_OR = re.compile(r"\bor\b")


class Comparison(NamedTuple):
    """Two names, what is asked of them, and how: by a scale, by fit, or for yes or no."""

    names: tuple[str, str]
    hop: Hop
    scale: str
    lowest: bool

    def answer(self, one: Sequence[Statement], other: Sequence[Statement]) -> str:
        """What the statements about each say: one of the names, or yes or no."""
        if self.scale == "yesno":
            return "yes" if min(self._fit(one), self._fit(other)) >= 0.5 else "no"
        if self.scale == "fit":
            return self.names[self._fit(other) > self._fit(one)]
        first, second = self._value(one), self._value(other)
        if first is None or second is None:
            return self.names[first is None and second is not None]
        return self.names[(second < first) if self.lowest else (second > first)]

    def _fit(self, statements: Sequence[Statement]) -> float:
        """The share of the asked words that the statements are about."""
        if not self.hop.about:
            return 0.5
        said = frozenset().union(*[one.about for one in statements])
        return sum(bool(meant & said) for meant in self.hop.about) / len(self.hop.about)

    def _value(self, statements: Sequence[Statement]) -> float | None:
        """The year or number in the statement that is most about what is asked."""
        found = [one for one in statements if values(one.text, self.scale)]
        if not found:
            return None
        best = max(found, key=lambda one: overlap(self.hop, one, own=True))
        return float(re.sub(r"[^\d.]", "", values(best.text, self.scale)[0]).strip(".") or 0)


def comparison(question: str) -> Comparison | None:
    """The comparison that a question asks for, or None."""
    named = names(question)
    if len(named) < 2:
        return None
    yesno = clues(question).wants == "yesno"
    pairs = list(pairwise(named))
    chosen = next((pair for pair in pairs if _OR.search(question[pair[0][1] : pair[1][0]])), None)
    if chosen is None and not yesno:
        return None
    one, other = chosen or (named[0], named[1])
    rest = f"{question[: one[0]]} {question[one[1] : other[0]]} {question[other[1] :]}"
    scale = "yesno" if yesno and chosen is None else _scale(rest)
    lowest = bool(_EARLY.search(rest) or _LESS.search(rest))
    return Comparison((one[2], other[2]), hop_of(rest), scale, lowest)


def _scale(rest: str) -> str:
    if _EARLY.search(rest) or _LATE.search(rest):
        return "year"
    return "number" if _MORE.search(rest) or _LESS.search(rest) else "fit"
