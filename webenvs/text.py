"""Strings: making any text printable, cutting it with a mark, splitting it into sentences."""

import re
import traceback

CHARACTERS_PER_TOKEN = 4
"""Tokens are estimated at four characters each, so that counts need no tokenizer."""

_UNPRINTABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SENTENCE_END = re.compile(
    r"""(?:(?<=[.!?])|(?<=[.!?]["')\]]))\s+(?=["'(\[]?[A-Z0-9])|\n+"""  # closing marks stay
)
_BLANKS = re.compile(r"\s+")
_SHOWN = 500


def printable(text: str) -> str:
    """`text` with lone surrogates and control characters replaced, so that UTF-8 can carry it."""
    if text.isprintable():  # the usual case, without the expression
        return text
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def clip(text: str, limit: int, mark: str = " [...]") -> str:
    """`text` of at most `limit` characters; where it was cut, it ends in `mark`."""
    if len(text) <= limit:
        return text
    return text[: max(0, limit - len(mark))] + mark[:limit]


def one_line(text: str) -> str:
    """`text` with every run of blanks and line ends turned into one blank."""
    return _BLANKS.sub(" ", text).strip()


def told(error: BaseException) -> str:
    """Type and text of an error, on one line and without a last full stop."""
    text = clip(one_line(printable(str(error))), _SHOWN).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place(error: BaseException) -> str:
    """File and line of code that was asked and raised, as deep as it stays in the asked file."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""


def sentences(text: str) -> list[str]:
    """`text` split at sentence ends and line ends; blanks around each are removed."""
    return [part for piece in _SENTENCE_END.split(text) if (part := piece.strip())]


def tokens(text: str) -> int:
    """An estimate of the number of tokens of `text`, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
