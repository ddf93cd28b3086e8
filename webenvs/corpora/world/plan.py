"""What every page of a generated web will tell, as records: all decisions, no text."""

from webenvs.corpora.knowledge import Entity, Fact
from webenvs.corpora.world.cast import Cast
from webenvs.records import Record

CHUNK = 40
"""The most entries on one index, list or table."""
OTHER_INDEX = "Index of other subjects"
"""The title of the index of all types that have few members."""
PROSE, BOX, ROSTER, LISTED, NEWS, SITE, ONLY = (1 << bit for bit in range(7))
"""Where a fact stands, as bits: a sentence or the infobox of its subject's article; a sentence of
its object's article; a list or table; the news; a site; a site and nowhere else."""
Facts = tuple[int, ...]
"""Places in `Plan.facts`."""


class Roll(Record, frozen=True, kw_only=True):
    """One page of a list or a table, of at most CHUNK rows, and the url of the page it goes on on.

    With an `object`, the rows are what stands in `relation` to that entity; without one (-1) they
    are members of a type with their values. A row holds the fact of the list (or -1), then one fact
    or -1 for each relation of `columns`.
    """

    url: str
    title: str
    relation: str
    object: int
    columns: tuple[str, ...]
    rows: tuple[Facts, ...]
    next: str = ""


class Item(Record, frozen=True, kw_only=True):
    """A news item: its day (YYYY-MM-DD), the fact it reports or -1, and by which template.

    `site` is the place of the newspaper that prints it, -1 for the encyclopedia's own news.
    """

    url: str
    day: str
    fact: int
    template: int
    site: int = -1


class Namesakes(Record, frozen=True, kw_only=True):
    """A disambiguation page: places of the entities that share a name or a surname."""

    url: str
    title: str
    name: str
    members: tuple[int, ...]


class Leaf(Record, frozen=True, kw_only=True):
    """A page of a site about one thing that belongs to its owner, and perhaps pages below it.

    `link` is the fact that ties the thing to the owner; `told` and `details` are facts about it, on
    its page and on the page of details; `staff` are facts that name it, on a page of their own.
    """

    slug: str
    thing: int
    link: int
    told: Facts = ()
    details: Facts = ()
    staff: Facts = ()


class Group(Record, frozen=True, kw_only=True):
    """Part of a shelf: a sub-section with a page of its own, or, with an empty slug, none."""

    slug: str
    title: str
    links: Facts
    leaves: tuple[Leaf, ...]


class Shelf(Record, frozen=True, kw_only=True):
    """A section of a site: what stands in `relation` to its owner."""

    slug: str
    relation: str
    groups: tuple[Group, ...]


class Site(Record, frozen=True, kw_only=True):
    """The site of an organisation: which facts about it stand on which of its pages.

    `rooms` pairs the slug of a page below "About" with facts about the owner; `items` are its own
    news. A `bare` site has a home page and shelves, nothing else.
    """

    owner: int
    root: str
    rooms: tuple[tuple[str, Facts], ...]
    shelves: tuple[Shelf, ...]
    items: tuple[Item, ...] = ()
    bare: bool = False


class Distractor(Record, frozen=True, kw_only=True):
    """A page about nothing that is asked; `near` is the place of an entity it is near, or -1.

    `sort` is near (a near-namesake), side (a side issue of the entity) or oddity.
    """

    url: str
    title: str
    sort: str
    near: int


class Directory(Record, frozen=True, kw_only=True):
    """An alphabetical or chronological index: places of entities, or of another kind of pages."""

    title: str
    url: str
    what: str
    order: Facts


class Plan(Record, frozen=True, kw_only=True):
    """All pages of a web: `spots` holds, for each fact, the bits that say where it stands.

    Entities are numbered in the order of the cast (`entities_of`). `length` scales the number of
    sentences without facts. `notices` is the number of pages about the encyclopedia itself.
    """

    facts: tuple[Fact, ...]
    spots: bytes
    rolls: tuple[Roll, ...]
    items: tuple[Item, ...]
    namesakes: tuple[Namesakes, ...]
    sites: tuple[Site, ...]
    distractors: tuple[Distractor, ...]
    directories: tuple[Directory, ...]
    notices: int
    length: float


def entities_of(cast: Cast) -> list[Entity]:
    """All entities of the cast, in the order by which a plan numbers them."""
    return [entity for group in cast.members.values() for entity in group]
