"""Query operators: what a query asks for beyond its words, and whether a page has it.

    "exact phrase"       the words stand side by side in the text or the title
    -word  -"phrase"     pages that hold it are left out
    intitle:word         the title holds it, also intitle:"a phrase"
    site:host[/path]     of that host or one below it, under that path; several mean any of them
    lang:xx              in that language (ISO 639-1); several mean any of them
    after:YYYY[-MM[-DD]] dated on the first day of that time or later
    before:YYYY[-MM[-DD]] dated before the first day of that time

Any text is a query: what does not read as an operator is words. An operator begins a word. A phrase
ends at a quotation mark that ends a word, so that inches and unbalanced marks are harmless. A minus
excludes only where a word follows at once that begins with a letter, has nothing but letters,
digits and underscores in it, and has three of them at least if it begins with a Latin one ("1990 -
2000", "-5", "ls -l" and "x -of-y" exclude nothing), and only where words are left to search for.
Pages without a date or language are in no time and in no language. The words of phrases and of
`intitle` also count as words of the query.
"""

import re
from collections.abc import Callable
from datetime import date

from webenvs.records import Page, Record
from webenvs.search.analyzer import QUERY_CHARACTERS, Analyzer, normal

_OPERATOR = re.compile(
    r"""(?<!\S)(?:
        (?P<minus>-?)["“”](?P<phrase>[^"“”]*)["“”](?=[\s,.;:!?)]|$)
      | -(?P<word>[a-z]\w\w+|(?![a-z\d_])\w+)(?!\S)
      | intitle:["“”](?P<titled>[^"“”]*)["“”](?!\S)
      | (?P<name>site|after|before|lang|intitle):(?P<value>\S+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?")
_SITE = re.compile(r"(?:[a-z]+://)?(?:\*?\.)?([\w-]+(?:\.[\w-]+)*)(?::\d+)?(/\S*)?", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]\w+)?", re.IGNORECASE)
_NEVER = 99_999_999


class Asked(Record, frozen=True, kw_only=True):
    """A query that was read.

    `text` holds its words. `after` and `before` are days as YYYYMMDD, 0 and 99999999 where none is
    asked for; the first is included. A site is a host in lower case, with a path or without.
    """

    text: str
    phrases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    excluded_words: tuple[str, ...] = ()
    excluded_phrases: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    after: int = 0
    before: int = _NEVER

    @property
    def filtered(self) -> bool:
        """Whether it asks for sites, languages or times."""
        return bool(self.sites or self.languages or self.after or self.before != _NEVER)

    @property
    def checked(self) -> bool:
        """Whether a page must be looked at to know whether it is what is asked for."""
        return bool(self.phrases or self.titles or self.excluded_phrases)


def asked(query: str) -> Asked:
    """What `query` asks for, as far as it is read."""
    query = query[:QUERY_CHARACTERS]
    found: dict[str, list[str]] = {}
    days: dict[str, list[int]] = {"after": [0], "before": [_NEVER]}

    def take(match: re.Match[str]) -> str:
        return _taken(match, found, days)

    text = _OPERATOR.sub(take, query)
    if not re.search(r"\w", text):
        excluded = [*found.pop("excluded_words", ()), *found.pop("excluded_phrases", ())]
        text = " ".join([text, *excluded])  # with nothing else to search for, they are words
    return Asked(
        text=text,
        after=max(days["after"]),
        before=min(days["before"]),
        **{name: tuple(dict.fromkeys(values)) for name, values in found.items()},
    )


def plain(query: str) -> Asked:
    """`query` as a bag of words, whatever it says."""
    return Asked(text=query[:QUERY_CHARACTERS])


def checker(query: Asked, analyzer: Analyzer) -> Callable[[Page], bool]:
    """A test whether a page holds the phrases and titles asked for, and no excluded phrase."""
    phrases = [_pattern(phrase, analyzer) for phrase in query.phrases]
    titles = [_pattern(phrase, analyzer) for phrase in query.titles]
    excluded = [_pattern(phrase, analyzer) for phrase in query.excluded_phrases]
    compared = analyzer.script.compared

    def holds(page: Page) -> bool:
        title = compared(normal(page.title))
        if not all(pattern.search(title) for pattern in titles):
            return False
        text = compared(normal(page.text)) if phrases or excluded else ""
        return all(
            pattern.search(title) or pattern.search(text) for pattern in phrases
        ) and not any(pattern.search(title) or pattern.search(text) for pattern in excluded)

    return holds


def full_checker(query: Asked, analyzer: Analyzer) -> Callable[[Page], bool]:
    """A test whether a page passes `checker` and holds no excluded word, for who has no index."""
    holds = checker(query, analyzer)
    words = [set(analyzer.terms(word)) for word in query.excluded_words]
    excluded = [terms for terms in words if terms]

    def both(page: Page) -> bool:
        if not holds(page):
            return False
        held = set(analyzer.terms(f"{page.title}\n{page.text}") if excluded else ())
        return not any(terms <= held for terms in excluded)

    return both


def _taken(match: re.Match[str], found: dict[str, list[str]], days: dict[str, list[int]]) -> str:
    """Note the operator that was met; returns what of it belongs to the words of the query."""
    phrase, word, titled = match["phrase"], match["word"], match["titled"]
    if phrase is not None and re.search(r"\w", phrase):
        if match["minus"]:
            found.setdefault("excluded_phrases", []).append(phrase)
            return " "
        found.setdefault("phrases", []).append(phrase)
        return phrase
    if word is not None:
        found.setdefault("excluded_words", []).append(word)
        return " "
    if titled is not None and re.search(r"\w", titled):
        found.setdefault("titles", []).append(titled)
        return titled
    if match["name"] is None:
        return match[0]
    return _filter(match["name"].lower(), match["value"], match[0], found, days)


def _filter(
    name: str, value: str, written: str, found: dict[str, list[str]], days: dict[str, list[int]]
) -> str:
    if name == "intitle" and re.search(r"\w", value):
        found.setdefault("titles", []).append(value)
        return value
    if name in days and (day := _day(value)):
        days[name].append(day)
        return " "
    if name == "lang" and (language := _LANGUAGE.fullmatch(value)):
        found.setdefault("languages", []).append(language[1].lower())
        return " "
    if name == "site" and (site := _SITE.fullmatch(value)):
        found.setdefault("sites", []).append(_host(site[1]) + (site[2] or "").rstrip("/"))
        return " "
    return written


def _day(value: str) -> int:
    """The first day of the time that is named, as YYYYMMDD; 0 if it is none."""
    match = _DAY.fullmatch(value)
    if match is None:
        return 0
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return 0
    return (year * 100 + month) * 100 + day


def _host(name: str) -> str:
    try:
        return name.encode("idna").decode().lower()
    except UnicodeError:
        return name.lower()


def _pattern(phrase: str, analyzer: Analyzer) -> re.Pattern[str]:
    """What finds the words of `phrase` side by side in a text in normal form."""
    script = analyzer.script
    runs = script.runs(script.compared(normal(phrase)))
    if not runs:  # a sign that falls apart in normal form
        return re.compile("")
    source = ""
    for place, run in enumerate(runs):
        source += re.escape(run)
        if not place and not script.boundless(run):
            # Behind the first word rather than before it: a literal beginning is found ten times
            # as fast.
            source += rf"(?<!\w{re.escape(run)})"
        if place + 1 < len(runs):
            loose = script.boundless(run) or script.boundless(runs[place + 1])
            source += f"{script.gap}{'*' if loose else '+'}"
    return re.compile(source + ("" if script.boundless(runs[-1]) else r"(?!\w)"))
