"""The relations of science: departments, journals and papers."""

from webenvs.corpora.world.schema import Relation

SCIENCE: tuple[Relation, ...] = (
    Relation(
        name="department_university",
        domain="department",
        range="university",
        fixed=True,
        statements=(
            "Its rooms, budget and library card all come from {o}.",
            "It is one of the teaching units of {o}.",
            "Its diplomas bear the seal of {o}.",
        ),
        roll="Teaching units of {o}",
        nouns=("the university to which {x} belongs", "the university of {x}"),
        asks=("To which university does {x} belong?", "Of which university is {x} a part?"),
        predicates=("belongs to {x}", "is a department of {x}"),
    ),
    Relation(
        name="department_head",
        domain="department",
        range="person",
        inverse_functional=True,
        statements=(
            "The director's door bears the name of {o}.",
            "It is directed by {o}, who also lectures there.",
            "{o} chairs its meetings and signs for its budget.",
        ),
        rosters=(
            "{S} directs {s}.",
            "{S} chairs the meetings of {s}.",
        ),
        news=(
            (
                "Open day draws a crowd",
                "{o}, who directs {s}, showed visitors the new laboratory on {date}.",
            ),
        ),
        nouns=("the head of {x}", "the person who heads {x}"),
        asks=("Who is the head of {x}?", "Who heads {x}?"),
        predicates=("is headed by {x}", "has {x} as its head"),
    ),
    Relation(
        name="department_founded",
        domain="department",
        range="year",
        statements=(
            "Its first timetable was printed in {o}.",
            "The first two rooms were furnished in {o}.",
            "It was set up as a unit of its own in {o}.",
        ),
        nouns=("the founding year of {x}", "the year in which {x} was founded"),
        asks=("In which year was {x} founded?", "What is the founding year of {x}?"),
        predicates=("was founded in {x}", "was established in {x}"),
    ),
    Relation(
        name="journal_home",
        domain="journal",
        range="university",
        statements=(
            "Its editorial office is a back room of {o}, which pays the printer.",
            "It is brought out by {o}.",
            "It is financed and posted by {o}.",
        ),
        rosters=(
            "Learned periodicals brought out here: {s}.",
            "A back room houses the editorial office of {s}.",
        ),
        nouns=("the university that publishes {x}", "the university that issues {x}"),
        asks=("Which university publishes {x}?", "By which university is {x} issued?"),
        predicates=("is published by {x}", "is issued by {x}"),
    ),
    Relation(
        name="journal_founded",
        domain="journal",
        range="year",
        statements=(
            "Volume one was bound in {o}.",
            "Subscribers received the opening number in {o}.",
            "The series of its volumes begins in {o}.",
        ),
        nouns=("the founding year of {x}", "the year in which {x} first appeared"),
        asks=("In which year did {x} first appear?", "In which year was {x} founded?"),
        predicates=("first appeared in {x}", "was founded in {x}"),
    ),
    Relation(
        name="journal_editor",
        domain="journal",
        range="person",
        inverse_functional=True,
        statements=(
            "Manuscripts go to {o}, who chooses the referees.",
            "Referees are chosen by {o}.",
            "{o} decides which manuscripts are accepted.",
        ),
        rosters=(
            "{S} chooses the referees of {s}.",
            "Manuscripts for {s} land on {their} desk.",
        ),
        news=(
            (
                "Waiting times to be shortened",
                "{o}, who chooses the referees of {s}, promised quicker decisions.",
            ),
        ),
        nouns=("the editor of {x}", "the person who edits {x}"),
        asks=("Who edits {x}?", "Who is the editor of {x}?"),
        predicates=("is edited by {x}", "has {x} as editor"),
    ),
    Relation(
        name="paper_author",
        domain="paper",
        range="person",
        functional=False,
        statements=(
            "It is signed by {o}.",
            "The measurements and the argument are due to {o}.",
            "The title line names {o}.",
        ),
        rosters=(
            "{Their} scientific output includes {s}.",
            "{S} put {their} name to {s}.",
        ),
        roll="Research of {o}",
        nouns=("an author of {x}", "a writer of {x}"),
        asks=("Who wrote {x}?", "By whom was {x} written?"),
        predicates=("was written by {x}", "has {x} as an author"),
    ),
    Relation(
        name="paper_journal",
        domain="paper",
        range="journal",
        statements=(
            "After two rounds of review it was accepted by {o}.",
            "It fills twelve pages of {o}.",
            "Referees of {o} asked for a second experiment before they let it pass.",
        ),
        rosters=(
            "Its best-known pages are those of {s}.",
            "Contributions accepted after review include {s}.",
        ),
        roll="Contents of {o}",
        nouns=("the journal that published {x}", "the journal in which {x} appeared"),
        asks=("Which journal published {x}?", "In which journal did {x} appear?"),
        predicates=("was published in {x}", "appeared in {x}"),
    ),
    Relation(
        name="paper_year",
        domain="paper",
        range="year",
        statements=(
            "Offprints were sent to colleagues in {o}.",
            "The referees let it pass in {o}.",
            "It reached its readers in {o}.",
        ),
        nouns=("the publication year of {x}", "the year in which {x} was published"),
        asks=("In which year was {x} published?", "What is the publication year of {x}?"),
        predicates=("was published in {x}", "appeared in {x}"),
    ),
    Relation(
        name="cites",
        domain="paper",
        range="paper",
        functional=False,
        statements=(
            "It builds on {o}.",
            "A footnote refers the reader to {o}.",
            "Its argument leans on {o}.",
        ),
        rosters=(
            "Later work that builds on it: {s}.",
            "Its method is taken up in {s}.",
        ),
        nouns=("a paper cited by {x}", "a paper quoted in {x}"),
        asks=("Which paper does {x} cite?", "Which paper is quoted in {x}?"),
        predicates=("cites {x}", "quotes {x}"),
    ),
)
