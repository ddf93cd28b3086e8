r"""From text to index terms: words, lower case, stop words, stems, by one of a table of analyzers.

A word is a maximal run of `\w` characters of the NFKC form of the text in lower case. Lower case
is chosen over case folding because it keeps every character's place, so that snippets can be cut
from the page as it is written. What differs from that is said in `scripts`.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import Stemmer

from webenvs.errors import unknown_name
from webenvs.search.scripts import Script, marked, multilingual, plain
from webenvs.seeding import digest

VERSION = 1
"""Raised whenever the same text would give other terms."""

WORD_CHARACTERS = 64
"""Only so many first characters of a word tell it from others."""

QUERY_CHARACTERS = 4_096
"""Only so many first characters of a query are read."""

QUERY_WORDS = 1_024
"""Only so many first words of a query are read; it also keeps every score below 2**31."""

_LONG = 2_048
_PIECE = 256
_MEMO_WORDS = 32_768
_CANARIES = (
    "dying generously hoping hopping flies possibility relational biologist geologists past "
    "evening inter internal university universal sensibility agreed luxuriating skis news naïve "
    "aufgeräumt häuser straße ciudades écoles mangeaient università книгами домов हिन्दी कताब "
    "كتاب والمكتبة தமிழ் 東京都 データ ภาษาไทย ភាសា"
)

_ENGLISH = """
a an and are as at be been but by did do does for from had has have he her his how if in into is it
its not of on or s she such than that the their them then there these they this to was were what
when where which who whom whose why will with would you
"""
STOP_WORDS: frozenset[str] = frozenset(_ENGLISH.split())
"""What the default analyzer leaves out."""


class Kind(NamedTuple):
    """A row of the table: what the analyzer is, how it finds words, how it stems them."""

    meaning: str
    script: Callable[[], Script] = marked
    stemmer: str | None = None
    stopped: frozenset[str] = frozenset()


ANALYZERS: Mapping[str, Kind] = {
    name: Kind(f"Snowball stems ({name}), no stop words", stemmer=name)
    for name in sorted(Stemmer.algorithms())
} | {
    "english": Kind("Snowball stems (english), a short stop list", plain, "english", STOP_WORDS),
    "plain": Kind("words as they are, no stop words", plain),
    "multilingual": Kind(
        "no stems and no stop words, accents of Latin letters folded, scripts without blanks "
        "between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) in overlapping pairs",
        multilingual,
    ),
}
"""Every analyzer by name."""


class Analyzer:
    """Turns text into terms; what a word became is remembered, so a word is mostly stemmed once."""

    def __init__(self, name: str = "english") -> None:
        """Raises UnknownNameError for a name that is not in the table."""
        if name not in ANALYZERS:
            raise unknown_name("analyzer", name, ANALYZERS)
        kind = ANALYZERS[name]
        self.name = name
        self.script = kind.script()
        self.term_of: Callable[[str], str] = _Memo(_rule(kind, self.script)).__getitem__
        """The term of one word of `words`; the empty string stands for a stop word."""

    def words(self, text: str) -> list[str]:
        """The words of `text` in order, normalised and in lower case."""
        return self.script.split(normal(text))

    def query_words(self, query: str) -> list[str]:
        """The words of `query`, as far as it is read."""
        return self.words(query[:QUERY_CHARACTERS])[:QUERY_WORDS]

    def terms(self, text: str) -> list[str]:
        """The terms of `text` in order, repetitions kept, stop words left out."""
        return [term for term in map(self.term_of, self.words(text)) if term]

    def fingerprint(self) -> str:
        """A digest of what this analyzer does here: another stemmer release may stem otherwise."""
        stems = [self.term_of(word) for word in self.words(_CANARIES)]
        return digest([VERSION, self.name, stems, sorted(ANALYZERS[self.name].stopped)])

    def __reduce__(self) -> tuple[Any, ...]:
        return Analyzer, (self.name,)


def normal(text: str) -> str:
    """The NFKC form of `text` in lower case."""
    return lowered(text if text.isascii() else unicodedata.normalize("NFKC", text))


def lowered(text: str) -> str:
    """`text` in lower case, character by character: the length never changes.

    One character of Unicode grows in lower case (I with dot above); it becomes a plain i.
    """
    if text.isascii():
        return text.lower()
    text = text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i")
    if (
        len(text) < _LONG or "\N{GREEK CAPITAL LETTER SIGMA}" in text
    ):  # its neighbours tell its form
        return text.lower()
    # Most pieces are plain ASCII, which takes a tenth of the time.
    return "".join([text[at : at + _PIECE].lower() for at in range(0, len(text), _PIECE)])


class _Memo(dict[str, str]):
    """What each word became, computed on first sight; emptied when it has grown large."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, word: str) -> str:
        if len(word) > WORD_CHARACTERS:
            return self[word[:WORD_CHARACTERS]]
        if len(self) >= _MEMO_WORDS:
            self.clear()
        term = self[word] = self._rule(word)
        return term


def _rule(kind: Kind, script: Script) -> Callable[[str], str]:
    stopped = kind.stopped
    if kind.stemmer is None:
        return script.compared
    stem = Stemmer.Stemmer(kind.stemmer, 0).stemWord
    return lambda word: "" if word in stopped else stem(word)
