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
            "Lecture halls in the old town belong to {s}.",
        ),
        nouns=("the home city of {x}", "the city that is home to {x}"),
        asks=("Which city is home to {x}?", "In which city is {x}?"),
        predicates=("is based in {x}", "is located in {x}"),
    ),
    Relation(
        name="university_founded",
        domain="university",
        range="year",
        statements=(
            "The first lectures were given in {o}.",
            "{Their} charter was sealed in {o}.",
            "{S} opened its doors in {o}.",
        ),
        nouns=("the founding year of {x}", "the year in which {x} was founded"),
        asks=("In which year was {x} founded?", "In which year was {x} established?"),
        predicates=("was founded in {x}", "was established in {x}"),
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
                "The registry of {s} reports an enrolment of {o} at the start of term.",
            ),
        ),
        nouns=("the number of students of {x}", "the number of students at {x}"),
        asks=("How many students does {x} have?", "What is the number of students at {x}?"),
        predicates=("has {x} students", "counts {x} students"),
    ),
    Relation(
        name="rector",
        domain="university",
        range="person",
        inverse_functional=True,
        statements=(
            "The senate has chosen {o} to lead it.",
            "Its highest officer is {o}, who signs the diplomas.",
            "{S} is led by {o}.",
        ),
        rosters=(
            "{S} leads {s}.",
            "The senate of {s} chose {them} to lead it.",
        ),
        news=(
            (
                "Senate has voted",
                "The senate of {s} has voted for {o}, who promised smaller classes.",
            ),
            (
                "Library wing opened",
                "{o}, who leads {s}, cut the ribbon of the new library wing on {date}.",
            ),
        ),
        nouns=("the rector of {x}", "the head of {x}"),
        asks=("Who is the rector of {x}?", "Who serves as rector of {x}?"),
        predicates=("has {x} as rector", "is headed by {x}"),
    ),
    Relation(
        name="headquarters",
        domain="company",
        range="city",
        statements=(
            "{Their} main office is in {o}.",
            "The board sits in {o}.",
            "{S} is run from a brick building in {o}.",
        ),
        rosters=(
            "Firms with their main office here include {s}.",
            "The local economy rests on {s}.",
        ),
        nouns=("the city of the headquarters of {x}", "the city in which {x} is based"),
        asks=("In which city is the headquarters of {x}?", "In which city is {x} based?"),
        predicates=("has its headquarters in {x}", "is based in {x}"),
    ),
    Relation(
        name="company_founded",
        domain="company",
        range="year",
        statements=(
            "{S} began trading in {o}.",
            "{S} was entered in the commercial register in {o}.",
            "The first order was filled in {o}.",
        ),
        nouns=("the founding year of {x}", "the year in which {x} was founded"),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}", "was established in {x}"),
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
        predicates=("was founded by {x}", "was established by {x}"),
    ),
    Relation(
        name="employees",
        domain="company",
        range="number",
        statements=(
            "{Their} workforce numbers {o}.",
            "{o} people earn their living there.",
            "{S} has {o} names on its payroll.",
        ),
        news=(
            (
                "Annual report presented",
                "According to its annual report, {s} has a workforce of {o}.",
            ),
        ),
        nouns=("the number of employees of {x}", "the number of people employed by {x}"),
        asks=("How many employees does {x} have?", "How many people are employed by {x}?"),
        predicates=("has {x} employees", "employs {x} people"),
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
            "{S} directs the business of {s}.",
            "{S} stands at the top of {s}.",
        ),
        news=(
            (
                "Board settles succession",
                "The board of {s} has put {o} at the top of the management.",
            ),
            (
                "Supplier contract renewed",
                "{o}, who directs the business of {s}, signed the contract on {date}.",
            ),
        ),
        nouns=("the chief executive of {x}", "the person who runs {x}"),
        asks=("Who is the chief executive of {x}?", "Who runs {x}?"),
        predicates=("has {x} as chief executive", "is run by {x}"),
    ),
    Relation(
        name="parent_company",
        domain="company",
        range="company",
        statements=(
            "All of its shares were bought by {o}.",
            "After a lean year it was taken over by {o}.",
            "Its profits are handed on to {o}, which took it over.",
        ),
        rosters=(
            "{S} took over {s}.",
            "It holds all shares of {s}.",
        ),
        nouns=("the parent company of {x}", "the owner of {x}"),
        asks=("Which company owns {x}?", "What is the parent company of {x}?"),
        predicates=("is owned by {x}", "belongs to {x}"),
    ),
    Relation(
        name="club_city",
        domain="club",
        range="city",
        statements=(
            "{S} turns out in {o} on every other Saturday.",
            "{Their} colours are a familiar sight in {o}.",
            "Its supporters fill the inns of {o} before a match.",
        ),
        rosters=(
            "Local sport is dominated by {s}.",
            "Scarves in the streets show the colours of {s}.",
        ),
        nouns=("the home city of {x}", "the city in which {x} plays"),
        asks=("Which city is home to {x}?", "In which city does {x} play?"),
        predicates=("plays in {x}", "is based in {x}"),
    ),
    Relation(
        name="club_founded",
        domain="club",
        range="year",
        statements=(
            "{S} was formed in the back room of an inn in {o}.",
            "{Their} first match was played in {o}.",
            "The members celebrate {o}, when the first subscriptions were paid.",
        ),
        nouns=("the founding year of {x}", "the year in which {x} was founded"),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}", "was established in {x}"),
    ),
    Relation(
        name="capacity",
        domain="club",
        range="number",
        statements=(
            "{Their} ground has room for {o}.",
            "The stands hold {o}.",
            "A sell-out means {o} tickets.",
        ),
        news=(
            (
                "Stands sold out for the derby",
                "All {o} tickets at the ground of {s} were sold within two hours.",
            ),
        ),
        nouns=("the capacity of the stadium of {x}", "the number of seats in the stadium of {x}"),
        asks=(
            "What is the capacity of the stadium of {x}?",
            "How many spectators fit into the stadium of {x}?",
        ),
        predicates=("has a stadium with {x} seats", "has a stadium for {x} spectators"),
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
            "{S} picks the team of {s}.",
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
        nouns=("the coach of {x}", "the person who coaches {x}"),
        asks=("Who coaches {x}?", "Who is the coach of {x}?"),
        predicates=("is coached by {x}", "has {x} as coach"),
    ),
    Relation(
        name="club_sponsor",
        domain="club",
        range="company",
        statements=(
            "The shirts carry the name of {o}.",
            "Its chief backer is {o}.",
            "Much of the budget comes from {o}.",
        ),
        rosters=(
            "{S} pays for the shirts of {s}.",
            "Its name stands on the shirts of {s}.",
        ),
        news=(
            (
                "Shirt deal announced",
                "{o} will have its name on the shirts of {s} for three more seasons.",
            ),
        ),
        nouns=("the sponsor of {x}", "the company that sponsors {x}"),
        asks=("Which company sponsors {x}?", "What is the main sponsor of {x}?"),
        predicates=("is sponsored by {x}", "has {x} as sponsor"),
    ),
    Relation(
        name="rival",
        domain="club",
        range="club",
        inverse_functional=True,
        symmetric=True,
        statements=(
            "No match stirs the supporters like the derby against {o}.",
            "Police are called in whenever it meets {o}.",
            "Songs about {o} cannot be printed here.",
        ),
        nouns=("the arch-rival of {x}", "the main rival of {x}"),
        asks=("Which club is the main rival of {x}?", "What is the arch-rival of {x}?"),
        predicates=("is the arch-rival of {x}", "has {x} as its main rival"),
    ),
)
