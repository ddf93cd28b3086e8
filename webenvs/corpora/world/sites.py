"""Which organisations have a site of their own, and how its pages share what is to be told.

A site has a home page, "About" with rooms below it, "Contact", "News", and a shelf for each sort of
thing that belongs to the owner: a section, perhaps sub-sections, a page a thing, pages of details.
"""

import itertools
from collections.abc import Mapping, Sequence

from webenvs.corpora.world.addresses import housed, root_of, site_url, slug_of
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.budget import index_pages
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.ledger import Ledger
from webenvs.corpora.world.news import item_of
from webenvs.corpora.world.plan import (
    CHUNK,
    NEWS,
    ONLY,
    SITE,
    Facts,
    Group,
    Item,
    Leaf,
    Shelf,
    Site,
)
from webenvs.corpora.world.relations import RELATIONS

OWNERS = ("university", "museum", "company", "newspaper", "journal", "club")
"""The types that have sites, those with the deepest sites first."""
SECTIONS: dict[str, tuple[str, str]] = {
    "artwork_museum": ("collection", "Collection"),
    "maker": ("products", "Products"),
    "newspaper_owner": ("papers", "Our newspapers"),
    "paper_journal": ("issues", "Past issues"),
    "parent_company": ("group", "Our group"),
    "studied_at": ("alumni", "Alumni"),
    "employer": ("team", "Our people"),
    "played_for": ("players", "Players past and present"),
    "publisher": ("catalogue", "Catalogue"),
    "club_sponsor": ("partners", "Sport partnerships"),
    "award_presenter": ("prizes", "Prizes"),
    "exhibition_museum": ("exhibitions", "Exhibitions"),
}
"""The slug and the heading of a shelf, by relation; others are named after the things on it."""

_SHARE = 0.7  # of the organisations of a type, at most
_ROOM, _ROOM_ONLY = 0.8, 0.45  # shares of facts about the owner: on its site, and nowhere else
_OWN_ONLY, _OTHER_ONLY = 0.8, 0.3  # shares of facts about a thing that stand on its site only
_DEEPER = 0.6  # of the facts about a thing whose own page lies on the site
_FULL_HOSTS = 0.5  # of the owners that must have a site
_BARE = 2  # pages of a bare site
_OWNED = ("department", "product", "exhibition", "artwork", "paper")
_LEAST_SITE = 10  # pages; a smaller room is left
_MOST_ITEMS, _DEEP_FROM = 3, 5
_ROOMS = {"year": "history", "date": "history", "number": "figures", "person": "leadership"}


def sites_of(
    seed: int, ledger: Ledger, spots: bytearray, room: int, large: bool
) -> tuple[Site, ...]:
    """Sites on at most `room` pages (but see `least_room`); notes SITE, ONLY and NEWS in `spots`.

    Owners of things whose own page lies on a site always have one, a bare one if need be. `large`
    webs have sites of up to nine things a shelf, small ones of up to three.
    """
    hosts = _hosts(ledger)
    due = len(hosts)
    sites: list[Site] = []
    used = 0
    for owner, root in _in_turn(hosts, _candidates(ledger, hosts)):
        due -= owner in hosts
        left = room - used - index_pages(len(sites) + due + 1) - due * _BARE
        for bare in _forms(seed, owner in hosts, root):
            builder = _Builder(seed, ledger, spots, owner, root, large)
            site = builder.site(bare)
            pages = site_pages(site, ledger)
            if bare or pages <= left:
                builder.note()
                sites.append(site)
                used += pages
                break
        if not due and left < _LEAST_SITE:
            break
    return tuple(sites)


def _forms(seed: int, host: bool, root: str) -> tuple[bool, ...]:
    """Which forms of a site are tried, a bare one being True: hosts have to have one."""
    if not host:
        return (False,)
    return (False, True) if Dice(seed, "host", root).chance(_FULL_HOSTS) else (True,)


def _in_turn(hosts: Mapping[int, str], others: Mapping[int, str]) -> list[tuple[int, str]]:
    """Hosts and others by turns, then those that are left."""
    pairs = itertools.zip_longest(hosts.items(), others.items())
    return [one for pair in pairs for one in pair if one is not None]


def least_room(ledger: Ledger) -> int:
    """How many pages the sites have that must be."""
    hosts = len(_hosts(ledger))
    return hosts * _BARE + index_pages(hosts)


def site_pages(site: Site, ledger: Ledger) -> int:
    """How many pages a site has, beside those that are some entity's own."""
    leaves = [leaf for shelf in site.shelves for group in shelf.groups for leaf in group.leaves]
    own = sum(not housed(ledger.entities[leaf.thing].url) for leaf in leaves)
    below = sum(bool(leaf.details) + bool(leaf.staff) for leaf in leaves)
    groups = sum(bool(group.slug) for shelf in site.shelves for group in shelf.groups)
    common = 1 if site.bare else 3 + len(site.rooms) + len(site.items)
    return common + len(site.shelves) + groups + own + below


def _hosts(ledger: Ledger) -> dict[int, str]:
    """The owners of things whose own page lies on a site, with the root of that site."""
    hosts: dict[int, str] = {}
    for place, entity in enumerate(ledger.entities):
        if housed(entity.url):
            owner = next(
                ledger.objects[fact]
                for fact in ledger.about(place)
                if RELATIONS[ledger.facts[fact].relation].fixed
            )
            hosts[owner] = root_of(entity.url)
    return hosts


def _candidates(ledger: Ledger, hosts: Mapping[int, str]) -> dict[int, str]:
    """Other owners in the order in which they get sites, types in turn, with the roots of these."""
    members: dict[str, list[int]] = {name: [] for name in OWNERS}
    for place, entity in enumerate(ledger.entities):
        if entity.type in members:
            members[entity.type].append(place)
    ranked = [
        (rank / max(1, len(group)), turn, place)
        for turn, group in enumerate(members.values())
        for rank, place in enumerate(group[: max(1, round(len(group) * _SHARE))])
    ]
    roots = set(hosts.values())
    found: dict[int, str] = {}
    for _, _, place in sorted(ranked):
        root = site_url(ledger.entities[place].title)
        if place not in hosts and root not in roots:
            roots.add(root)
            found[place] = root
    return found


class _Builder:
    """Plans one site; what it decides is noted only when the site is taken."""

    def __init__(
        self, seed: int, ledger: Ledger, spots: bytearray, owner: int, root: str, large: bool
    ) -> None:
        self._seed = seed
        self._ledger = ledger
        self._spots = spots
        self._owner = owner
        self._root = root
        self._dice = Dice(seed, "site", root)
        self._most = 4 + self._dice.below(6) if large else 2 + self._dice.below(2)
        self._marks: dict[int, int] = {}

    def site(self, bare: bool) -> Site:
        """The site; a bare one shows only what has its own page there."""
        rooms = () if bare else self._rooms()
        shelves = self._shelves(bare)
        items = () if bare else self._items()
        return Site(
            owner=self._owner,
            root=self._root,
            rooms=rooms,
            shelves=shelves,
            items=items,
            bare=bare,
        )

    def note(self) -> None:
        """Say in the spots what stands on the site."""
        for fact, bits in self._marks.items():
            self._spots[fact] |= bits

    def _mark(self, fact: int, bits: int, only: float = 0.0) -> None:
        """Remember that the site states the fact, in a share of the cases alone."""
        relation = RELATIONS[self._ledger.facts[fact].relation]
        shared = relation.fixed or relation.symmetric
        alone = not shared and not self._spots[fact] and self._dice.chance(only)
        self._marks[fact] = self._marks.get(fact, 0) | bits | (ONLY if alone else 0)

    def _free(self, fact: int) -> bool:
        """Whether no other site claims the fact."""
        return not self._spots[fact] & ONLY and fact not in self._marks

    def _rooms(self) -> tuple[tuple[str, Facts], ...]:
        """The pages below "About", and "contact", with what they tell of the owner."""
        rooms: dict[str, list[int]] = {"contact": []}
        for fact in self._ledger.about(self._owner):
            if self._free(fact) and self._dice.chance(_ROOM):
                reach = RELATIONS[self._ledger.facts[fact].relation].range
                rooms.setdefault(_ROOMS.get(reach, "contact"), []).append(fact)
                self._mark(fact, SITE, _ROOM_ONLY)
        return tuple((slug, tuple(facts)) for slug, facts in rooms.items())

    def _shelves(self, bare: bool) -> tuple[Shelf, ...]:
        """A shelf for each relation in which things stand to the owner."""
        links: dict[str, list[int]] = {}
        for fact in self._ledger.naming(self._owner):
            relation = RELATIONS[self._ledger.facts[fact].relation]
            shown = relation.rosters and not relation.inverse_functional and not bare
            if self._lives_here(fact) or (shown and self._free(fact)):
                links.setdefault(relation.name, []).append(fact)
        return tuple(
            self._shelf(relation, links[relation][:CHUNK], bare)
            for relation in RELATIONS
            if relation in links
        )

    def _lives_here(self, fact: int) -> bool:
        """Whether the subject's own page lies on this site."""
        return self._ledger.entities[self._ledger.subjects[fact]].url.startswith(self._root)

    def _shelf(self, relation: str, links: list[int], bare: bool) -> Shelf:
        """One shelf; a long one has sub-sections."""
        domain = RELATIONS[relation].domain
        slug, _ = section_of(relation)
        chosen = set() if domain == "person" else set(self._dice.some(links, self._most))
        chosen.update(filter(self._lives_here, links))
        slugs: set[str] = set()
        members = sorted(links, key=self._name)
        leaves = [self._leaf(link, domain, slugs, bare) for link in members if link in chosen]
        for link in members:
            self._mark(link, SITE, 0.0 if domain == "person" else _OTHER_ONLY)
        if bare or len(members) < _DEEP_FROM:
            return Shelf(slug=slug, relation=relation, groups=(_group("", "", members, leaves),))
        groups = tuple(
            _group(f"part-{part + 1}", self._range(links), links, leaves)
            for part, links in enumerate(self._parts(members))
        )
        return Shelf(slug=slug, relation=relation, groups=groups)

    def _parts(self, members: list[int]) -> list[list[int]]:
        """The members in two or more parts of about equal size, in order."""
        parts = max(2, len(members) // 12)
        size = -(-len(members) // parts)
        return [members[start : start + size] for start in range(0, len(members), size)]

    def _range(self, members: Sequence[int]) -> str:
        """The title of a part: from its first name to its last."""
        return f"{self._name(members[0])} to {self._name(members[-1])}"

    def _name(self, link: int) -> str:
        """The title of the subject of a fact."""
        return self._ledger.entities[self._ledger.subjects[link]].title

    def _leaf(self, link: int, domain: str, slugs: set[str], bare: bool) -> Leaf:
        """The page of one thing: part of what is known of it, the rest a click deeper."""
        slug = slug_of(self._name(link))
        slug += "-too" * (slug in slugs)
        slugs.add(slug)
        thing = self._ledger.subjects[link]
        told, details = ([], []) if bare else self._about_thing(thing, link, domain)
        staff = self._ledger.naming(thing) if domain in _OWNED and not bare else []
        staff = [fact for fact in staff if self._is_staff(fact)][:CHUNK]
        for fact in staff:
            self._mark(fact, SITE)
        return Leaf(
            slug=slug,
            thing=thing,
            link=link,
            told=tuple(told),
            details=tuple(details),
            staff=tuple(staff),
        )

    def _about_thing(self, thing: int, link: int, domain: str) -> tuple[list[int], list[int]]:
        """The facts about a thing that its page tells, and those on the page of details.

        If the thing's own page lies here, it is written like an article, and tells what it likes.
        """
        own = self._lives_here(link)
        told: list[int] = []
        details: list[int] = []
        for fact in self._ledger.about(thing):
            if fact == link or not self._free(fact) or (own and not self._dice.chance(_DEEPER)):
                continue
            person = RELATIONS[self._ledger.facts[fact].relation].range == "person"
            (details if own or person or self._dice.chance(0.4) else told).append(fact)
            self._mark(fact, SITE, _OWN_ONLY if domain in _OWNED else _OTHER_ONLY)
        return told, details

    def _is_staff(self, fact: int) -> bool:
        """Whether a fact says that a person belongs to what it names."""
        relation = RELATIONS[self._ledger.facts[fact].relation]
        return relation.domain == "person" and bool(relation.rosters) and self._free(fact)

    def _items(self) -> tuple[Item, ...]:
        """The site's own news: about the owner, and one item or two about nothing."""
        able = [
            fact
            for fact in self._ledger.about(self._owner)
            if RELATIONS[self._ledger.facts[fact].relation].news
            and not (self._marks.get(fact, 0) | self._spots[fact]) & ONLY
        ]
        chosen = self._dice.some(able, self._dice.below(_MOST_ITEMS))
        for fact in chosen:
            self._mark(fact, NEWS | SITE)
        blank = [-1 - turn for turn in range(1 + self._dice.below(2))]
        return tuple(
            item_of(self._seed, self._ledger, fact, self._root) for fact in [*chosen, *blank]
        )


def section_of(relation: str) -> tuple[str, str]:
    """The slug and the heading of the shelf of a relation."""
    if relation in SECTIONS:
        return SECTIONS[relation]
    plural = TYPES[RELATIONS[relation].domain].words.plural
    return slug_of(plural), plural.capitalize()


def _group(slug: str, title: str, links: Sequence[int], leaves: Sequence[Leaf]) -> Group:
    """The part of a shelf that holds those links, with their leaves."""
    held = set(links)
    return Group(
        slug=slug,
        title=title,
        links=tuple(links),
        leaves=tuple(leaf for leaf in leaves if leaf.link in held),
    )
