"""The relations of places: countries, cities and rivers."""

from webenvs.corpora.world.schema import Relation

PLACES: tuple[Relation, ...] = (
    Relation(
        name="capital",
        domain="country",
        range="city",
        inverse_functional=True,
        statements=(
            "{Their} seat of government is {o}.",
            "Parliament and the ministries sit in {o}, the capital.",
            "The capital is {o}.",
        ),
        rosters=(
            "{S} is the seat of government of {s}.",
            "{S} serves as the capital of {s}.",
        ),
        nouns=("the capital of {x}", "the capital city of {x}"),
        asks=("What is the capital of {x}?", "Which city is the capital of {x}?"),
        predicates=("has its seat of government in {x}", "is governed from {x}"),
    ),
    Relation(
        name="independence",
        domain="country",
        range="year",
        statements=(
            "The country has been a sovereign state since {o}.",
            "{S} gained full sovereignty in {o}.",
            "{Their} independence was proclaimed in {o}.",
        ),
        asks=("In which year did {x} become independent?", "Since which year is {x} independent?"),
        predicates=("became independent in {x}",),
    ),
    Relation(
        name="area",
        domain="country",
        range="number",
        statements=(
            "{S} covers {o} square kilometres.",
            "{Their} territory measures {o} square kilometres.",
            "Surveyors put its surface at {o} square kilometres.",
        ),
        asks=(
            "What is the area in square kilometres of {x}?",
            "How large, in square kilometres, is {x}?",
        ),
        predicates=("covers {x} square kilometres",),
    ),
    Relation(
        name="president",
        domain="country",
        range="person",
        inverse_functional=True,
        statements=(
            "The head of state is {o}.",
            "The office of president is held by {o}.",
            "Voters have entrusted the presidency to {o}.",
        ),
        rosters=(
            "{S} is the head of state of {s}.",
            "{S} holds the presidency of {s}.",
        ),
        news=(
            (
                "{o} sworn in as head of state",
                "{o} took the oath as president of {s} before a full house on {date}.",
            ),
            (
                "New year address calls for calm",
                "In an address from the palace, {o}, president of {s}, asked for patience.",
            ),
        ),
        nouns=("the president of {x}", "the head of state of {x}"),
        asks=("Who is the president of {x}?", "Who is the head of state of {x}?"),
        predicates=("has {x} as president", "is led by {x}"),
    ),
    Relation(
        name="city_country",
        domain="city",
        range="country",
        fixed=True,
        statements=(
            "{S} lies in {o}.",
            "{S} is one of the cities of {o}.",
            "Since the border treaties it has belonged to {o}.",
        ),
        roll="Cities of {o}",
        nouns=("the country that includes {x}", "the home country of {x}"),
        asks=("In which country is {x}?", "To which country does {x} belong?"),
        predicates=("lies in {x}", "belongs to {x}"),
    ),
    Relation(
        name="city_river",
        domain="city",
        range="river",
        statements=(
            "The old quays line the banks of {o}.",
            "The city grew at a ford of {o}.",
            "{o} runs through the centre under seven bridges.",
        ),
        rosters=(
            "Cities on its banks include {s}.",
            "On its way it passes through {s}.",
        ),
        roll="Cities on {o}",
        nouns=("the river that flows through {x}", "the river that flows past {x}"),
        asks=("On which river does {x} stand?", "Which river flows through {x}?"),
        predicates=("stands on {x}", "lies on the banks of {x}"),
    ),
    Relation(
        name="city_founded",
        domain="city",
        range="year",
        statements=(
            "A charter of {o} marks the foundation of the city.",
            "Settlers laid out the first streets in {o}.",
            "The city counts its years from {o}.",
        ),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="population",
        domain="city",
        range="number",
        statements=(
            "At the last census it had {o} residents.",
            "{S} is home to {o} people.",
            "The register lists {o} residents.",
        ),
        asks=("How many people live in {x}?", "What is the population of {x}?"),
        predicates=("has {x} inhabitants",),
    ),
    Relation(
        name="mayor",
        domain="city",
        range="person",
        inverse_functional=True,
        statements=(
            "The town hall is headed by {o}.",
            "The council elected {o} as mayor.",
            "{o} presides over the city council.",
        ),
        rosters=(
            "{S} heads the town hall of {s}.",
            "The citizens of {s} elected {them} to the town hall.",
        ),
        news=(
            (
                "Town hall changes hands",
                "{o} won the run-off for the town hall of {s} with a narrow majority.",
            ),
            (
                "Council passes the budget",
                "The council of {s}, chaired by {o}, passed the budget after a long night.",
            ),
        ),
        nouns=("the mayor of {x}",),
        asks=("Who is the mayor of {x}?", "Who serves as mayor of {x}?"),
        predicates=("has {x} as mayor", "is governed by the mayor {x}"),
    ),
    Relation(
        name="river_length",
        domain="river",
        range="number",
        statements=(
            "From spring to mouth it measures {o} kilometres.",
            "{Their} course is {o} kilometres long.",
            "{S} runs for {o} kilometres.",
        ),
        asks=(
            "How long, in kilometres, is {x}?",
            "What is the length in kilometres of {x}?",
        ),
        predicates=("is {x} kilometres long",),
    ),
    Relation(
        name="river_source",
        domain="river",
        range="country",
        statements=(
            "{Their} springs lie in the hills of {o}.",
            "{S} comes down from the highlands of {o}.",
            "The headwaters are found in {o}.",
        ),
        rosters=(
            "{Their} highlands feed {s}.",
            "Rivers with their springs here include {s}.",
        ),
        roll="Rivers of {o}",
        nouns=("the country that holds the source of {x}",),
        asks=("In which country is the source of {x}?", "Which country holds the source of {x}?"),
        predicates=("rises in {x}", "has its source in {x}"),
    ),
)
