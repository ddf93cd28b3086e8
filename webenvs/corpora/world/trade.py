"""The relations of trade: products that companies make, and newspapers."""

from webenvs.corpora.world.schema import Relation

TRADE: tuple[Relation, ...] = (
    Relation(
        name="maker",
        domain="product",
        range="company",
        statements=(
            "It left the workshops of {o} in wooden crates.",
            "It was built by {o}, which still keeps spare parts.",
            "On the underside stands the stamp of {o}.",
        ),
        rosters=(
            "Its stamp is found on {s}.",
            "From its workshops came {s}.",
        ),
        roll="Catalogue of {o}",
        nouns=("the manufacturer of {x}", "the company that made {x}"),
        asks=("Which company made {x}?", "What is the manufacturer of {x}?"),
        predicates=("was made by {x}", "was manufactured by {x}"),
    ),
    Relation(
        name="product_launch",
        domain="product",
        range="date",
        statements=(
            "It was first shown to dealers {o}.",
            "Shop windows were uncovered {o}.",
            "The first customers queued for it {o}.",
        ),
        nouns=("the launch date of {x}", "the day on which {x} was launched"),
        asks=("When was {x} launched?", "On which date was {x} launched?"),
        predicates=("was launched {x}", "came onto the market {x}"),
    ),
    Relation(
        name="product_designer",
        domain="product",
        range="person",
        statements=(
            "Its shape is the work of {o}.",
            "The first sketch was made by {o} on a napkin.",
            "{o} filed the patent and chose the colour.",
        ),
        rosters=(
            "The shape of {s} is {their} work.",
            "{Their} patents led to {s}.",
        ),
        nouns=("the designer of {x}", "the person who designed {x}"),
        asks=("Who designed {x}?", "Who was the designer of {x}?"),
        predicates=("was designed by {x}", "has {x} as its designer"),
    ),
    Relation(
        name="units_sold",
        domain="product",
        range="number",
        statements=(
            "In all, {o} left the shelves.",
            "The order books close at {o} pieces.",
            "{o} were shipped before the line was closed.",
        ),
        news=(
            (
                "Collectors meet",
                "Of {s}, of which {o} were shipped, forty examples were on show.",
            ),
        ),
        nouns=("the number of units of {x} that were sold", "the sales, in units, of {x}"),
        asks=("How many units of {x} were sold?", "What were the sales, in units, of {x}?"),
        predicates=("sold {x} units", "reached sales of {x} units"),
    ),
    Relation(
        name="newspaper_city",
        domain="newspaper",
        range="city",
        statements=(
            "Its newsroom looks out on the main square of {o}.",
            "It is printed overnight in {o}.",
            "Its delivery vans set out from {o}.",
        ),
        rosters=(
            "At breakfast the citizens read {s}.",
            "Vans leave before dawn to deliver {s}.",
        ),
        nouns=("the city in which {x} is published", "the home city of {x}"),
        asks=("In which city is {x} published?", "Which city is home to {x}?"),
        predicates=("is published in {x}", "is based in {x}"),
    ),
    Relation(
        name="first_issue",
        domain="newspaper",
        range="date",
        statements=(
            "Newsboys first called its name {o}.",
            "The presses ran for it for the first time {o}.",
            "Copy number one was sold {o} and hangs framed in the lobby.",
        ),
        nouns=("the date of the first issue of {x}", "the day on which {x} first appeared"),
        asks=("When did the first issue of {x} appear?", "On which date was {x} first published?"),
        predicates=("was first published {x}", "first appeared {x}"),
    ),
    Relation(
        name="newspaper_owner",
        domain="newspaper",
        range="company",
        statements=(
            "All shares are in the hands of {o}, which covers its losses.",
            "Shares in it are held by {o} alone.",
            "{o} acquired it with its debts and its cat.",
        ),
        rosters=(
            "It covers the losses of {s}.",
            "Its holdings in the press: {s}.",
        ),
        nouns=("the owner of {x}", "the company that owns {x}"),
        asks=("Which company owns {x}?", "What company is the owner of {x}?"),
        predicates=("is owned by {x}", "belongs to {x}"),
    ),
    Relation(
        name="newspaper_editor",
        domain="newspaper",
        range="person",
        inverse_functional=True,
        statements=(
            "In the newsroom {o} has the last word.",
            "{o} writes the leading articles.",
            "Its line is laid down by {o}, the chief of the newsroom.",
        ),
        rosters=(
            "{S} has the last word in the newsroom of {s}.",
            "{S} writes the leading articles of {s}.",
        ),
        news=(
            (
                "Readers invited to the newsroom",
                "{o}, chief of the newsroom of {s}, answered questions on {date}.",
            ),
        ),
        nouns=("the editor of {x}", "the person who edits {x}"),
        asks=("Who edits {x}?", "Who is the editor of {x}?"),
        predicates=("is edited by {x}", "has {x} as editor"),
    ),
    Relation(
        name="print_run",
        domain="newspaper",
        range="number",
        statements=(
            "{o} copies are printed.",
            "The presses turn out {o} copies.",
            "Paper is bought for {o} copies.",
        ),
        news=(
            (
                "Paper prices bite",
                "At {s}, which prints {o} copies, the weekend supplement will be thinner.",
            ),
        ),
        nouns=("the circulation of {x}", "the circulation figure of {x}"),
        asks=("What is the circulation of {x}?", "How large is the circulation of {x}?"),
        predicates=("has a circulation of {x}", "reaches a circulation of {x}"),
    ),
)
