"""The relations of rivers and of the bridges that cross them."""

from webenvs.corpora.world.schema import Relation

WATERS: tuple[Relation, ...] = (
    Relation(
        name="river_length",
        domain="river",
        range="number",
        statements=(
            "From spring to mouth it measures {o} kilometres.",
            "{Their} course winds over {o} kilometres.",
            "{S} runs for {o} kilometres.",
        ),
        nouns=("the length in kilometres of {x}", "the total length in kilometres of {x}"),
        asks=(
            "How long, in kilometres, is {x}?",
            "What is the length in kilometres of {x}?",
        ),
        predicates=("is {x} kilometres long", "has a length of {x} kilometres"),
    ),
    Relation(
        name="river_source",
        domain="river",
        range="country",
        statements=(
            "{Their} springs are hidden in the hills of {o}.",
            "{S} comes down from the highlands of {o}.",
            "The headwaters are found in {o}.",
        ),
        rosters=(
            "{Their} highlands feed {s}.",
            "Its hills hide the springs of {s}.",
        ),
        roll="Rivers of {o}",
        nouns=("the country that holds the source of {x}", "the country in which {x} rises"),
        asks=("In which country is the source of {x}?", "In which country does {x} rise?"),
        predicates=("rises in {x}", "has its source in {x}"),
    ),
    Relation(
        name="tributary_of",
        domain="river",
        range="river",
        statements=(
            "Its brown water mingles at last with that of {o}.",
            "{S} empties into {o} among reeds.",
            "Below the last mill it joins {o}.",
        ),
        rosters=(
            "On its way it is joined by {s}.",
            "It takes up the waters of {s}.",
        ),
        nouns=("the river into which {x} flows", "the river that has {x} as a tributary"),
        asks=("Into which river does {x} flow?", "Of which river is {x} a tributary?"),
        predicates=("flows into {x}", "is a tributary of {x}"),
    ),
    Relation(
        name="bridge_river",
        domain="bridge",
        range="river",
        statements=(
            "Its piers stand in the current of {o}.",
            "Below its arches run the waters of {o}.",
            "Walkers lean on the railing to watch {o}.",
        ),
        rosters=(
            "Its current runs below {s}.",
            "Piers were sunk into its bed for {s}.",
        ),
        nouns=("the river crossed by {x}", "the river that {x} spans"),
        asks=("Which river does {x} cross?", "Which river is spanned by {x}?"),
        predicates=("crosses {x}", "spans {x}"),
    ),
    Relation(
        name="bridge_city",
        domain="bridge",
        range="city",
        statements=(
            "It carries the ring road of {o}.",
            "Both of its ramps are within the walls of {o}.",
            "{S} is a favourite subject of the painters of {o}.",
        ),
        rosters=(
            "From bank to bank one crosses by {s}.",
            "The two halves of the city are joined by {s}.",
        ),
        nouns=("the city where {x} stands", "the city in which {x} was built"),
        asks=("In which city does {x} stand?", "In which city was {x} built?"),
        predicates=("stands in {x}", "was built in {x}"),
    ),
    Relation(
        name="bridge_opened",
        domain="bridge",
        range="date",
        statements=(
            "A ribbon was cut {o}.",
            "The first carts rolled across {o}.",
            "{S} was handed over to traffic {o}.",
        ),
        nouns=("the opening date of {x}", "the day on which {x} was opened"),
        asks=("When was {x} opened?", "On which date was {x} opened?"),
        predicates=("was opened {x}", "opened {x}"),
    ),
    Relation(
        name="bridge_length",
        domain="bridge",
        range="number",
        statements=(
            "From ramp to ramp it measures {o} metres.",
            "Its deck runs for {o} metres.",
            "Painters need a summer for its {o} metres.",
        ),
        nouns=("the length in metres of {x}", "the total length in metres of {x}"),
        asks=("How long, in metres, is {x}?", "What is the length in metres of {x}?"),
        predicates=("is {x} metres long", "has a length of {x} metres"),
    ),
    Relation(
        name="bridge_engineer",
        domain="bridge",
        range="person",
        statements=(
            "The drawings came from the office of {o}.",
            "{o} calculated its arches and lived to see it loaded.",
            "{S} is a work of {o}.",
        ),
        rosters=(
            "{Their} calculations still carry {s}.",
            "{Their} office drew the plans of {s}.",
        ),
        nouns=("the designer of {x}", "the engineer who designed {x}"),
        asks=("Who designed {x}?", "Who was the designer of {x}?"),
        predicates=("was designed by {x}", "was engineered by {x}"),
    ),
)
