"""The relations of organisations: universities, companies and clubs."""

from webenvs.corpora.world.schema import Relation

ORGANISATIONS: tuple[Relation, ...] = (
    Relation(
        name="university_city",
        domain="university",
        range="city",
        statements=(
            "{Their} campus lies in {o}.",
            "Teaching takes place in {o}, in a former monastery.",
            "{Their} lecture halls are spread over {o}.",
        ),
        rosters=(
            "{Their} seats of learning include {s}.",
            "Students come to the city for {s}.",
        ),
        nouns=("the home city of {x}", "the city that hosts {x}"),
        asks=("Which city is home to {x}?", "In which city is {x}?"),
        predicates=("has its campus in {x}", "is based in {x}"),
    ),
    Relation(
        name="university_founded",
        domain="university",
        range="year",
        statements=(
            "The first lectures were given in {o}.",
            "{Their} founding charter was sealed in {o}.",
            "{S} opened its doors in {o}.",
        ),
        asks=(
            "In which year was {x} founded?",
            "What is the founding year of {x}?",
            "In which year was {x} established?",
        ),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="university_founder",
        domain="university",
        range="person",
        statements=(
            "{S} goes back to a gift by {o}.",
            "{S} was called into being by {o}.",
            "{o} laid the cornerstone and paid for the first chairs.",
        ),
        rosters=(
            "{S} called {s} into being.",
            "With a large gift {they} made {s} possible.",
        ),
        nouns=("the founder of {x}", "the person who founded {x}"),
        asks=("Who founded {x}?", "Who is the founder of {x}?"),
        predicates=("was founded by {x}", "was established by {x}"),
    ),
    Relation(
        name="students",
        domain="university",
        range="number",
        statements=(
            "Enrolment stands at {o}.",
            "{o} young people are enrolled.",
            "{S} teaches {o} undergraduates and graduates.",
        ),
        news=(
            (
                "Enrolment figures published",
                "The registry of {s} counted {o} students at the start of term.",
            ),
        ),
        asks=("How many students does {x} have?", "What is the number of students at {x}?"),
        predicates=("has {x} students",),
    ),
    Relation(
        name="rector",
        domain="university",
        range="person",
        inverse_functional=True,
        statements=(
            "The senate has elected {o} as its head.",
            "The rectorate is in the hands of {o}.",
            "{S} is led by {o}.",
        ),
        rosters=(
            "{S} leads {s}.",
            "The senate of {s} elected {them} as its head.",
        ),
        news=(
            (
                "Senate elects a new head",
                "The senate of {s} has elected {o}, who promised smaller classes.",
            ),
            (
                "Library wing opened",
                "{o}, rector of {s}, cut the ribbon of the new library wing on {date}.",
            ),
        ),
        nouns=("the rector of {x}",),
        asks=("Who is the rector of {x}?", "Who serves as rector of {x}?"),
        predicates=("has {x} as rector", "is headed by {x}"),
    ),
    Relation(
        name="headquarters",
        domain="company",
        range="city",
        statements=(
            "{Their} head office is in {o}.",
            "The board sits in {o}.",
            "{S} is run from a brick building in {o}.",
        ),
        rosters=(
            "Firms with their head office here include {s}.",
            "The local economy rests on {s}.",
        ),
        nouns=("the home city of {x}", "the city that houses the headquarters of {x}"),
        asks=("In which city is the headquarters of {x}?", "Which city houses the seat of {x}?"),
        predicates=("has its headquarters in {x}", "is based in {x}"),
    ),
    Relation(
        name="company_founded",
        domain="company",
        range="year",
        statements=(
            "{S} began trading in {o}.",
            "{S} was entered in the commercial register in {o}.",
            "The firm dates from {o}.",
        ),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="company_founder",
        domain="company",
        range="person",
        statements=(
            "{S} was set up by {o} in a rented workshop.",
            "{S} was started by {o} with borrowed money.",
            "The business was the idea of {o}.",
        ),
        rosters=(
            "{S} set up {s} with borrowed money.",
            "{Their} business ventures include {s}.",
        ),
        nouns=("the founder of {x}", "the person who founded {x}"),
        asks=("Who founded {x}?", "Who is the founder of {x}?"),
        predicates=("was founded by {x}", "was created by {x}"),
    ),
    Relation(
        name="employees",
        domain="company",
        range="number",
        statements=(
            "{Their} workforce numbers {o}.",
            "{o} people earn their living there.",
            "{S} has {o} people on its payroll.",
        ),
        news=(
            (
                "Annual report presented",
                "According to its annual report, {s} gives work to {o} people.",
            ),
        ),
        asks=("How many employees does {x} have?", "How many people are employed by {x}?"),
        predicates=("has {x} employees",),
    ),
    Relation(
        name="chief_executive",
        domain="company",
        range="person",
        inverse_functional=True,
        statements=(
            "Day-to-day business is directed by {o}.",
            "At the top of the management stands {o}.",
            "{o} has the last word on all decisions.",
        ),
        rosters=(
            "{S} runs {s}.",
            "{S} stands at the top of {s}.",
        ),
        news=(
            (
                "Board names new chief",
                "The board of {s} has put {o} at the top of the management.",
            ),
            (
                "Supplier contract renewed",
                "{o} signed the contract on behalf of {s} as its chief executive.",
            ),
        ),
        nouns=("the chief executive of {x}", "the person who runs {x}"),
        asks=("Who is the chief executive of {x}?", "Who runs {x}?"),
        predicates=("has {x} as chief executive", "is run by {x}"),
    ),
    Relation(
        name="club_city",
        domain="club",
        range="city",
        statements=(
            "{S} plays its home matches in {o}.",
            "{Their} colours are a familiar sight in {o}.",
            "{S} represents {o} in the league.",
        ),
        rosters=(
            "Local sport is dominated by {s}.",
            "Sports clubs of the city include {s}.",
        ),
        nouns=("the home city of {x}", "the city represented by {x}"),
        asks=("Which city is home to {x}?", "In which city does {x} play?"),
        predicates=("plays in {x}", "represents {x}"),
    ),
    Relation(
        name="club_founded",
        domain="club",
        range="year",
        statements=(
            "{S} was formed in the back room of an inn in {o}.",
            "{Their} first match was played in {o}.",
            "The members celebrate {o} as the year of its formation.",
        ),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}",),
    ),
    Relation(
        name="capacity",
        domain="club",
        range="number",
        statements=(
            "{Their} ground has room for {o} spectators.",
            "The stands hold {o}.",
            "A sell-out means {o} tickets.",
        ),
        news=(
            (
                "Stands sold out for the derby",
                "All {o} seats at the ground of {s} were sold within two hours.",
            ),
        ),
        asks=(
            "What is the capacity of the stadium of {x}?",
            "How many spectators fit into the stadium of {x}?",
        ),
        predicates=("has a stadium for {x} spectators",),
    ),
    Relation(
        name="coach",
        domain="club",
        range="person",
        inverse_functional=True,
        statements=(
            "Training is in the hands of {o}.",
            "{o} picks the team.",
            "The first team is trained by {o}.",
        ),
        rosters=(
            "{S} trains the first team of {s}.",
            "{S} is responsible for the first team of {s}.",
        ),
        news=(
            (
                "New voice on the touchline",
                "{o} led the first training session of {s} on {date}.",
            ),
            (
                "Late goal saves a point",
                "We never stopped running, said {o}, who trains {s}, after the final whistle.",
            ),
        ),
        nouns=("the coach of {x}", "the trainer of {x}"),
        asks=("Who coaches {x}?", "Who is the coach of {x}?"),
        predicates=("is coached by {x}", "is trained by {x}"),
    ),
    Relation(
        name="club_sponsor",
        domain="club",
        range="company",
        statements=(
            "The shirts carry the name of {o}.",
            "{Their} main backer is {o}.",
            "Much of the budget comes from {o}.",
        ),
        rosters=(
            "{S} pays for the shirts of {s}.",
            "{Their} sponsoring benefits {s}.",
        ),
        news=(
            (
                "Shirt deal announced",
                "{o} will have its name on the shirts of {s} for three more seasons.",
            ),
        ),
        nouns=("the sponsor of {x}", "the company that sponsors {x}"),
        asks=("Which company sponsors {x}?", "What is the main sponsor of {x}?"),
        predicates=("is sponsored by {x}",),
    ),
)
