"""How questions speak of the types and relations of the three sources."""

from baselines.real_facts.collected import RowFields


def _type(name: str, noun: str, plural: str, who: str = "that", article: str = "") -> RowFields:
    words = {"name": name, "noun": noun, "plural": plural, "who": who, "article": article}
    return {"type": words}


def _relation(
    ends: str, noun: str, ask: str, *predicates: str, several: bool = False, unit: str = ""
) -> RowFields:
    """A declaration; `ends` says "domain relation range", `several` that it is not functional."""
    domain, name, kind = ends.split()
    fields: RowFields = {
        "name": name,
        "domain": domain,
        "range": kind,
        "nouns": [noun],
        "asks": [ask],
        "predicates": list(predicates),
        "functional": not several,
    }
    return {"relation": {**fields, **({"unit": unit} if unit else {})}}


PEPS: tuple[RowFields, ...] = (
    _type("pep", "PEP", "PEPs"),
    _type("person", "person", "people", "who"),
    _type("version", "Python version", "Python versions"),
    _type("status", "status", "statuses"),
    _type("kind", "type of PEP", "types of PEP"),
    _type("topic", "topic", "topics"),
    _relation(
        "pep author person",
        "an author of {x}",
        "Who wrote {x}?",
        "was written by {x}",
        "has {x} among its authors",
        several=True,
    ),
    _relation(
        "pep sponsor person",
        "the sponsor of {x}",
        "Who sponsored {x}?",
        "was sponsored by {x}",
        several=True,
    ),
    _relation(
        "pep delegate person",
        "the delegate for {x}",
        "Who was the delegate for {x}?",
        "had {x} as its delegate",
        several=True,
    ),
    _relation(
        "pep created date",
        "the date on which {x} was created",
        "On which date was {x} created?",
        "was created {x}",
    ),
    _relation(
        "pep status status", "the status of {x}", "What is the status of {x}?", "has the status {x}"
    ),
    _relation("pep kind kind", "the type of {x}", "Of which type is {x}?", "is of the type {x}"),
    _relation(
        "pep topic topic",
        "the topic of {x}",
        "What is the topic of {x}?",
        "is filed under the topic {x}",
        several=True,
    ),
    _relation(
        "pep python_version version",
        "the Python version that {x} was meant for",
        "Which Python version was {x} meant for?",
        "was meant for {x}",
        several=True,
    ),
    _relation(
        "pep requires pep",
        "a PEP required by {x}",
        "Which PEP does {x} require?",
        "requires {x}",
        several=True,
    ),
    _relation(
        "pep replaces pep",
        "a PEP replaced by {x}",
        "Which PEP does {x} replace?",
        "replaces {x}",
        several=True,
    ),
    _relation(
        "pep superseded_by pep",
        "a PEP that supersedes {x}",
        "Which PEP supersedes {x}?",
        "is superseded by {x}",
        several=True,
    ),
)

WORLDCUP: tuple[RowFields, ...] = (
    _type("match", "match", "matches", article="the match "),
    _type("tournament", "tournament", "tournaments", article="the "),
    _type("team", "team", "teams"),
    _type("stadium", "stadium", "stadiums"),
    _type("city", "city", "cities"),
    _type("round", "round", "rounds", article="the round "),
    _type("player", "player", "players", "who"),
    _relation(
        "match tournament tournament",
        "the tournament of {x}",
        "At which tournament was {x} played?",
        "was played at {x}",
        "was part of {x}",
    ),
    _relation(
        "match round round", "the round of {x}", "In which round was {x} played?", "belonged to {x}"
    ),
    _relation(
        "match date date",
        "the date of {x}",
        "On which date was {x} played?",
        "was played {x}",
        "took place {x}",
    ),
    _relation(
        "match stadium stadium",
        "the stadium of {x}",
        "In which stadium was {x} played?",
        "was played in {x}",
        "took place in {x}",
    ),
    _relation(
        "match team team",
        "a team in {x}",
        "Which team played in {x}?",
        "was played by {x}",
        "saw {x} on the pitch",
        several=True,
    ),
    _relation("match winner team", "the winner of {x}", "Which team won {x}?", "was won by {x}"),
    _relation("match loser team", "the loser of {x}", "Which team lost {x}?", "was lost by {x}"),
    _relation(
        "match goals number",
        "the number of goals in {x}",
        "How many goals were scored in {x}?",
        "saw {x} goals",
    ),
    _relation(
        "match scorer player",
        "a player who scored in {x}",
        "Who scored in {x}?",
        "saw a goal by {x}",
        "had {x} among its scorers",
        several=True,
    ),
    _relation(
        "player scored_for team",
        "the team that {x} scored for",
        "Which team did {x} score for?",
        "scored for {x}",
    ),
    _relation(
        "tournament year year",
        "the year of {x}",
        "In which year was {x} held?",
        "was held in {x}",
    ),
    _relation(
        "tournament champion team",
        "the champion of {x}",
        "Which team won the final of {x}?",
        "ended with {x} as champion",
    ),
    _relation(
        "tournament runner_up team",
        "the runner-up of {x}",
        "Which team lost the final of {x}?",
        "ended with {x} as runner-up",
    ),
    _relation(
        "tournament third team",
        "the third-placed team of {x}",
        "Which team came third at {x}?",
        "ended with {x} in third place",
    ),
    _relation("stadium city city", "the city of {x}", "In which city is {x}?", "stands in {x}"),
)

FACTBOOK: tuple[RowFields, ...] = (
    _type("country", "country", "countries"),
    _type("city", "city", "cities"),
    _type("mountain", "place", "places"),
    _type("region", "region", "regions"),
    _type("language", "language", "languages"),
    _type("currency", "currency", "currencies"),
    _relation(
        "country capital city",
        "the capital of {x}",
        "What is the capital of {x}?",
        "has {x} as its capital",
        "is governed from {x}",
    ),
    _relation(
        "country area number",
        "the area of {x}",
        "What is the area of {x} in square kilometres?",
        "has an area of {x} square kilometres",
        "covers {x} square kilometres",
    ),
    _relation(
        "country population number",
        "the population of {x}",
        "What is the population of {x}?",
        "has {x} inhabitants",
    ),
    _relation(
        "country highest_point mountain",
        "the highest point of {x}",
        "What is the highest point of {x}?",
        "has {x} as its highest point",
        "reaches its highest point at {x}",
    ),
    _relation(
        "mountain elevation number",
        "the elevation of {x}",
        "How high is {x}, in metres?",
        "rises to {x} metres",
    ),
    _relation(
        "country neighbour country",
        "a neighbour of {x}",
        "Which country shares a land border with {x}?",
        "borders on {x}",
        "has a land border with {x}",
        several=True,
    ),
    _relation(
        "country independence date",
        "the date on which {x} became independent",
        "On which date did {x} become independent?",
        "became independent {x}",
    ),
    _relation(
        "country coastline number",
        "the length of the coastline of {x}",
        "How long is the coastline of {x}, in kilometres?",
        "has a coastline of {x} kilometres",
        "has {x} kilometres of coastline",
    ),
    _relation(
        "country airports number",
        "the number of airports in {x}",
        "How many airports are there in {x}?",
        "has {x} airports",
    ),
    _relation(
        "country official_language language",
        "an official language of {x}",
        "What is an official language of {x}?",
        "has {x} as an official language",
        several=True,
    ),
    _relation(
        "country currency currency",
        "the currency of {x}",
        "What is the currency of {x}?",
        "pays in {x}",
        "uses {x} as its currency",
    ),
    _relation(
        "country region region",
        "the region of {x}",
        "In which region is {x}?",
        "lies in {x}",
    ),
)
