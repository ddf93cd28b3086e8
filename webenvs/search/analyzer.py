r"""From text to index terms: words, lower case, a short stop list, Snowball English stems.

A word is a maximal run of `\w` characters of the NFKC form of the text in lower case. Lower case
is chosen over case folding because it keeps every character's place, so that snippets can be cut
from the page as it is written. Scripts without blanks between words are not segmented.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, get_args

import Stemmer

from webenvs.errors import bad_setting
from webenvs.records import Record
from webenvs.seeding import digest

VERSION = 1
"""Raised whenever the same text would give other terms."""

WORD_CHARACTERS = 64
"""Only so many first characters of a word tell it from others."""

QUERY_CHARACTERS = 4_096
"""Only so many first characters of a query are read."""

QUERY_WORDS = 1_024
"""Only so many first words of a query are read; it also keeps every score below 2**31."""

_MEMO_WORDS = 400_000
_CANARIES = (
    "dying generously hoping hopping flies possibility relational biologist geologists past "
    "evening inter internal university universal sensibility agreed luxuriating skis news naïve"
)

Stemming = Literal["english", "none"]
Stopping = Literal["english", "none"]

_ENGLISH = """
a an and are as at be been but by did do does for from had has have he her his how if in into is it
its not of on or s she such than that the their them then there these they this to was were what
when where which who whom whose why will with would you
"""
STOP_WORDS: dict[Stopping, frozenset[str]] = {
    "english": frozenset(_ENGLISH.split()),
    "none": frozenset(),
}

find_words: Callable[[str], list[str]] = re.compile(r"\w+").findall


class AnalyzerSettings(Record, frozen=True, kw_only=True):
    """How words become terms: `stemmer` and `stopwords`, each "english" or "none"."""

    stemmer: Stemming = "english"
    stopwords: Stopping = "english"

    def __post_init__(self) -> None:
        for field, value, kind in (
            ("stemmer", self.stemmer, Stemming),
            ("stopwords", self.stopwords, Stopping),
        ):
            if value not in get_args(kind):
                raise bad_setting(field, value, " or ".join(map(repr, get_args(kind))))


class Analyzer:
    """Turns text into terms; what a word became is remembered, so a word is stemmed once."""

    def __init__(self, settings: AnalyzerSettings | None = None) -> None:
        self.settings = settings or AnalyzerSettings()
        self.term_of: Callable[[str], str] = _Memo(_rule(self.settings)).__getitem__
        """The term of one word of `words`; the empty string stands for a stop word."""

    def terms(self, text: str) -> list[str]:
        """The terms of `text` in order, repetitions kept, stop words left out."""
        return [term for term in map(self.term_of, words(text)) if term]

    def fingerprint(self) -> str:
        """A digest of what this analyzer does here: another stemmer release may stem otherwise."""
        stems = [self.term_of(word) for word in words(_CANARIES)]
        return digest([VERSION, stems, sorted(STOP_WORDS[self.settings.stopwords])])

    def __reduce__(self) -> tuple[Any, ...]:
        return Analyzer, (self.settings,)


def words(text: str) -> list[str]:
    """The words of `text` in order, normalised and in lower case."""
    return find_words(lowered(text if text.isascii() else unicodedata.normalize("NFKC", text)))


def query_words(query: str) -> list[str]:
    """The words of `query`, as far as it is read."""
    return words(query[:QUERY_CHARACTERS])[:QUERY_WORDS]


def lowered(text: str) -> str:
    """`text` in lower case, character by character: the length never changes.

    One character of Unicode grows in lower case (I with dot above); it becomes a plain i.
    """
    if text.isascii():
        return text.lower()
    return text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()


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


def _rule(settings: AnalyzerSettings) -> Callable[[str], str]:
    stopped = STOP_WORDS[settings.stopwords]
    if settings.stemmer == "none":
        return lambda word: "" if word in stopped else word
    stem = Stemmer.Stemmer("english", 0).stemWord
    return lambda word: "" if word in stopped else stem(word)
