"""The language of a text: what its source declares, unless the text itself clearly says another."""

from functools import lru_cache
from typing import Any

CERTAIN = 200
"""Characters from which on a text may overrule its declaration."""
LEAST = 40
"""Characters below which nothing is detected."""
_CODES = """
af ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja
ka kk km kn ko la lo lt lv mk ml mn mr ms mt my ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw ta
te th tl tr uk ur uz vi zh
"""
LANGUAGES = frozenset(_CODES.split())
"""What a text may be found to be written in, as ISO 639-1 codes ("no" is either Norwegian)."""

_SAMPLE = 300


def language_of(text: str, declared: str = "") -> str:
    """The ISO 639-1 code of the language of `text`; empty if nothing tells.

    Two samples, 300 characters of the beginning and as many of the middle, are classified together
    by py3langid (naive Bayes over byte n-grams: Lui and Baldwin, langid.py, 2012), among
    `LANGUAGES`: a page may begin with names, menus and dates. What is declared counts unless each
    of the samples says the same other language.
    """
    if len(text) < (CERTAIN if declared else LEAST):
        return declared
    if len(text) <= 2 * _SAMPLE:
        return _classified(text)
    first, middle = text[:_SAMPLE], text[(len(text) - _SAMPLE) // 2 :][:_SAMPLE]
    found = _classified(f"{first} {middle}")
    if not declared or found == declared:
        return found
    return found if _classified(first) == found == _classified(middle) else declared


def _classified(sample: str) -> str:
    return str(_identifier().classify(sample)[0])


@lru_cache(1)
def _identifier() -> Any:
    """An identifier of our own: the package's functions share one that anybody may restrict."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(LANGUAGES)
    return identifier
