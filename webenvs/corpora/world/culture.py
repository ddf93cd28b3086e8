"""The relations of culture: books, awards and festivals."""

from webenvs.corpora.world.schema import Relation

CULTURE: tuple[Relation, ...] = (
    Relation(
        name="author",
        domain="book",
        range="person",
        statements=(
            "{S} was written by {o}.",
            "{S} came from the pen of {o}.",
            "{o} worked on it for three winters.",
        ),
        rosters=(
            "{Their} published works include {s}.",
            "Readers know {them} for {s}.",
        ),
        roll="Books by {o}",
        nouns=("the author of {x}", "the writer of {x}"),
        asks=("Who is the author of {x}?", "Who wrote {x}?"),
        predicates=("was written by {x}",),
    ),
    Relation(
        name="published",
        domain="book",
        range="year",
        statements=(
            "{S} first appeared in print in {o}.",
            "The first edition came out in {o}.",
            "{S} reached the bookshops in {o}.",
        ),
        asks=("In which year was {x} published?", "What is the publication year of {x}?"),
        predicates=("was published in {x}",),
    ),
    Relation(
        name="publisher",
        domain="book",
        range="company",
        statements=(
            "{S} was brought out by {o}.",
            "The manuscript was bought by {o}.",
            "{S} appeared under the imprint of {o}.",
        ),
        rosters=(
            "{Their} catalogue includes {s}.",
            "Titles under its imprint include {s}.",
        ),
        roll="Books of {o}",
        nouns=("the publisher of {x}", "the company that published {x}"),
        asks=("Which company published {x}?", "What is the publisher of {x}?"),
        predicates=("was published by {x}",),
    ),
    Relation(
        name="set_in",
        domain="book",
        range="city",
        statements=(
            "{Their} story unfolds in {o}.",
            "The plot plays out in the streets of {o}.",
            "Most of its chapters take place in {o}.",
        ),
        rosters=(
            "Writers have used the city as the scene of {s}.",
            "In literature it appears as the scene of {s}.",
        ),
        nouns=("the city that is the setting of {x}", "the setting of {x}"),
        asks=("In which city is {x} set?", "Which city is the setting of {x}?"),
        predicates=("is set in {x}",),
    ),
    Relation(
        name="dedicated_to",
        domain="book",
        range="person",
        statements=(
            "The dedication names {o}.",
            "{S} is inscribed to {o}.",
            "A page in front thanks {o}, to whom it is inscribed.",
        ),
        rosters=(
            "Books inscribed to {them} include {s}.",
            "{Their} name stands on the dedication page of {s}.",
        ),
        nouns=("the person to whom the author dedicated {x}", "the dedicatee of {x}"),
        asks=("To whom is {x} dedicated?", "Who is the dedicatee of {x}?"),
        predicates=("is dedicated to {x}",),
    ),
    Relation(
        name="award_first",
        domain="award",
        range="year",
        statements=(
            "{S} was handed out for the first time in {o}.",
            "The first ceremony took place in {o}.",
            "{Their} history begins in {o}.",
        ),
        asks=("In which year was {x} first awarded?", "What is the first award year of {x}?"),
        predicates=("was first awarded in {x}",),
    ),
    Relation(
        name="award_city",
        domain="award",
        range="city",
        statements=(
            "The ceremony is held in {o}.",
            "Winners are invited to {o} for the gala.",
            "Each spring the jury meets in {o} for the ceremony.",
        ),
        rosters=(
            "Each year the city receives the guests of {s}.",
            "The concert hall is the scene of the ceremony of {s}.",
        ),
        nouns=("the city that hosts the ceremony of {x}", "the ceremony city of {x}"),
        asks=(
            "In which city is the ceremony of {x} held?",
            "Which city hosts the ceremony of {x}?",
        ),
        predicates=("is presented in {x}",),
    ),
    Relation(
        name="award_presenter",
        domain="award",
        range="university",
        statements=(
            "{S} is conferred by {o}.",
            "The prize money comes from {o}, which appoints the jury.",
            "The academic senate of {o} selects the winner.",
        ),
        rosters=(
            "{Their} senate confers {s}.",
            "{S} appoints the jury of {s}.",
        ),
        nouns=("the university that presents {x}", "the university behind {x}"),
        asks=("Which university presents {x}?", "Which university is behind {x}?"),
        predicates=("is presented by {x}",),
    ),
    Relation(
        name="commemorates",
        domain="award",
        range="person",
        statements=(
            "{S} keeps alive the memory of {o}.",
            "{S} was endowed in memory of {o}.",
            "The bronze shows the profile of {o}.",
        ),
        rosters=(
            "{Their} memory is kept alive by {s}.",
            "{Their} profile is shown on the bronze of {s}.",
        ),
        nouns=("the person commemorated by {x}", "the person whose memory is honoured by {x}"),
        asks=("Whom does {x} commemorate?", "Who is commemorated by {x}?"),
        predicates=("commemorates {x}", "is awarded in memory of {x}"),
    ),
    Relation(
        name="festival_city",
        domain="festival",
        range="city",
        statements=(
            "{S} is celebrated in {o}.",
            "For ten days the squares of {o} are given over to it.",
            "{Their} stages are put up in {o}.",
        ),
        rosters=(
            "The high point of its year is {s}.",
            "Visitors come for {s}.",
        ),
        nouns=("the host city of {x}", "the city that hosts {x}"),
        asks=("In which city does {x} take place?", "Which city hosts {x}?"),
        predicates=("takes place in {x}", "is held in {x}"),
    ),
    Relation(
        name="festival_first",
        domain="festival",
        range="year",
        statements=(
            "The first edition was opened in {o}.",
            "{S} has been on the calendar since {o}.",
            "{S} was launched in {o}.",
        ),
        asks=("In which year was {x} first held?", "What is the first year of {x}?"),
        predicates=("was first held in {x}",),
    ),
    Relation(
        name="festival_founder",
        domain="festival",
        range="person",
        statements=(
            "{S} was the brainchild of {o}.",
            "The programme was first put together by {o}.",
            "{S} owes its existence to {o}.",
        ),
        rosters=(
            "{S} brought {s} to life.",
            "{Their} brainchild is {s}.",
        ),
        nouns=("the founder of {x}", "the initiator of {x}"),
        asks=("Who founded {x}?", "Who is the founder of {x}?"),
        predicates=("was founded by {x}", "was initiated by {x}"),
    ),
    Relation(
        name="visitors",
        domain="festival",
        range="number",
        statements=(
            "In a good year it draws {o} guests.",
            "The organisers count {o} guests.",
            "{o} people come each time.",
        ),
        news=(
            (
                "Organisers content",
                "{s} closed its gates with {o} tickets sold, the organisers said.",
            ),
        ),
        asks=("How many visitors does {x} attract?", "What is the number of visitors of {x}?"),
        predicates=("attracts {x} visitors",),
    ),
)
