"""How much a label or a sentence has to do with a question: the concepts that both speak of."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

from webenvs.players.script.concepts import labels

_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """What the words of a text are about, in order: families of words, or stems."""
    found = (word.lower() for word in _WORD.findall(text))
    return tuple(label for word in found for label in sorted(labels(word)))


def rarity(texts: Iterable[str]) -> Counter[str]:
    """In how many of the texts each concept occurs."""
    return Counter(word for text in texts for word in set(words(text)))


def shared(text: str, asked: Collection[str], seen: Counter[str] | None = None) -> float:
    """How many of `asked` the text speaks of; what was seen in n texts counts 1 / (1 + n)."""
    common = set(words(text)).intersection(asked)
    return sum(1.0 if seen is None else 1.0 / (1 + seen[word]) for word in sorted(common))
