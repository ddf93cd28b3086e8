"""The World Factbook: a page a country or territory, its plain fields the facts.

A page has every field of the source as a line, without markup. A field is a fact where it names one
thing without reservation ("none", several dates, estimates of ranges are none); the rest is
counted.
"""

import json
import re
import tarfile
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from baselines.real_facts.collected import Collected, Ledger, Sheet
from baselines.real_facts.words import FACTBOOK
from webenvs.records import Page

_ROOT = "https://factbook.example/"
_ARCHIVE = "factbook/factbook_261.tar.gz"
_TAG = re.compile(r"<br\s*/?>|</?p>|<[^>]+>")
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)"
_NAME = r"[A-Z][\w.' -]*[\w.]"
_SHORT, _LONG = "conventional short form", "conventional long form"
_REGIONS = re.compile(r"[A-Z][a-z]+(?: (?!Region .)(?:[A-Z][a-z]+|and|the))*")
_OFFICIAL = re.compile(
    r"(?:^|[,;] |\(|\band )([^\W\d][\w/' -]*?)(?: [\d.]+%)?(?: \([^()]*\))?(?: [\d.]+%)?"
    r" \((?:[^();]*; )?(?:de \w+ )?official\b([^()]*)\)"
)

_ALSO = {"europe/mk": ("Macedonia",), "middle-east/gz": ("Gaza Strip",)}
"""Names by which only the pages of neighbours call a country."""

Field = tuple[str, str]
_CAPITAL: Field = ("Capital", "name")
_AREA: Field = ("Area", "total")
_POPULATION: Field = ("Population", "total")
_PEAK: Field = ("Elevation", "highest point")
_BORDERS: Field = ("Land boundaries", "border countries")
_INDEPENDENCE: Field = ("Independence", "")
_COAST: Field = ("Coastline", "")
_AIRPORTS: Field = ("Airports", "")
_LANGUAGES: Field = ("Languages", "")
_CURRENCY: Field = ("Exchange rates", "Currency")
_REGION: Field = ("Map references", "")

_NUMBERS: Mapping[Field, tuple[str, str]] = {
    _AREA: ("area", rf"{_NUMBER} sq km"),
    _POPULATION: ("population", rf"{_NUMBER}(?: \([^)]*\))?"),
    _COAST: ("coastline", rf"{_NUMBER} km"),
    _AIRPORTS: ("airports", rf"{_NUMBER}(?: \([^)]*\))?"),
}


def collect(data: Path) -> Collected:
    """The pages and facts of the countries in the data folder."""
    countries = dict(sorted(_countries(data / _ARCHIVE)))
    names = {code: _names(code, fields) for code, fields in countries.items()}
    known = {name: (told[0], _ROOT + code) for code, told in names.items() for name in told}
    ledger, pages = Ledger(), []
    for code, fields in countries.items():
        pages.append(_page(code, fields, names[code], known, ledger))
    return Collected(
        pages=tuple(pages), rows=tuple(ledger.rows(FACTBOOK)), left_out=ledger.left_out
    )


def _countries(archive: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each country by its region and code."""
    with tarfile.open(archive) as packed:
        for member in packed:
            found = re.search(r"([\w-]+/\w+)\.json$", member.name)
            file = packed.extractfile(member) if found else None
            if found and file:
                yield found[1], json.loads(file.read())


def _names(code: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The usual name of a country, and its other names; empty for oceans and the world."""
    told = fields.get("Government", {}).get("Country name", {})
    texts = [_plain(told.get(kind, {}).get("text", "")) for kind in (_SHORT, _LONG, "abbreviation")]
    parts = [re.sub(r" \([^)]*\)$", "", part) for text in texts for part in text.split(" or ")]
    names = [part.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'") for part in parts]
    names = [name for name in names if re.fullmatch(r"[A-Z][^;,]*", name)]
    return tuple(dict.fromkeys([*names, *map(_unaccented, names), *_ALSO.get(code, ())]))


def _unaccented(name: str) -> str:
    """A name as other pages write it."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _page(
    code: str,
    fields: Mapping[str, Any],
    names: tuple[str, ...],
    known: Mapping[str, tuple[str, str]],
    ledger: Ledger,
) -> Page:
    """The page of a country; its facts go into the ledger."""
    title = names[0] if names else code.rsplit("/", 1)[-1].upper()
    if not names and "Introduction" in fields:
        title = {"xx": "World"}.get(code[-2:], title)
    sheet = Sheet(url=_ROOT + code, title=title)
    country = ""
    if names:
        kind = "territory" if "Dependency status" in fields.get("Government", {}) else "country"
        country = ledger.entity(
            names[0], "country", kind=kind, aliases=list(names[1:]), url=sheet.url
        )
    for section, subsections in fields.items():
        sheet.line(section)
        for (name, part), text in _fields(subsections):
            near = _neighbours(text) if (name, part) == _BORDERS else ()
            links = [(other, known[other][1]) for other in near if other in known]
            line = sheet.line(f"{name} - {part}: {text}" if part else f"{name}: {text}", links)
            if country:
                _state(country, (name, part), text, (sheet.url, line), known, ledger)
    return sheet.page()


def _fields(subsections: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    """Every field of a section with its text."""
    for name, told in subsections.items():
        for part, inner in told.items():
            text = _plain(inner.get("text", "") if isinstance(inner, dict) else str(inner))
            if text:
                yield (name, "" if part in ("text", name) else part.strip()), text


def _state(
    country: str,
    field: Field,
    text: str,
    stated: tuple[str, str],
    known: Mapping[str, tuple[str, str]],
    ledger: Ledger,
) -> None:
    """The facts of one field; a field of a known kind that is not plain is counted."""
    found = list(_facts(country, field, text, known, ledger))
    for subject, relation, value in found:
        ledger.fact(subject, relation, value, *stated)
    if not found and field in _KNOWN:
        ledger.skip(": ".join(filter(None, field)))


def _facts(
    country: str, field: Field, text: str, known: Mapping[str, tuple[str, str]], ledger: Ledger
) -> Iterator[tuple[str, str, str | int]]:
    """Subject, relation and object of what a field says plainly."""
    if field in _NUMBERS:
        relation, pattern = _NUMBERS[field]
        found = re.fullmatch(pattern, text)
        if found:
            yield country, relation, int(found[1].replace(",", ""))
    elif field == _CAPITAL:
        found = re.fullmatch(rf"({_NAME})(?: \([^;()]*\))?", text)
        if found and " in " not in text:
            yield country, "capital", _place(ledger, found[1], "city", country)
    elif field == _PEAK:
        found = re.fullmatch(rf"({_NAME}) {_NUMBER} m", text)
        if found and not found[1].startswith("unnamed"):
            peak = _place(ledger, found[1], "mountain", "")
            yield country, "highest_point", peak
            yield peak, "elevation", int(found[2].replace(",", ""))
    elif field == _BORDERS:
        for name in _neighbours(text):
            if name in known:
                yield country, "neighbour", known[name][0]
            else:
                ledger.skip("a neighbour that has no page")
    else:
        yield from _labels(country, field, text, ledger)


def _neighbours(text: str) -> tuple[str, ...]:
    """The names of those with whom a country shares a border of some length."""
    found = re.findall(rf"(?:^|[;,] )([A-Z][^\d;(]*?)(?: \([^)]*\))? {_NUMBER}[\d.]* km", text)
    return tuple(dict.fromkeys(name for name, _ in found))


def _labels(
    country: str, field: Field, text: str, ledger: Ledger
) -> Iterator[tuple[str, str, str | int]]:
    if field == _INDEPENDENCE:
        found = re.fullmatch(r"(\d{1,2} [A-Z][a-z]+ \d{4})(?: \([^)]*\))?(?:; notable .*)?", text)
        if found:
            day = datetime.strptime(found[1], "%d %B %Y").date()
            yield country, "independence", day.isoformat()
    elif field == _LANGUAGES:
        for language, where in _OFFICIAL.findall(text):
            if not re.match(r" in |, only in| regional", where):
                yield country, "official_language", _language(ledger, language)
    elif field == _CURRENCY:
        found = re.fullmatch(r"([^()]+) \(([A-Z]{3})\) per US dollar.*", text)
        if found:
            currency = ledger.entity(found[2], "currency", name=found[1], aliases=[found[2]])
            yield country, "currency", currency
    elif field == _REGION and _REGIONS.fullmatch(text) and "Map" not in text:
        yield country, "region", ledger.entity(f"{text} (region)", "region", name=text)


def _place(ledger: Ledger, name: str, kind: str, country: str) -> str:
    """A city or mountain of that name; another kind of thing may have the same name."""
    inside = f", {country}" if country else ""
    return ledger.entity(f"{name} ({kind}{inside})", kind, name=name)


def _language(ledger: Ledger, told: str) -> str:
    """A language, whichever of its names another page has told first: "Kiswahili or Swahili"."""
    names = re.split(r" or |/", told.removesuffix(" only"))
    for fields in ledger.entities.values():
        known = {fields["id"], *fields.get("aliases", ())}
        if fields["type"] == "language" and not known.isdisjoint(names):
            fields["aliases"] += [name for name in names if name not in known]
            return str(fields["id"])
    return ledger.entity(names[0], "language", aliases=names[1:])


def _plain(text: str) -> str:
    """A text without markup, on one line."""
    if "<" in text or "&" in text:
        text = unescape(_TAG.sub(" ", unescape(text)))
    return " ".join(text.split())


_KNOWN = frozenset(
    {
        *_NUMBERS,
        *(_CAPITAL, _PEAK, _BORDERS, _INDEPENDENCE, _LANGUAGES, _CURRENCY, _REGION),
    }
)
