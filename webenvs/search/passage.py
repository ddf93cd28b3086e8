"""The passage of a page for a query of which nothing is known but its words."""

from webenvs.search.analyzer import Analyzer
from webenvs.search.snippet import WIDTH, Needle, needle, snippet


def passage(text: str, query: str, analyzer: Analyzer, width: int = WIDTH) -> str:
    """At most `width` characters of `text` that show the words of `query` best.

    How rare a word is in the corpus is not known here, so a longer word counts as the rarer one.
    """
    return snippet(text, _needles(query, analyzer), analyzer, width)


def _needles(query: str, analyzer: Analyzer) -> list[Needle]:
    found: dict[str, Needle] = {}
    for word in analyzer.query_words(query):
        term = analyzer.term_of(word)
        if term and term not in found:
            found[term] = needle(word, term, len(term), analyzer.script)
    return sorted(found.values())
