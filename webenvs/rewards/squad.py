"""Text metrics under the SQuAD normal form: exact match, token F1 by two rules, substring.

Every metric takes the maximum over the golds and lies in [0, 1]; no gold gives 0.
"""

from collections import Counter
from collections.abc import Sequence

from webenvs.records import Record
from webenvs.rewards import normal

_CLOSED = frozenset({"yes", "no", "noanswer"})


class Overlap(Record, frozen=True):
    """The token overlap of an answer with one gold."""

    f1: float
    precision: float
    recall: float


_NOTHING = Overlap(0.0, 0.0, 0.0)


def exact(answer: str, golds: Sequence[str]) -> float:
    """1.0 if the answer equals a gold after the SQuAD normaliser."""
    said = normal.squad(answer)
    return float(any(said == normal.squad(gold) for gold in golds))


def substring(answer: str, golds: Sequence[str]) -> float:
    """1.0 if the answer contains a gold after the SQuAD normaliser.

    A gold that normalises to nothing is contained only in an answer that does so too.
    """
    said = normal.squad(answer)
    wanted = [normal.squad(gold) for gold in golds]
    return float(any(gold in said if gold else not said for gold in wanted))


def f1(answer: str, golds: Sequence[str]) -> float:
    """Token F1 by HotpotQA's rule: a wrong yes, no or noanswer on either side gives 0."""
    return max((overlap(answer, gold).f1 for gold in golds), default=0.0)


def musique_f1(answer: str, golds: Sequence[str]) -> float:
    """Token F1 by MuSiQue's rule: nothing against nothing gives 1, yes and no are plain words."""
    return max((_musique(answer, gold) for gold in golds), default=0.0)


def overlap(answer: str, gold: str) -> Overlap:
    """Token F1, precision and recall of one pair, as hotpot_evaluate_v1.py computes them."""
    said, wanted = normal.squad(answer), normal.squad(gold)
    if said != wanted and (said in _CLOSED or wanted in _CLOSED):
        return _NOTHING
    return _bag_overlap(said.split(), wanted.split())


def _musique(answer: str, gold: str) -> float:
    said, wanted = normal.squad(answer).split(), normal.squad(gold).split()
    if not said or not wanted:
        return float(said == wanted)
    return _bag_overlap(said, wanted).f1


def _bag_overlap(said: list[str], wanted: list[str]) -> Overlap:
    """Overlap of two bags of tokens, all 0 if they share none."""
    shared = (Counter(said) & Counter(wanted)).total()
    if not shared:
        return _NOTHING
    precision, recall = shared / len(said), shared / len(wanted)
    return Overlap(2 * precision * recall / (precision + recall), precision, recall)
