"""Python Enhancement Proposals: each document a page, its headers the facts.

A page is the document as it is read on the web: the headers without mail addresses, references
such as :pep:`8` as linked text. Headers that leave room for doubt are no facts, and are counted.
"""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from baselines.real_facts.collected import Collected, Ledger, Sheet
from baselines.real_facts.words import PEPS
from webenvs.records import Page

_ROOT = "https://peps.example/"
_ARCHIVE = "peps/peps_736.tar.gz"
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]*):\s*(.*)")
_MAIL = re.compile(r"\s*<[^>]*>|\S+@\S+\s*\(([^)]*)\)|\S+(?:@| at )\S+\.\w+")
_REFERENCE = re.compile(r":pep:`(?:([^`<]*?)\s*<)?(\d+)(?:#[^`>]*)?>?`")
_GROUP = re.compile(r"group|council|team|todo|community|developers|et al", re.IGNORECASE)
_VERSION = re.compile(r"\d\.\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}-\d{4}")
_PEOPLE = {
    "Author": "author",
    "Sponsor": "sponsor",
    "BDFL-Delegate": "delegate",
    "PEP-Delegate": "delegate",
}
_OTHER_PEPS = {"Requires": "requires", "Replaces": "replaces", "Superseded-By": "superseded_by"}
_LABELS = {"Status": "status", "Type": "kind", "Topic": "topic"}


def collect(data: Path) -> Collected:
    """The pages and facts of the documents in the data folder."""
    documents = dict(_documents(data / _ARCHIVE))
    headers = {number: _headers(text) for number, (_, text) in documents.items()}
    spelled = _spellings(headers)
    ledger = Ledger()
    pages = tuple(
        _page(number, documents[number][1], headers, ledger, spelled)
        for number in sorted(documents)
    )
    return Collected(pages=pages, rows=tuple(ledger.rows(PEPS)), left_out=ledger.left_out)


def _documents(archive: Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """Each document by its number: its file name and its text."""
    with tarfile.open(archive) as packed:
        for member in packed:
            found = re.fullmatch(r".*pep-(\d+)\.rst", member.name)
            file = packed.extractfile(member) if found else None
            if found and file:
                yield int(found[1]), (member.name, file.read().decode())


def _headers(text: str) -> dict[str, str]:
    """The headers of a document without mail addresses, each on one line."""
    found: dict[str, str] = {}
    name = ""
    for line in re.split(r"\n\s*\n", text.lstrip(), maxsplit=1)[0].split("\n"):
        match = _HEADER.fullmatch(line) if not line.startswith(" ") else None
        name, value = (match[1], match[2]) if match else (name, f" {line.strip()}")
        found[name] = found.get(name, "") + value
    return {name: _MAIL.sub(lambda one: one[1] or "", value) for name, value in found.items()}


def _people(value: str) -> list[str]:
    """The names of people in a header, in order."""
    names = [" ".join(part.split()) for part in re.split(r",|\band\b|;", value)]
    return [name for name in names if name]


def _spellings(headers: Mapping[int, Mapping[str, str]]) -> Mapping[str, list[str]]:
    """By a person's name in small letters: how it is written, the most frequent way first."""
    counts: dict[str, Counter[str]] = {}
    for fields in headers.values():
        for header in _PEOPLE:
            for name in _people(fields.get(header, "")):
                counts.setdefault(name.casefold(), Counter())[name] += 1
    return {key: [name for name, _ in found.most_common()] for key, found in counts.items()}


def _page(
    number: int,
    text: str,
    headers: Mapping[int, Mapping[str, str]],
    ledger: Ledger,
    spelled: Mapping[str, list[str]],
) -> Page:
    """The page of a document; its facts go into the ledger."""
    fields = headers[number]
    title = " ".join(fields["Title"].split()).replace("``", "")
    sheet = Sheet(url=_url(number), title=f"PEP {number} - {title}")
    pep = ledger.entity(_name(number), "pep", aliases=[title], url=sheet.url)
    sheet.line(f"PEP {number}: {title}")
    for header, value in fields.items():
        if header in ("PEP", "Title"):
            continue
        others = [int(one) for one in re.findall(r"\d+", value)] if header in _OTHER_PEPS else []
        told = ", ".join(map(_name, others)) if header in _OTHER_PEPS else value
        links = [(_name(other), _url(other)) for other in others if other in headers]
        line = sheet.line(f"{header}: {told}", links)
        for relation, found in _facts(header, value, others, headers, ledger, spelled):
            ledger.fact(pep, relation, found, sheet.url, line)
    _body(sheet, re.split(r"\n\s*\n", text.lstrip(), maxsplit=1)[-1], headers)
    return sheet.page()


def _facts(
    header: str,
    value: str,
    others: list[int],
    headers: Mapping[int, Mapping[str, str]],
    ledger: Ledger,
    spelled: Mapping[str, list[str]],
) -> Iterator[tuple[str, str]]:
    """The relations and objects that a header tells."""
    if header in _PEOPLE:
        for person in _named(header, value, ledger, spelled):
            yield _PEOPLE[header], person
    elif header in _OTHER_PEPS:
        yield from ((_OTHER_PEPS[header], _name(other)) for other in others if other in headers)
    elif header == "Created" and _DATE.fullmatch(value.strip()):
        yield "created", datetime.strptime(value.strip(), "%d-%b-%Y").date().isoformat()
    elif header == "Python-Version":
        for version in dict.fromkeys(_VERSION.findall(value)):
            named = f"Python {version}"
            yield "python_version", ledger.entity(named, "version", aliases=[version])
    elif header in _LABELS:
        for label in filter(None, (part.strip() for part in value.split(","))):
            yield _LABELS[header], ledger.entity(label, _LABELS[header])


def _named(
    header: str, value: str, ledger: Ledger, spelled: Mapping[str, list[str]]
) -> Iterator[str]:
    """The people of a header under the name they use most."""
    for name in _people(value):
        if " " in name and not _GROUP.search(name):
            first, *rest = spelled[name.casefold()]
            yield ledger.entity(first, "person", aliases=rest)
        else:
            ledger.skip(f"{header} that is no person's full name")


def _body(sheet: Sheet, text: str, headers: Mapping[int, Mapping[str, str]]) -> None:
    """Append the document below its headers, references to other PEPs as linked text."""
    sheet.text += "\n"
    place = 0
    for found in _REFERENCE.finditer(text):
        number = int(found[2])
        anchor = found[1] or _name(number)
        sheet.text += text[place : found.start()]
        if number in headers:
            sheet.link(anchor, _url(number))
        else:
            sheet.text += anchor
        place = found.end()
    sheet.text += text[place:]


def _name(number: int) -> str:
    return f"PEP {number}"


def _url(number: int) -> str:
    return f"{_ROOT}pep-{number:04}"
