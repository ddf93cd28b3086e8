"""Works and honours: books, films, art, papers, exhibitions and awards."""

from collections.abc import Sequence
from datetime import date, timedelta

from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.cast import SCIENCES, by_science
from webenvs.corpora.world.past.chronicle import NOW, Chronicle, Fits, besides

_WRITERS = ("novelist", "journalist", "historian")
_ARTISTS = ("painter", "sculptor")
_STAGE = ("actor", "film director", "composer")
_HONOURED: dict[str, tuple[str, ...]] = {
    "literary prize": ("novelist", "journalist"),
    "science prize": tuple(SCIENCES),
    "art prize": (*_ARTISTS, *_STAGE),
    "prize for public service": ("politician", "industrialist", "coach", "footballer"),
}
"""Who wins which kind of award."""


def write(chronicle: Chronicle) -> None:
    """Books: written by the living, brought out by publishers that exist."""
    writers = chronicle.able(*_WRITERS)
    presses = [one for one in chronicle.members["company"] if one.kind == "publishing house"]
    for book in chronicle.members["book"]:
        author = _maker(chronicle, writers, book, "author")
        year = _begin_in_life(chronicle, book, "published", author, 24)
        if chronicle.has(0.18, book, "author"):
            others = besides((author,), chronicle.grown(year, 24))
            chronicle.say(book, "author", chronicle.pick_from(writers, book, "author", others, 1))
        publisher = chronicle.pick_from(presses, book, "publisher", chronicle.open(year))
        chronicle.say(book, "publisher", publisher)
        if chronicle.has(0.9, book, "set_in"):
            chronicle.say(book, "set_in", chronicle.pick("city", book, "set_in"))
        if chronicle.has(0.5, book, "dedicated_to"):
            known = besides((author,), chronicle.grown(year, 10))
            friend = chronicle.pick("person", book, "dedicated_to", known)
            chronicle.say(book, "dedicated_to", friend)


def shoot(chronicle: Chronicle) -> None:
    """Films, with directors and stars of age, after books that had appeared."""
    books = {book.name: book.id for book in chronicle.members["book"]}
    actors = chronicle.able("actor")
    late = [one for one in chronicle.members["person"] if _saw_films(chronicle, one.id)]
    directors = [one for one in late if one.kind == "film director"] or late
    for film in chronicle.members["film"]:
        director = _maker(chronicle, directors, film, "film_director")
        first = max(1908, chronicle.born[director] + 26)
        day = chronicle.day(film, "film_premiere", first, _last_year(chronicle, director))
        year = int(day[:4])
        chronicle.say(film, "film_premiere", day)
        chronicle.say(film, "runtime", 61 + chronicle.draw(120, film, "runtime"))
        stars = besides((director,), chronicle.grown(year, 16))
        for star in chronicle.pick_some(actors, film, "film_star", stars, 4):
            chronicle.say(film, "film_star", star)
        written = chronicle.open(year - 1)
        book = books.get(film.name)
        if book and written(book):
            chronicle.say(film, "based_on", book)
        elif chronicle.has(0.35, film, "based_on"):
            chronicle.say(film, "based_on", chronicle.pick("book", film, "based_on", written))
        if chronicle.has(0.85, film, "filmed_in"):
            chronicle.say(film, "filmed_in", chronicle.pick("city", film, "filmed_in"))


def paint(chronicle: Chronicle) -> None:
    """Works of art, and the museums that own them."""
    for artwork in chronicle.members["artwork"]:
        kind = "sculptor" if artwork.kind.endswith("sculpture") else "painter"
        artist = _maker(chronicle, chronicle.able(kind), artwork, "artist")
        _begin_in_life(chronicle, artwork, "artwork_year", artist, 18)
        if chronicle.has(0.8, artwork, "artwork_museum"):
            owner = chronicle.pick("museum", artwork, "artwork_museum")
            chronicle.say(artwork, "artwork_museum", owner)
        if chronicle.has(0.4, artwork, "depicts"):
            chronicle.say(artwork, "depicts", chronicle.pick("city", artwork, "depicts"))


def exhibit(chronicle: Chronicle) -> None:
    """Exhibitions in museums that were open, of works that were finished."""
    curators = chronicle.able("art historian", *_ARTISTS)
    for exhibition in chronicle.members["exhibition"]:
        museum = chronicle.pick("museum", exhibition, "exhibition_museum")
        first = 1 + max(1890, chronicle.began[museum] if museum else 0)
        opened = chronicle.day(exhibition, "exhibition_opened", first, NOW - 2)
        days = timedelta(30 + chronicle.draw(150, exhibition, "exhibition_closed"))
        closed = (date.fromisoformat(opened) + days).isoformat()
        year = int(opened[:4])
        chronicle.say(exhibition, "exhibition_museum", museum)
        chronicle.say(exhibition, "exhibition_opened", opened)
        chronicle.say(exhibition, "exhibition_closed", closed)
        finished = chronicle.open(year - 1)
        artworks = chronicle.members["artwork"]
        for artwork in chronicle.pick_some(artworks, exhibition, "shows", finished, 6):
            chronicle.say(exhibition, "shows", artwork)
        if chronicle.has(0.85, exhibition, "curator"):
            able = chronicle.grown(year, 26)
            curator = chronicle.pick_from(curators, exhibition, "curator", able)
            chronicle.say(exhibition, "curator", curator)


def research(chronicle: Chronicle) -> None:
    """Papers by scholars of their science, in its journals, citing earlier ones."""
    scholars = {science: chronicle.able(kind) for kind, science in SCIENCES.items()}
    journals = by_science(chronicle.members["journal"])
    for paper in chronicle.members["paper"]:
        science = paper.kind.split(" ", 1)[0]
        author = _maker(chronicle, scholars[science], paper, "paper_author")
        year = _begin_in_life(chronicle, paper, "paper_year", author, 24)
        others = besides((author,), chronicle.grown(year, 22))
        if chronicle.has(0.45, paper, "paper_author"):
            everyone = chronicle.able(*SCIENCES)
            for other in chronicle.pick_some(everyone, paper, "paper_author", others, 3):
                chronicle.say(paper, "paper_author", other)
        journal_id = chronicle.pick_from(
            journals.get(science, ()), paper, "paper_journal", chronicle.open(year)
        )
        chronicle.say(paper, "paper_journal", journal_id)
    for paper in chronicle.members["paper"]:
        if chronicle.has(0.7, paper, "cites"):
            earlier = chronicle.open(chronicle.began[paper.id] - 1)
            papers = chronicle.members["paper"]
            for source in chronicle.pick_some(papers, paper, "cites", earlier, 4):
                chronicle.say(paper, "cites", source)


def honour(chronicle: Chronicle) -> None:
    """Awards in memory of the dead, and who won which in their lives."""
    for award in chronicle.members["award"]:
        year = chronicle.year(award, "award_first", 1890, 1985)
        chronicle.began[award.id] = year
        chronicle.say(award, "award_first", year)
        chronicle.say(award, "award_city", chronicle.pick("city", award, "award_city"))
        presenter = chronicle.pick("university", award, "award_presenter", chronicle.open(year))
        chronicle.say(award, "award_presenter", presenter)
        if chronicle.has(0.9, award, "commemorates"):
            gone = _gone(chronicle, year)
            chronicle.say(
                award, "commemorates", chronicle.pick("person", award, "commemorates", gone)
            )
    for kind, winners in _HONOURED.items():
        awards = [award for award in chronicle.members["award"] if award.kind == kind]
        for person in chronicle.able(*winners):
            _decorate(chronicle, person, awards)


def _decorate(chronicle: Chronicle, person: Entity, awards: list[Entity]) -> None:
    """Awards for a person, all of which existed in the year of the first."""
    year = chronicle.born[person.id] + 32 + chronicle.draw(26, person, "award_year")
    last = min(NOW, chronicle.died[person.id])
    if year >= last or not chronicle.has(0.6, person, "person_award"):
        return
    won = chronicle.pick_some(awards, person, "person_award", chronicle.open(year), 3)
    for award in won:
        chronicle.say(person, "person_award", award)
    if won:
        chronicle.say(person, "award_year", year)


def _saw_films(chronicle: Chronicle, person: str) -> bool:
    """Whether a person lived to make films."""
    return chronicle.born[person] >= 1860 and chronicle.died[person] > 1935


def _gone(chronicle: Chronicle, year: int) -> Fits:
    """Whether a person has died before `year`."""
    died = chronicle.died
    return lambda person: died[person] < year


def _maker(chronicle: Chronicle, able: Sequence[Entity], work: Entity, relation: str) -> str:
    """Settle and note who made a work: one of those able, or of all people if nobody is."""
    pool = able or chronicle.members["person"]
    maker = chronicle.pick_from(pool, work, relation) or pool[-1].id
    chronicle.say(work, relation, maker)
    return maker


def _begin_in_life(chronicle: Chronicle, work: Entity, relation: str, maker: str, age: int) -> int:
    """Settle and note the year of a work, in the life of its maker from that age on."""
    first = chronicle.born[maker] + age
    year = chronicle.year(work, relation, first, _last_year(chronicle, maker))
    chronicle.began[work.id] = year
    chronicle.say(work, relation, year)
    return year


def _last_year(chronicle: Chronicle, maker: str) -> int:
    """The last year in which somebody makes anything."""
    return min(chronicle.died[maker] - 1, chronicle.born[maker] + 60, NOW - 2)
