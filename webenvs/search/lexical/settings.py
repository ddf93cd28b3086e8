"""The settings of lexical search: everything that can change a ranking, checked on arrival."""

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

from webenvs.errors import bad_setting, unknown_name
from webenvs.records import Record
from webenvs.search.analyzer import ANALYZERS
from webenvs.search.analyzer import VERSION as ANALYZER_VERSION
from webenvs.search.given import checked_names

FORMULA_VERSION = 1
"""Raised whenever the same terms would give other scores."""

Idf = Literal["lucene", "okapi"]


class Bm25Settings(Record, frozen=True, kw_only=True):
    """The settings of BM25.

    `k1` (0 to 100) says how much repetition of a term in a page counts, `b` (0 to 1) how much a
    long page is held back, `idf` how rare terms are weighed (see `weighting`), `title_weight` (0
    to 16) how often the title is counted beside the text, `analyzer` how text becomes terms (a
    name of `analyzer.ANALYZERS`), `operators` whether a query is read for
    them (see `operators`) or is a bag of words whatever it says.
    """

    k1: float = 1.5
    b: float = 0.75
    idf: Idf = "lucene"
    title_weight: int = 1
    analyzer: str = "english"
    operators: bool = True

    def __post_init__(self) -> None:
        if not _number(self.k1) or not 0 <= self.k1 <= 100:
            raise bad_setting("k1", self.k1, "a number from 0 to 100")
        if not _number(self.b) or not 0 <= self.b <= 1:
            raise bad_setting("b", self.b, "a number from 0 to 1")
        if self.idf not in get_args(Idf):
            raise bad_setting("idf", self.idf, " or ".join(map(repr, get_args(Idf))))
        whole = isinstance(self.title_weight, int) and not isinstance(self.title_weight, bool)
        if not whole or not 0 <= self.title_weight <= 16:
            raise bad_setting("title_weight", self.title_weight, "a whole number from 0 to 16")
        if not isinstance(self.analyzer, str) or self.analyzer not in ANALYZERS:
            raise unknown_name("analyzer", str(self.analyzer), ANALYZERS)
        if not isinstance(self.operators, bool):
            raise bad_setting("operators", self.operators, "True or False")

    @property
    def indexed(self) -> dict[str, Any]:
        """What shapes an index: versions and settings, all but `operators`; JSON-able."""
        return {
            "formula": FORMULA_VERSION,
            "analyzer": self.analyzer,
            "analyzer_version": ANALYZER_VERSION,
            "k1": float(self.k1),
            "b": float(self.b),
            "idf": self.idf,
            "title_weight": self.title_weight,
        }

    def mapping(self, engine: str) -> dict[str, Any]:
        """Engine name, versions and every setting, defaults included: JSON-able."""
        return {"engine": engine, **self.indexed, "operators": self.operators}


def bm25_settings(values: Mapping[str, Any]) -> Bm25Settings:
    """The settings with these `values`; raises UnknownNameError or SettingError."""
    return Bm25Settings(**checked_names(values, Bm25Settings.__struct_fields__, "search"))


def checked_k(k: object) -> int:
    """`k`, a whole number of hits of at least 1; raises SettingError."""
    if type(k) is int and k >= 1:
        return k
    raise bad_setting("k", k, "a whole number of at least 1")


def _number(value: object) -> bool:
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return known and math.isfinite(value)  # type: ignore[arg-type]  # narrowed by `known`
