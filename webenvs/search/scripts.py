r"""How words are found in text: runs of letters and digits, and what some scripts need beyond that.

- plain: runs of `\w` characters.
- marked: the same with the combining marks that vowels are written with in many scripts
  (Devanagari, Tamil, Arabic, Hebrew), which `\w` leaves out.
- multilingual: marked; Latin letters lose their accents, and what is written without blanks
  between words becomes overlapping pairs of characters, a lone character itself.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

_UNSEGMENTED = (
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b"  # Chinese signs
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109f\u1780-\u17d3\u17d7\u17dc-\u17dd"  # Burmese, Khmer
)
_ACCENTED = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_KINDS = ("Mn", "Mc")
_PLAIN_WORD = re.compile(r"\w+")
_unsegmented = re.compile(rf"[{_UNSEGMENTED}]").match
_STROKED = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ɨ": "i", "ƀ": "b", "ŀ": "l"}


class Script(NamedTuple):
    """How one analyzer finds words: in normal form, and in a text as it is written."""

    split: Callable[[str], list[str]]
    """The words of a text in normal form and lower case."""
    runs: Callable[[str], list[str]]
    """The same before runs without blanks are taken apart."""
    gap: str
    """A pattern of one character that stands between words."""
    word_at: Callable[[str, int], re.Match[str] | None]
    """The rest of the word at a place of a text."""
    compared: Callable[[str], str]
    """A text in lower case with what makes no difference between its words left out."""
    seen: Callable[[str], str]
    """A text in lower case without what two forms of a word may differ in; as long as before."""
    boundless: Callable[[str], bool]
    """Whether a word of `split` may begin and end inside a run of letters."""


@functools.cache
def plain() -> Script:
    r"""Runs of `\w` characters."""
    words = _PLAIN_WORD.findall
    return Script(words, words, r"\W", _PLAIN_WORD.match, _same, _same, _bounded)


@functools.cache
def marked() -> Script:
    r"""Runs of `\w` characters and combining marks."""
    marks = _marks()
    word = re.compile(rf"(?:\w+[{marks}]*)+")
    gap = rf"[^\w{marks}]"
    return Script(word.findall, word.findall, gap, word.match, _same, _folded, _bounded)


@functools.cache
def multilingual() -> Script:
    """Words without accents, and pairs of characters where no blanks divide words."""
    marks = "".join(mark for mark in _marks() if not _unsegmented(mark))
    letter = rf"[^\W{_UNSEGMENTED}]"
    pieces = re.compile(rf"(?:{letter}+[{marks}]*)+|[{_UNSEGMENTED}]+")

    def pairs(text: str) -> list[str]:
        if text.isascii():
            return _PLAIN_WORD.findall(text)
        found: list[str] = []
        for piece in pieces.findall(_folded(text)):
            if len(piece) > 2 and _unsegmented(piece):
                found += [piece[at : at + 2] for at in range(len(piece) - 1)]
            else:
                found.append(piece)
        return found

    gap = rf"[^\w{marks}{_UNSEGMENTED}]"
    return Script(pairs, pieces.findall, gap, pieces.match, _folded, _folded, _inside)


def _marks() -> str:
    """The combining marks of the basic plane."""
    return "".join(
        chr(code) for code in range(0x300, 0xFE00) if unicodedata.category(chr(code)) in _KINDS
    )


def _folded(text: str) -> str:
    """`text`, in lower case, with plain letters for accented Latin ones."""
    return text if text.isascii() else text.translate(_folding())


@functools.cache
def _folding() -> dict[int, str]:
    """From accented small Latin letters to the letters below the accents."""
    table = {ord(letter): base for letter, base in _STROKED.items()}
    for code in _ACCENTED:
        letter = chr(code)
        base = unicodedata.normalize("NFD", letter)[0]
        if base.isascii() and base.isalpha() and letter.islower():
            table[code] = base
    return table


def _same(text: str) -> str:
    return text


def _bounded(_word: str) -> bool:
    return False


def _inside(word: str) -> bool:
    return _unsegmented(word) is not None
