"""Sentences about entities: names and pronouns filled into templates, links laid into the text."""

import re
from collections.abc import Mapping, Sequence

from webenvs import seeding
from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.articles import TYPES
from webenvs.records import Link, Page

_LINK = re.compile(r"\[\[([^\]|]+)\|([^\]]+)\]\]")
_PRONOUNS = {
    "f": {"they": "she", "them": "her", "their": "her"},
    "m": {"they": "he", "them": "him", "their": "his"},
    "": {"they": "it", "them": "it", "their": "its"},
}


def link(entity: Entity, *key: object) -> str:
    """The entity's name with its article, as a link; sometimes by an alias."""
    name = entity.name
    if entity.aliases and seeding.uniform(*key, "alias") < 0.15:
        name = seeding.choice(entity.aliases, *key, "which")
    return f"{TYPES[entity.type].article}[[{entity.url}|{name}]]"


def bare_name(entity: Entity) -> str:
    """The entity's name with its article, without a link."""
    return TYPES[entity.type].article + entity.name


def enumeration(items: Sequence[str]) -> str:
    """A, B and C."""
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def with_article(noun: str) -> str:
    """The noun behind a or an."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def words_for(entity: Entity, alive: bool, opening: bool) -> dict[str, str]:
    """What a template about the entity may fill in: {S}, {they}, {them}, {their}, {Their}, {is}.

    {S} is a name in the first sentence of a section (`opening`), a pronoun after it.
    """
    pronouns = _PRONOUNS[entity.gender]
    short = entity.name.rsplit(" ", 1)[-1] if entity.gender else bare_name(entity)
    return {
        **pronouns,
        "Their": pronouns["their"].capitalize(),
        "S": short if opening else pronouns["they"].capitalize(),
        "is": "is" if alive else "was",
    }


def fill(template: str, words: Mapping[str, str]) -> str:
    """The template with its words filled in, its first letter a capital."""
    sentence = template.format_map(words)
    return sentence[0].upper() + sentence[1:]


def page_of(url: str, title: str, marked: str) -> Page:
    """A page whose text is `marked` with every [[url|anchor]] turned into a link in its place."""
    pieces: list[str] = []
    links: list[Link] = []
    length = end = 0
    for match in _LINK.finditer(marked):
        target, anchor = match.groups()
        before = marked[end : match.start()]
        links.append(Link(anchor=anchor, url=target, position=length + len(before)))
        pieces += (before, anchor)
        length += len(before) + len(anchor)
        end = match.end()
    pieces.append(marked[end:])
    return Page(url=url, title=title, text="".join(pieces), links=tuple(links))
