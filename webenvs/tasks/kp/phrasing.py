"""The words of relations, types and values, with plain ones where the knowledge declares none."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from webenvs.corpora.knowledge import Entity, EntityWords, Knowledge, Relation, Value, spelled_date
from webenvs.tasks.kp import english
from webenvs.tasks.kp.query import NAMED, Const

_PREPOSITIONS = frozenset(
    (
        *("about", "after", "against", "at", "by", "for", "from", "in", "into", "near"),
        *("of", "on", "over", "through", "to", "under", "with"),
    )
)
_NOUN_OF_ASK = re.compile(r"(?:What|Who) (?:is|was|are|were) (the .*\{x\}.*)\?")
_SUBJECT_ASK = re.compile(r"Which (\w+) (?!(?:do|does|did)\b)(\w+)( (?!\{x\}).*\?| \{x\}\?)")
_OBJECT_ASK = re.compile(r"(.*?\b)([Ww]hich) (\w+)(.*)")
_DATED = re.compile(
    r"(?:in|on|at|between|before|after|during|from|by|around|early|late|since|until)\b"
)
_PERIOD = re.compile(r"\d+s$|\d+(?:st|nd|rd|th) century")
_VALUE_NOUNS = {"year": "year", "date": "day", "number": "number"}
_NAME = Relation(
    name=NAMED,
    domain="",
    range="",
    nouns=("the name of {x}",),
    asks=("What is the name of {x}?",),
    predicates=("is called {x}",),
)
_MANY_YEARS = 4


class Phrases(Relation, frozen=True, kw_only=True):
    """A relation of which no list of words is empty."""


def phrases(knowledge: Knowledge, name: str) -> Phrases:
    """The relation of that name with words for everything; an undeclared one is read by its name.

    What is missing is made from what is there: nouns from "What is the ...?" and from predicates
    ("the year in which {x} was held"), asks from predicates and nouns, predicates from the name.
    """
    relation = _NAME if name == NAMED else knowledge.relations.get(name)
    relation = relation or Relation(name=name, domain="", range="")
    return _completed(relation, words_of(knowledge, relation.range))


def words_of(knowledge: Knowledge, type_name: str) -> EntityWords:
    """How questions speak of a type, or of year, date and number; "thing" if nothing is known."""
    declared = knowledge.types.get(type_name)
    if declared is not None:
        return declared
    noun = _VALUE_NOUNS.get(type_name) or english.spaced(type_name)
    return EntityWords(name=type_name, noun=noun, plural=english.plural(noun))


def mention(knowledge: Knowledge, value: Value, relation: str) -> str:
    """How a question names a value: an entity with its article, and its kind if its name is shared.

    Where name and kind are shared too, the page title tells which one is meant.
    """
    kind = knowledge.relations[relation].kind if relation in knowledge.relations else "entity"
    entity = knowledge.entities.get(str(value))
    if kind != "entity" or entity is None:
        return knowledge.spellings(value, relation)[0] if kind != "entity" else str(value)
    return named(knowledge, entity)


def named(knowledge: Knowledge, entity: Entity) -> str:
    """How a question names an entity."""
    words = words_of(knowledge, entity.type)
    if len(knowledge.bearers(entity.name)) < 2:
        return words.article + entity.name
    if not is_clear(knowledge, entity):
        return entity.title
    return f"the {entity.kind or words.noun} {entity.name}"


def is_clear(knowledge: Knowledge, entity: Entity) -> bool:
    """Whether name and kind together mean this entity and no other."""
    bearers = [knowledge.entities[one] for one in knowledge.bearers(entity.name)]
    kinds = [(one.kind, one.kind or one.type) for one in bearers]
    return kinds.count((entity.kind, entity.kind or entity.type)) == 1


def given(knowledge: Knowledge, term: Const, relation: str, *, subject: bool) -> str:
    """A constant in words: its label, its one name, or "Kelm or Sund"; dates with preposition."""
    declared = knowledge.relations.get(relation)
    kind = "entity" if declared is None or subject else declared.kind
    unit = f" {declared.unit}" if declared and kind == "number" and declared.unit else ""
    if term.label:
        return _labelled(term.label, kind) + unit
    if relation == NAMED and not subject:
        return english.listed([str(member) for member in term.members], "or")
    years = [int(member) for member in term.members] if kind == "year" else []
    if len(years) >= _MANY_YEARS and max(years) - min(years) == len(years) - 1:
        return f"one of the years {min(years)} to {max(years)}"
    if kind == "date":
        return "on " + english.listed([spelled_date(str(day))[0] for day in term.members], "or on")
    of = "" if subject else relation
    return english.listed([mention(knowledge, one, of) for one in term.members], "or") + unit


def is_copular(predicate: str) -> bool:
    """Whether a predicate says what kind of thing the subject is: "is a {x}"."""
    return predicate in ("is a {x}", "is an {x}")


def superlative(relation: Phrases, most: bool, rank: int = 1) -> str:
    """What the member with the greatest or least value does: "was born latest", "has the most ...".

    `rank` asks for the second, third, ... of them: "was born second earliest".
    """
    which = f"{english.ordinal(rank)} " if rank > 1 else ""
    if relation.kind != "number":
        return f"{_without_value(relation)} {which}{'latest' if most else 'earliest'}"
    counting, measuring = ("most", "greatest") if most else ("fewest", "least")
    return _compared(relation, f"the {which}{counting}", f"the {which}{measuring}")


def comparative(relation: Phrases) -> str:
    """What the lesser of two does: "was founded earlier", "has fewer inhabitants"."""
    if relation.kind != "number":
        return f"{_without_value(relation)} earlier"
    return _compared(relation, "fewer", "the smaller")


def asked_of_many(ask: str, plural_of: Mapping[str, str], how_many: bool) -> str:
    """A question for one thing as one for several; empty if its form does not allow it.

    "In which city was {x} born?" asks "In which cities" or "In how many different cities".
    """
    word = "How many different" if how_many else "Which"
    subject = _SUBJECT_ASK.fullmatch(ask)
    if subject is not None:
        noun, verb, rest = subject.groups()
        return f"{word} {_many(noun, plural_of)} {english.plural_verb(verb)}{rest}"
    found = _OBJECT_ASK.fullmatch(ask)
    if found is None:
        return ""
    before, which, noun, rest = found.groups()
    word = word if which == "Which" else word.lower()
    return f"{before}{word} {_many(noun, plural_of)}{rest}"


@lru_cache(maxsize=4096)
def _completed(relation: Relation, range_words: EntityWords) -> Phrases:
    made = dict(_from_name(relation, range_words))
    declared = {field: getattr(relation, field) for field in ("nouns", "asks", "predicates")}
    nouns = declared["nouns"] or _nouns_of(declared, relation, range_words.noun)
    predicates = declared["predicates"] or _predicates_of(nouns) or (made["predicates"],)
    asks = declared["asks"] or _asks_of(nouns, predicates, range_words)
    nouns = nouns or _nouns_of({"asks": asks}, relation, range_words.noun) or (made["nouns"],)
    asks = asks or (f"{_asking(range_words)} is {nouns[0]}?",)
    fields = {field: getattr(relation, field) for field in Relation.__struct_fields__}
    return Phrases(**{**fields, "nouns": nouns, "asks": asks, "predicates": predicates})


def _nouns_of(
    declared: Mapping[str, tuple[str, ...]], relation: Relation, noun: str
) -> tuple[str, ...]:
    """Noun phrases for the object, from the asks or from the predicates."""
    found = (_NOUN_OF_ASK.fullmatch(ask) for ask in declared.get("asks", ()))
    from_asks = tuple(match[1] for match in found if match)
    if from_asks:
        return from_asks
    made = (_relative(predicate, relation, noun) for predicate in declared.get("predicates", ()))
    return tuple(phrase for phrase in made if phrase)


def _relative(predicate: str, relation: Relation, noun: str) -> str:
    """The object as its subject's doing: "the year in which {x} was held"; empty if unclear."""
    before, _, after = predicate.partition("{x}")
    words = before.split()
    if relation.kind == "number" and after.strip() and len(words) == 1 and words[0] != "is":
        return f"the number of {after.strip()} that {{x}} {words[0]}"
    if after or not words or english.without_article(before) != before or is_copular(predicate):
        return ""
    if relation.kind == "date":
        return f"the day on which {{x}} {' '.join(words)}"
    if words[-1] in _PREPOSITIONS and len(words) > 1:
        return f"the {noun} {words[-1]} which {{x}} {' '.join(words[:-1])}"
    return f"the {noun} that {{x}} {' '.join(words)}"


def _predicates_of(nouns: tuple[str, ...]) -> tuple[str, ...]:
    """Predicates from nouns of the form "the mayor of {x}"."""
    made = (re.fullmatch(r"the (.+) of \{x\}", noun) for noun in nouns)
    return tuple(f"has {{x}} as {match[1]}" for match in made if match)


def _asks_of(
    nouns: tuple[str, ...], predicates: tuple[str, ...], words: EntityWords
) -> tuple[str, ...]:
    """Questions for the object: from predicates in the passive, else from nouns."""
    made = []
    for predicate in predicates:
        match = re.fullmatch(r"(was|is) (.+?)(?: (\w+))? \{x\}", predicate)
        if match and match[3] in _PREPOSITIONS and words.noun != "thing":
            made.append(f"{match[3].title()} which {words.noun} {match[1]} {{x}} {match[2]}?")
    return tuple(made) or tuple(f"{_asking(words)} is {noun}?" for noun in nouns)


def _from_name(relation: Relation, words: EntityWords) -> Mapping[str, str]:
    """A plain predicate and noun out of the relation's name."""
    told = english.spaced(relation.name)
    told = told.removeprefix("has ").removeprefix("have ")
    first, last = told.split()[0], told.split()[-1]
    if last not in _PREPOSITIONS or first == last:
        return MappingProxyType(
            {"predicates": f"has {{x}} as {told}", "nouns": f"the {told} of {{x}}"}
        )
    verb = f"was {told}" if english.reduced(f"was {told}") else told
    verb = f"is {told}" if last == "of" else verb
    rest = verb.rsplit(" ", 1)[0]
    slot = f"{verb} {{x}}" if relation.kind != "date" else f"{rest} {{x}}"
    return MappingProxyType(
        {"predicates": slot, "nouns": f"the {words.noun} {last} which {{x}} {rest}"}
    )


def _asking(words: EntityWords) -> str:
    return "Who" if words.who == "who" else "What"


def _labelled(label: str, kind: str) -> str:
    """A label with the article or preposition that it lacks."""
    if _PERIOD.match(label):
        label = f"the {label}"
    return f"in {label}" if kind == "date" and not _DATED.match(label.lower()) else label


def _without_value(relation: Phrases) -> str:
    """The predicate of a year or date without it: "was born"."""
    before, _, after = relation.predicates[0].partition("{x}")
    words = before.split()
    kept = words[:-1] if words and words[-1] in _PREPOSITIONS else words
    return " ".join([*kept, *after.split()])


def _compared(relation: Phrases, counting: str, measuring: str) -> str:
    """A predicate about a number, compared: "has the most inhabitants", "has the greatest ..."."""
    for predicate in relation.predicates:
        before, _, after = predicate.partition("{x}")
        told = after.strip() and not after.startswith(" as ")
        if told and before.strip() != "is" and not before.endswith(" of "):
            return f"{before}{counting}{after}"
    noun = next((noun for noun in relation.nouns if noun.endswith(" {x}")), "the number of {x}")
    head = english.without_article(noun).removesuffix(" {x}").rsplit(" ", 1)[0]
    return f"has {measuring} {head}"


def _many(noun: str, plural_of: Mapping[str, str]) -> str:
    if noun in plural_of.values() or noun in ("years", "numbers", "days"):
        return noun
    return plural_of.get(noun) or english.plural(noun)
