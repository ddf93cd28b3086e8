"""Lives: births, families, deaths, studies, work and play."""

from webenvs.corpora.knowledge import Entity
from webenvs.corpora.world.cast import SCIENCES, by_science
from webenvs.corpora.world.past.chronicle import NOW, Chronicle

_SPAN = 14
"""Years within which the siblings of one family are born."""
_YOUNGEST = 1988
"""The last year of birth of anyone who has a page."""


def bear(chronicle: Chronicle) -> None:
    """Births and deaths; about half of the people are alive in NOW."""
    for person in chronicle.members["person"]:
        born = _birth(chronicle, person)
        chronicle.born[person.id] = born
        chronicle.say(person, "birth_year", born)
        chronicle.say(person, "birth_place", chronicle.homes[person.id])
        died = born + 58 + chronicle.draw(35, person, "death_year")
        if chronicle.die(person.id, died):
            chronicle.say(person, "death_year", died)
            if chronicle.has(0.6, person, "death_place"):
                chronicle.say(person, "death_place", chronicle.pick("city", person, "death_place"))
    _siblings(chronicle)


def marry(chronicle: Chronicle) -> None:
    """Couples of about one age, no siblings among them, nobody twice."""
    wed: set[str] = set()
    born, kin = chronicle.born, chronicle.kin
    for person in chronicle.members["person"]:
        if person.id in wed or not chronicle.has(0.4, person, "spouse"):
            continue

        def suits(other: str, one: str = person.id) -> bool:
            family = {one, kin.get(one, one)} & {other, kin.get(other, other)}
            return other not in wed and not family and abs(born[one] - born[other]) <= 12

        partner = chronicle.pick("person", person, "spouse", suits)
        if partner:
            wed.update((person.id, partner))
            chronicle.say_both("spouse", person.id, partner)


def work(chronicle: Chronicle) -> None:
    """Studies, teachers and work; the heads of departments work there."""
    departments = by_science(chronicle.members["department"])
    heads = [fact for fact in chronicle.facts if fact.relation == "department_head"]
    chairs = {str(fact.object): fact.subject for fact in heads}
    for person in chronicle.members["person"]:
        _study(chronicle, person)
        if person.id in chairs:
            chronicle.say(person, "works_in", chairs[person.id])
        elif person.kind in SCIENCES and chronicle.has(0.7, person, "works_in"):
            chronicle.say(
                person,
                "works_in",
                chronicle.pick_from(
                    departments.get(SCIENCES[person.kind], []),
                    person,
                    "works_in",
                    chronicle.open(chronicle.born[person.id] + 27),
                ),
            )
        elif person.kind in ("footballer", "coach"):
            _play(chronicle, person)
        elif chronicle.has(0.45, person, "employer"):
            firms = chronicle.open(chronicle.born[person.id] + 25)
            chronicle.say(person, "employer", chronicle.pick("company", person, "employer", firms))


def _birth(chronicle: Chronicle, person: Entity) -> int:
    elder = chronicle.kin.get(person.id)
    if elder:
        first = chronicle.born[elder] + 1
        return chronicle.year(person, "birth_year", first, min(first + _SPAN, _YOUNGEST))
    old = chronicle.draw(100, person, "era") < 38
    return chronicle.year(person, "birth_year", *((1800, 1925) if old else (1942, _YOUNGEST - 5)))


def _siblings(chronicle: Chronicle) -> None:
    families: dict[str, list[str]] = {}
    for younger, elder in chronicle.kin.items():
        families.setdefault(elder, [elder]).append(younger)
    for family in families.values():
        for place, one in enumerate(family):
            for other in family[place + 1 :]:
                chronicle.say_both("sibling", one, other)


def _study(chronicle: Chronicle, person: Entity) -> None:
    born = chronicle.born[person.id]
    if chronicle.has(0.8, person, "studied_at"):
        school = chronicle.pick("university", person, "studied_at", chronicle.open(born + 18))
        chronicle.say(person, "studied_at", school)
        if school:
            graduated = born + 21 + chronicle.draw(6, person, "graduation_year")
            chronicle.say(person, "graduation_year", graduated)
    if chronicle.has(0.35, person, "mentor"):

        def elder(teacher: str) -> bool:
            gap = born - chronicle.born[teacher]
            return 12 <= gap <= 45 and chronicle.died[teacher] > born + 18

        chronicle.say(person, "mentor", chronicle.pick("person", person, "mentor", elder))


def _play(chronicle: Chronicle, person: Entity) -> None:
    if not chronicle.has(0.8, person, "played_for"):
        return
    young = chronicle.open(min(chronicle.born[person.id] + 20, NOW))
    clubs = chronicle.members["club"]
    for club in chronicle.pick_some(clubs, person, "played_for", young, 4):
        chronicle.say(person, "played_for", club)
