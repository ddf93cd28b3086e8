"""Normal forms: the spellings under which two answers count as the same text."""

import re
import string
import unicodedata
from collections.abc import Sequence

ARTICLES = frozenset({"a", "an", "the"})

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def squad(text: str) -> str:
    """The normal form of SQuAD, HotpotQA, 2WikiMultihopQA, MuSiQue and Search-R1.

    Lower case, ASCII punctuation deleted, the words a, an, the replaced by a blank, blanks
    collapsed. Accents, curly quotes and other scripts stay as they are.
    """
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLE.sub(" ", bare).split())


def extended(text: str) -> str:
    """The normal form of the default metric: NFKC, case folded, no punctuation, no articles.

    Punctuation is ASCII punctuation and every character of a Unicode category P. A text that would
    vanish keeps its articles, and if it still vanishes its punctuation, so that "A" and "The", or
    "+" and "-", stay different answers.
    """
    if text.isascii():  # the same by a shorter way: nothing to fold but letters
        folded = text.lower()
        bare = folded.translate(_NO_PUNCTUATION)
    else:
        folded = _folded(text)
        bare = _folded("".join(char for char in folded if not _is_punctuation(char)))
    words = bare.split()
    kept = [word for word in words if word not in ARTICLES]
    return " ".join(kept or words or folded.split())


def normalised(answer: str, golds: Sequence[str]) -> float:
    """1.0 if the answer equals a gold in the extended normal form."""
    said = extended(answer)
    return float(any(said == extended(gold) for gold in golds))


def _folded(text: str) -> str:
    """`text` without differences of case and of compatible characters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_punctuation(char: str) -> bool:
    return char in string.punctuation or unicodedata.category(char).startswith("P")
