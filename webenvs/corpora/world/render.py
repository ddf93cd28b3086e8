"""The pages of the world: articles, lists, indexes, news, disambiguation pages, the main page."""

from collections.abc import Iterator, Sequence
from datetime import date

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact
from webenvs.corpora.world import prose
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import Cast
from webenvs.corpora.world.fillers import FILLERS
from webenvs.corpora.world.graph import ROOT
from webenvs.corpora.world.placement import Namesakes, News, Plan, Roll, index_parts
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Page

MAIN = f"{ROOT}/wiki/Main_Page"
"""The front page, from which every other page can be reached by links."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ARCHIVE = f"[[{ROOT}/wiki/News_archive|News archive]]"
_NEWS_FILLERS = (
    "Bystanders had been waiting since the early morning.",
    "Questions from the press were not taken.",
    "Further details will be given next week.",
    "The announcement had been expected for some time.",
    "A spokesman declined to comment on the costs.",
    "Refreshments were served afterwards.",
    "Not everyone was pleased; a small protest outside remained peaceful.",
    "Similar news had been greeted with a shrug in earlier years.",
    "Trains ran late because of works on the line.",
)


def pages_of(seed: int, cast: Cast, plan: Plan) -> Iterator[Page]:
    """Every page of the plan, in no particular order."""
    press = _Press(seed, cast, plan)
    for entity in press.entities.values():
        yield press.article(entity)
    for roll in plan.rolls:
        yield press.roll(roll)
    for item in plan.news:
        yield press.news(item)
    for group in plan.namesakes:
        yield press.namesakes(group)
    hubs = [*press.indexes(), *press.archive()]
    yield from hubs
    yield press.main([(page.title, page.url) for page in hubs])


class _Press:
    """Writes pages; holds what they have in common."""

    def __init__(self, seed: int, cast: Cast, plan: Plan) -> None:
        self._seed = seed
        self._cast = cast
        self._plan = plan
        self.entities = {entity.id: entity for group in cast.members.values() for entity in group}
        self._dead = {fact.subject for fact in plan.facts if fact.relation == "death_year"}
        self._rolls: dict[str, list[Roll]] = {}
        for roll in plan.rolls:
            self._rolls.setdefault(roll.object, []).append(roll)

    def article(self, entity: Entity) -> Page:
        """The article of an entity: an introduction, then sections of prose, then pointers."""
        row = TYPES[entity.type]
        blocks = []
        fillers = list(seeding.shuffled(FILLERS[entity.type], self._seed, entity.id, "fillers"))
        told = {fact.relation: fact for fact in self._plan.told.get(entity.id, ())}
        for place, (heading, relations) in enumerate(row.sections):
            sentences = [self._introduction(entity)] if place == 0 else []
            for name in relations:
                sentence = self._sentence(entity, name, told, opening=not sentences)
                sentences += [sentence] if sentence else []
            if sentences:
                sentences += self._colour(entity, fillers, 2 + (place == 0))
                blocks.append((f"## {heading}\n" if heading else "") + " ".join(sentences))
        blocks.append(self._pointers(entity))
        return prose.page_of(entity.url, entity.title, "\n\n".join(blocks))

    def roll(self, roll: Roll) -> Page:
        """A list page: one line an entry."""
        thing = self.entities[roll.object]
        heading = RELATIONS[roll.relation].roll.format(o=prose.link(thing, "roll"))
        lines = [f"This is a list of {heading[0].lower()}{heading[1:]}."]
        lines += [f"- {self._entry(self.entities[fact.subject])}" for fact in roll.facts]
        return prose.page_of(roll.url, roll.title, "\n".join(lines))

    def news(self, item: News) -> Page:
        """A news item: a date line, the fact, a little colour, the names for further reading."""
        fact = item.fact
        key = (self._seed, "news", fact.subject, fact.relation)
        subject = self.entities[fact.subject]
        headline, body = RELATIONS[fact.relation].news[item.template]
        day = long_date(item.date)
        linked = {"s": prose.link(subject), "o": self._object(fact, *key), "date": day}
        plain = {"s": prose.bare_name(subject), "o": self._plain_object(fact)}
        title = f"{prose.fill('{s}', plain)}: {headline.format_map(plain)}"
        colour = seeding.shuffled(_NEWS_FILLERS, *key)[:4]
        text = f"{day}\n\n{prose.fill(body, linked)} {' '.join(colour)}\n\nMore news: {_ARCHIVE}"
        return prose.page_of(item.url, title, text)

    def namesakes(self, group: Namesakes) -> Page:
        """A disambiguation page."""
        lines = [f"{group.name} may refer to:"]
        lines += [f"- {self._entry(self.entities[member])}" for member in group.members]
        return prose.page_of(group.url, group.title, "\n".join(lines))

    def indexes(self) -> list[Page]:
        """The alphabetical index pages of every type."""
        pages = []
        for name, row in TYPES.items():
            members = sorted(self._cast.members[name], key=lambda entity: entity.id)
            entries = [self._entry(entity) for entity in members]
            pages += _parts(row.title, entries, index_parts(len(members)))
        return pages

    def archive(self) -> list[Page]:
        """The news archive, oldest item first."""
        entries = []
        for item in self._plan.news:
            subject = self.entities[item.fact.subject]
            entries.append(f"[[{item.url}|{long_date(item.date)}: news of {subject.name}]]")
        return _parts("News archive", entries, self._plan.archive_parts)

    def main(self, hubs: Sequence[tuple[str, str]]) -> Page:
        """The front page, which leads to all indexes, lists and disambiguation pages."""
        listed = [(roll.title, roll.url) for roll in self._plan.rolls]
        shared = [(group.title, group.url) for group in self._plan.namesakes]
        blocks = ["Welcome to the World Encyclopedia, which anyone may read and nobody may edit."]
        for heading, entries in (("Indexes", hubs), ("Lists", listed), ("Shared names", shared)):
            lines = [f"- [[{url}|{title}]]" for title, url in entries]
            blocks.append("\n".join([f"## {heading}", *lines]))
        return prose.page_of(MAIN, "Main Page", "\n\n".join(blocks))

    def _introduction(self, entity: Entity) -> str:
        """The sentence that says what the entity is."""
        row = TYPES[entity.type]
        alias = row.alias_note.format(alias=entity.aliases[0]) if entity.aliases else ""
        words = {
            "name": entity.name,
            "alias": alias,
            "a_kind": prose.with_article(entity.kind),
            "is": "is" if self._alive(entity) else "was",
        }
        return prose.fill(seeding.choice(row.intros, self._seed, entity.id, "intro"), words)

    def _colour(self, entity: Entity, fillers: list[str], count: int) -> list[str]:
        """Up to `count` sentences without facts, taken off the end of `fillers`."""
        words = prose.words_for(entity, self._alive(entity), opening=False)
        return [prose.fill(fillers.pop(), words) for _ in range(min(count, len(fillers)))]

    def _sentence(self, entity: Entity, name: str, told: dict[str, Fact], opening: bool) -> str:
        """What the article says of the relation `name` ("<name" from the object's side), if so."""
        words = prose.words_for(entity, self._alive(entity), opening)
        key = (self._seed, entity.id, name)
        if name.startswith("<"):
            facts = self._plan.shown.get((entity.id, name[1:]), ())
            if not facts:
                return ""
            subjects = sorted(fact.subject for fact in facts)
            linked = [prose.link(self.entities[one], *key, one) for one in subjects]
            template = seeding.choice(RELATIONS[name[1:]].rosters, *key, "roster")
            return prose.fill(template, {**words, "s": prose.enumeration(linked)})
        if name not in told:
            return ""
        template = seeding.choice(RELATIONS[name].statements, *key, "statement")
        return prose.fill(template, {**words, "o": self._object(told[name], *key)})

    def _pointers(self, entity: Entity) -> str:
        """The last line of an article: where to read on."""
        row = TYPES[entity.type]
        pointers = [f"[[{roll.url}|{roll.title}]]" for roll in self._rolls.get(entity.id, ())]
        pointers.append(f"[[{_part_url(row.title, 0)}|{row.title}]]")
        return f"See also: {'; '.join(pointers)}; [[{MAIN}|Main Page]]"

    def _object(self, fact: Fact, *key: object) -> str:
        """The object of a fact as it stands in a sentence."""
        if isinstance(fact.object, str):
            return prose.link(self.entities[fact.object], *key)
        return self._plain_object(fact)

    def _plain_object(self, fact: Fact) -> str:
        if isinstance(fact.object, str):
            return prose.bare_name(self.entities[fact.object])
        return f"{fact.object:,}" if RELATIONS[fact.relation].kind == "number" else f"{fact.object}"

    def _entry(self, entity: Entity) -> str:
        """A line of a list: the entity's title as a link, and what it is."""
        kind = "" if entity.title.endswith(")") else f", {entity.kind}"
        return f"[[{entity.url}|{entity.title}]]{kind}"

    def _alive(self, entity: Entity) -> bool:
        return entity.id not in self._dead


def long_date(day: date) -> str:
    """12 March 2018."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _part_url(title: str, part: int) -> str:
    """Where part `part` (from 0) of an index lies."""
    return f"{ROOT}/wiki/{title.replace(' ', '_')}" + (f"_({part + 1})" if part else "")


def _parts(title: str, entries: Sequence[str], count: int) -> list[Page]:
    """An index in `count` parts of about equal length, each leading to the next."""
    size = -(-len(entries) // count)
    pages = []
    for part in range(count):
        lines = [f"- {entry}" for entry in entries[part * size : (part + 1) * size]]
        name = title if count == 1 else f"{title} (part {part + 1} of {count})"
        if part + 1 < count:
            lines.append(f"Continued: [[{_part_url(title, part + 1)}|part {part + 2}]]")
        text = "\n".join([f"{name}.", *lines])
        pages.append(prose.page_of(_part_url(title, part), name, text))
    return pages
