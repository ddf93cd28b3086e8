"""The relations of people: births, schooling, work, honours."""

from webenvs.corpora.world.schema import Relation

PEOPLE: tuple[Relation, ...] = (
    Relation(
        name="birth_year",
        domain="person",
        range="year",
        statements=(
            "{S} came into the world in {o}.",
            "Parish records give {o} as the year of {their} birth.",
            "{S} was born in {o}, the first child of the family.",
            "{Their} life began in {o}, in modest circumstances.",
        ),
        asks=("In which year was {x} born?", "What is the year of birth of {x}?"),
        predicates=("was born in {x}",),
    ),
    Relation(
        name="birth_place",
        domain="person",
        range="city",
        statements=(
            "{S} {is} a native of {o}.",
            "{S} was born and raised in {o}.",
            "{Their} family lived in {o}, where {they} was born.",
            "{S} first saw the light of day in {o}.",
        ),
        rosters=(
            "Notable natives include {s}.",
            "Among those who were born here: {s}.",
            "The town honours its native children, among them {s}.",
        ),
        roll="People born in {o}",
        nouns=("the birthplace of {x}", "the city of birth of {x}", "the native city of {x}"),
        asks=("In which city was {x} born?", "What is the birthplace of {x}?"),
        predicates=("was born in {x}", "comes from {x}"),
    ),
    Relation(
        name="studied_at",
        domain="person",
        range="university",
        statements=(
            "{S} read for {their} degree at {o}.",
            "{S} was educated at {o}.",
            "After school {they} enrolled at {o}.",
            "{Their} student years were spent at {o}.",
        ),
        rosters=(
            "Notable alumni include {s}.",
            "Former students of note: {s}.",
            "The roll of graduates includes {s}.",
        ),
        roll="Graduates of {o}",
        nouns=(
            "the university attended by {x}",
            "the alma mater of {x}",
            "the place of study of {x}",
        ),
        asks=("Which university did {x} attend?", "What is the alma mater of {x}?"),
        predicates=("studied at {x}", "attended {x}"),
    ),
    Relation(
        name="graduation_year",
        domain="person",
        range="year",
        statements=(
            "{S} took {their} degree in {o}.",
            "{S} completed {their} studies in {o}.",
            "{Their} final examinations were passed in {o}.",
        ),
        asks=("In which year did {x} graduate?", "What is the graduation year of {x}?"),
        predicates=("graduated in {x}",),
    ),
    Relation(
        name="mentor",
        domain="person",
        range="person",
        statements=(
            "{S} learned {their} craft from {o}.",
            "As a beginner {they} was guided by {o}.",
            "{S} always called {o} {their} most important teacher.",
        ),
        rosters=(
            "{Their} pupils include {s}.",
            "{S} took on a small circle of pupils, among them {s}.",
        ),
        nouns=("the mentor of {x}", "the teacher of {x}"),
        asks=("Who was the mentor of {x}?", "Who taught {x}?"),
        predicates=("was taught by {x}", "was a pupil of {x}"),
    ),
    Relation(
        name="employer",
        domain="person",
        range="company",
        statements=(
            "For many years {they} was on the payroll of {o}.",
            "{S} spent the best part of {their} working life with {o}.",
            "{S} found a post at {o} and stayed for a decade.",
        ),
        rosters=(
            "Former members of staff include {s}.",
            "Well-known names once on the payroll: {s}.",
        ),
        roll="People employed by {o}",
        nouns=("the employer of {x}", "the company that employed {x}"),
        asks=("Which company employed {x}?", "Which company gave work to {x}?"),
        predicates=("worked for {x}", "was employed by {x}"),
    ),
    Relation(
        name="person_award",
        domain="person",
        range="award",
        statements=(
            "{S} was honoured with {o}.",
            "{Their} achievements were recognised with {o}.",
            "The jury of {o} chose {them} as its laureate.",
        ),
        rosters=(
            "Past laureates include {s}.",
            "Those honoured so far include {s}.",
        ),
        roll="Laureates of {o}",
        nouns=("the award won by {x}", "the prize received by {x}"),
        asks=("Which award was won by {x}?", "Which prize did {x} receive?"),
        predicates=("won {x}", "received {x}"),
    ),
    Relation(
        name="award_year",
        domain="person",
        range="year",
        statements=(
            "A national prize was conferred on {them} in {o}.",
            "{S} accepted {their} most important distinction in {o}.",
            "{Their} hour of public recognition came in {o}, with a national prize.",
        ),
        asks=(
            "In which year was {x} honoured with a prize?",
            "In which year was a prize awarded to {x}?",
        ),
        predicates=("was honoured with a prize in {x}",),
    ),
    Relation(
        name="death_year",
        domain="person",
        range="year",
        statements=(
            "{S} died in {o}.",
            "{Their} life came to an end in {o}.",
            "{S} passed away in {o} after a short illness.",
        ),
        asks=("In which year did {x} die?", "What is the year of death of {x}?"),
        predicates=("died in {x}",),
    ),
    Relation(
        name="death_place",
        domain="person",
        range="city",
        statements=(
            "{S} spent {their} last days in {o} and died there.",
            "{Their} final home was in {o}, where {they} died.",
            "{S} passed away in {o}.",
        ),
        rosters=(
            "The old cemetery holds the memory of those who died in the city, among them {s}.",
            "Those who spent their last days and died here include {s}.",
        ),
        nouns=("the place of death of {x}", "the city that saw the death of {x}"),
        asks=("In which city did {x} die?", "What was the place of death of {x}?"),
        predicates=("died in {x}",),
    ),
)
