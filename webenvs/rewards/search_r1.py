"""Search-R1's scorers of a whole rollout text, prompt included (not of a bare answer).

For a bare answer the same rules are `exact` and `substring` of the SQuAD normal form.
Source: PeterGriffinJin/Search-R1, verl/utils/reward_score/qa_em.py and its two variants.
"""

import re
from collections.abc import Sequence

from webenvs.rewards import normal

PROMPT_ANSWERS = 2
"""The prompt of Search-R1 shows two answer pairs, so fewer in a text mean that nothing was said."""

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_INFORMATION = re.compile(r"<information>(.*?)</information>", re.DOTALL)
_TAG = re.compile(r"(</?(?:think|search|information|answer)>)")
_ASSISTANT = re.compile(r"<\|im_start\|>assistant\s*")
_SPAM = 10

_NEXT = {
    ("start", "<think>"): "thinking",
    ("informed", "<think>"): "thinking",
    ("thinking", "</think>"): "thought",
    ("thought", "<search>"): "searching",
    ("searching", "</search>"): "searched",
    ("searched", "<information>"): "informing",
    ("informing", "</information>"): "informed",
    ("thought", "<answer>"): "answering",
    ("answering", "</answer>"): "end",
}
_INSIDE = frozenset({"thinking", "searching", "informing", "answering"})


def extracted(text: str, needed: int = PROMPT_ANSWERS) -> str | None:
    """The last answer pair of the whole text, stripped; None with fewer than `needed` pairs.

    The second pair of Search-R1's own prompt is "Beijing": a rollout without an answer is scored
    as if it had said so.
    """
    found = _ANSWER.findall(text)
    return found[-1].strip() if len(found) >= needed else None


def em(text: str, golds: Sequence[str], format_score: float = 0.0) -> float:
    """qa_em: 1 if the extracted answer equals a gold, else `format_score`; 0 without an answer."""
    said = extracted(text)
    if said is None:
        return 0.0
    return 1.0 if _equal(said, golds) else format_score


def subem(text: str, golds: Sequence[str], format_score: float = 0.0) -> float:
    """qa_em with "a normalised gold is a substring of the answer" for equality."""
    said = extracted(text)
    if said is None:
        return 0.0
    return 1.0 if _contains(said, golds) else format_score


def verl_em(text: str, golds: Sequence[str], format_score: float = 0.0) -> float:
    """The verl and MATPO copy of qa_em.

    One pair is enough, and a right answer counts a quarter when more than ten opening or closing
    answer tags occur.
    """
    said = extracted(text, needed=1)
    if said is None:
        return 0.0
    if not _equal(said, golds):
        return format_score
    spam = max(text.count("<answer>"), text.count("</answer>")) > _SPAM
    return 0.25 if spam else 1.0


def format_em(
    text: str,
    golds: Sequence[str],
    structure: float = 0.2,
    retrieval: float = 0.1,
    final: float = 0.1,
) -> float:
    """qa_em_format: the answer and the order of the tags in one number.

    Right: 1, less `structure` if the format is invalid. Wrong or no answer in a valid format:
    `structure`, plus `retrieval` if a gold stands in an information block. Wrong in an invalid
    format: `final`; no answer in an invalid format: 0.
    """
    said, valid = extracted(text), valid_format(text)
    if said is not None and _equal(said, golds):
        return 1.0 if valid else 1.0 - structure
    if valid:
        return structure + (retrieval if _retrieved(text, golds) else 0.0)
    return 0.0 if said is None else final


def valid_format(text: str) -> bool:
    """Whether the assistant's part is think, search, information, think, ..., answer.

    Tags must balance and only blanks may stand between them.
    """
    opening = _ASSISTANT.search(text)
    if opening is None:
        return False
    state = "start"
    for part in _TAG.split(text[opening.end() :]):
        if _TAG.fullmatch(part):
            state = _NEXT.get((state, part), "broken")
        elif part.strip() and state not in _INSIDE:
            return False
    return state == "end"


def _equal(said: str, golds: Sequence[str]) -> bool:
    return normal.squad(said) in {normal.squad(gold) for gold in golds}


def _contains(said: str, golds: Sequence[str]) -> bool:
    plain = normal.squad(said)
    return any(normal.squad(gold) in plain for gold in golds)


def _retrieved(text: str, golds: Sequence[str]) -> bool:
    return any(_contains(block, golds) for block in _INFORMATION.findall(text))
