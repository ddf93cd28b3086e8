"""What was true in a generated world before: earlier holders, owners, seats and numbers.

The pages of a world are written in one year, `NOW`, and its knowledge holds what is true then. What
changes in a world (`RULES`) has been otherwise before; how is drawn from the fact alone, so the
past of a fact is the same wherever it is asked for, and pages and tasks are untouched by it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from webenvs import seeding
from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Value
from webenvs.corpora.world.past.chronicle import NOW
from webenvs.corpora.world.relations import RELATIONS
from webenvs.records import Record

_MOST_TERMS = 3
_TRIES = 12
_COME_OF_AGE, _RETIRE = 28, 84
_BEGINNINGS = (
    *(
        "university_founded",
        "company_founded",
        "club_founded",
        "department_founded",
        "independence",
    ),
    *("journal_founded", "museum_opened", "first_issue", "festival_first", "product_launch"),
    *("city_founded", "award_first"),
)
"""Relations that tell in which year, or on which day, their subject began."""


class Term(Record, frozen=True, kw_only=True):
    """A value that held up to the end of the year `until`.

    Someone the world has no page of is the value "", and has a `name`.
    """

    value: Value
    until: int
    name: str = ""


class Rule(NamedTuple):
    """How a relation changes: in terms of `least` to `most` years, with the last change `recent`.

    `settled` is the share of subjects for which nothing ever changed.
    """

    sort: str
    recent: int
    least: int
    most: int
    settled: float = 0.0


_OFFICE = Rule("office", 8, 3, 10, 0.1)
_OWNER = Rule("owner", 20, 4, 20, 0.3)
_CENSUS = Rule("count", 4, 4, 12)
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(("president", "governor", "mayor", "chief_executive", "rector"), _OFFICE),
        **dict.fromkeys(("department_head", "museum_director", "coach"), _OFFICE),
        **dict.fromkeys(("newspaper_editor", "journal_editor"), _OFFICE),
        **dict.fromkeys(("parent_company", "newspaper_owner", "club_sponsor"), _OWNER),
        **dict.fromkeys(("population", "students", "employees", "capacity"), _CENSUS),
        **dict.fromkeys(("visitors", "print_run"), _CENSUS),
        "units_sold": Rule("sum", 2, 3, 10),
        "capital": Rule("seat", 150, 30, 90, 0.6),
        "region_seat": Rule("seat", 150, 30, 90, 0.6),
        "headquarters": Rule("seat", 60, 10, 40, 0.6),
    }
)
"""What changes in a generated world; all else (births, works, foundings, lengths) stays."""


class History:
    """The past of the facts of one world; knowledge of another kind has none."""

    def __init__(self, knowledge: Knowledge) -> None:
        """Note which of its relations are those of a generated world and change."""
        self._knowledge = knowledge
        self._rules = {
            name: rule
            for name, rule in RULES.items()
            if knowledge.relations.get(name) == RELATIONS[name].known
        }
        self._found: dict[tuple[str, str, str], tuple[Term, ...]] = {}
        self._before: Mapping[str, Callable[[_Past], Value | str | None]] = {
            "office": self._holder,
            "owner": self._owner,
            "seat": self._seat,
            "count": _counted,
            "sum": _counted,
        }

    def terms(self, fact: Fact) -> tuple[Term, ...]:
        """What held before the fact's object, the latest first; empty if it has not changed."""
        if fact.relation not in self._rules:
            return ()
        if fact.key not in self._found:
            self._found[fact.key] = tuple(self._drawn(fact))
        return self._found[fact.key]

    def at(self, fact: Fact, year: int) -> Term | None:
        """What held at the end of `year`, or the oldest that is known; None for the fact's own."""
        found = None
        for term in self.terms(fact):
            if year > term.until:
                break
            found = term
        return found

    def _drawn(self, fact: Fact) -> list[Term]:
        rule = self._rules[fact.relation]
        key = ("history", *fact.key)
        terms: list[Term] = []
        if seeding.uniform(*key, "settled") < rule.settled:
            return terms
        began = self._began(fact.subject)
        until = NOW - 1 - seeding.integer(rule.recent, *key, "recent")
        if rule.sort == "office":
            born = self._year(str(fact.object), "birth_year") or 0
            until = min(NOW - 1, max(until, born + _COME_OF_AGE))
        value: Value = fact.object
        for number in range(1 + seeding.integer(_MOST_TERMS, *key, "terms")):
            length = rule.least + seeding.integer(rule.most - rule.least + 1, *key, number, "years")
            if until <= began:
                break
            since = max(began, until - length)
            used = tuple(term.value for term in terms)
            past = _Past(fact, (*key, number), rule.sort, value, used, since, until)
            found = self._before[rule.sort](past)
            if found is None:
                break
            named = rule.sort == "office" and found not in self._knowledge.entities
            terms.append(
                Term(value="" if named else found, until=until, name=str(found) if named else "")
            )
            value, until = found, until - length
        return terms

    def _holder(self, past: "_Past") -> str:
        """Who held an office: one of the kind of its holder who is known to have had no other.

        Else someone without a page, who goes by the names of two people who have one.
        """
        fact = past.fact
        for person in self._former.get((fact.relation, fact.subject), ()):
            if person not in past.used and self._could_serve(person, past.since, past.until):
                return person
        people = self._knowledge.of_type("person")
        name = ""
        for turn in range(_TRIES):
            first, last = (
                seeding.choice(people, *past.key, part, turn).name for part in ("first", "last")
            )
            name = f"{first.split()[0]} {last.split()[-1]}"
            if not self._knowledge.bearers(name):
                break
        return name

    def _owner(self, past: "_Past") -> str | None:
        """A company that was there, is not the later owner, and does not belong to the subject."""
        fact = past.fact
        barred = {past.value, fact.subject, fact.object, *past.used}
        for owned in self._knowledge.facts_to(fact.subject, "parent_company"):
            barred.add(owned.subject)
        companies = self._knowledge.of_type("company")
        return self._standing(companies, barred, past)

    def _seat(self, past: "_Past") -> str | None:
        """A city of the same country or region; of a company, any city."""
        fact, knowledge = past.fact, self._knowledge
        home = {"capital": "city_country", "region_seat": "city_region"}.get(fact.relation)
        cities = knowledge.of_type("city")
        if home is not None:
            within = knowledge.facts_to(fact.subject, home)
            cities = tuple(knowledge.entities[found.subject] for found in within)
        return self._standing(cities, {past.value, fact.object, *past.used}, past)

    def _standing(self, pool: Sequence[Entity], barred: set[Value], past: "_Past") -> str | None:
        """One of the pool that had begun by then and is not barred, or None after some tries."""
        for turn in range(_TRIES if pool else 0):
            found = seeding.choice(pool, *past.key, "pick", turn).id
            if found not in barred and self._began(found) <= past.since:
                return found
        return None

    def _could_serve(self, person: str, since: int, until: int) -> bool:
        """Whether someone is of age and alive in all of these years."""
        born = self._year(person, "birth_year")
        died = self._year(person, "death_year")
        if born is None:
            return False
        return born + _COME_OF_AGE <= since and until < min(died or NOW + 1, born + _RETIRE)

    def _began(self, subject: Value) -> int:
        """The year in which a subject began, as far as it is known."""
        years = [self._year(str(subject), relation) for relation in _BEGINNINGS]
        return max((year for year in years if year is not None), default=0)

    def _year(self, subject: str, relation: str) -> int | None:
        facts = self._knowledge.facts_from(subject, relation)
        return int(str(facts[0].object)[:4]) if facts else None

    @cached_property
    def _former(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """For each office the people who may have held it; nobody is of two offices.

        They are of the kind of its holder, and hold none now.
        """
        knowledge = self._knowledge
        offices: dict[str, list[tuple[str, str]]] = {}
        holders: set[Value] = set()
        for relation, rule in self._rules.items():
            for fact in knowledge.facts_of(relation) if rule.sort == "office" else ():
                holders.add(fact.object)
                kind = knowledge.entities[str(fact.object)].kind
                offices.setdefault(kind, []).append((relation, fact.subject))
        former: dict[tuple[str, str], list[str]] = {}
        for person in knowledge.of_type("person"):
            open_to = offices.get(person.kind)
            if open_to and person.id not in holders:
                office = seeding.choice(open_to, "history", "former", person.id)
                former.setdefault(office, []).append(person.id)
        return {office: tuple(people) for office, people in former.items()}


class _Past(NamedTuple):
    """One term that is being drawn: `value` came after it, `used` are the terms since."""

    fact: Fact
    key: tuple[object, ...]
    sort: str
    value: Value
    used: tuple[Value, ...]
    since: int
    until: int


def _counted(past: _Past) -> int | None:
    """A number as it was at an earlier count: mostly smaller; sums of what was sold always are."""
    draw = seeding.uniform(*past.key, "share")
    falls = past.sort == "count" and seeding.uniform(*past.key, "falls") < 0.15
    factor = 1.02 + 0.13 * draw if falls else 0.70 + 0.27 * draw
    earlier = round(int(past.value) * factor)
    return None if earlier < 1 or earlier == past.value else earlier
