"""The entity types: how many there are, and how the article of each is introduced and laid out."""

from collections.abc import Mapping
from types import MappingProxyType

from webenvs.corpora.world.schema import EntityType

_TYPES: tuple[EntityType, ...] = (
    EntityType(
        name="person",
        title="Index of people",
        share=0.36,
        who="who",
        intros=("{name}{alias} {is} {a_kind}.",),
        alias_note=" (also known as {alias})",
        sections=(
            ("", ()),
            (
                "Early life",
                ("birth_year", "birth_place", "studied_at", "graduation_year", "mentor"),
            ),
            (
                "Career",
                (
                    "employer",
                    "<author",
                    "<company_founder",
                    "<university_founder",
                    "<festival_founder",
                    "<president",
                    "<mayor",
                    "<chief_executive",
                    "<rector",
                    "<coach",
                    "<mentor",
                ),
            ),
            ("Honours and legacy", ("person_award", "award_year", "<dedicated_to")),
            ("Last years", ("death_year", "death_place", "<commemorates")),
        ),
    ),
    EntityType(
        name="city",
        title="Index of cities",
        share=0.14,
        intros=("{name}{alias} is {a_kind}.", "{name}{alias} is {a_kind} of old standing."),
        alias_note=" (formerly {alias})",
        sections=(
            ("", ("city_country", "population")),
            ("Geography and history", ("city_river", "city_founded", "<capital", "<set_in")),
            ("Administration", ("mayor",)),
            (
                "Economy and education",
                ("<headquarters", "<university_city"),
            ),
            ("Culture and sport", ("<festival_city", "<award_city", "<club_city")),
            ("People", ("<birth_place", "<death_place")),
        ),
    ),
    EntityType(
        name="country",
        title="Index of countries",
        share=0.035,
        intros=("{name} is a country.", "{name} is a sovereign state."),
        alias_note="",
        sections=(
            ("", ("area",)),
            ("Geography", ("<river_source",)),
            ("State and government", ("independence", "capital", "president")),
        ),
    ),
    EntityType(
        name="river",
        title="Index of rivers",
        share=0.05,
        article="the ",
        question_article="the river ",
        intros=("The {name} is a river.", "The {name} is a slow and winding river."),
        alias_note="",
        sections=(("Course", ("river_source", "river_length")), ("Settlements", ("<city_river",))),
    ),
    EntityType(
        name="university",
        title="Index of universities",
        share=0.075,
        intros=(
            "{name}{alias} is a university.",
            "{name}{alias} is a seat of higher learning.",
        ),
        alias_note=" (in short {alias})",
        sections=(
            ("", ("university_city", "students")),
            ("History", ("university_founded", "university_founder")),
            ("Organisation", ("rector", "<award_presenter")),
            ("People", ("<studied_at",)),
        ),
    ),
    EntityType(
        name="company",
        title="Index of companies",
        share=0.095,
        intros=("{name}{alias} is {a_kind}.", "{name}{alias}, {a_kind}, is privately owned."),
        alias_note=" (often simply {alias})",
        sections=(
            ("", ("headquarters", "employees")),
            ("History", ("company_founded", "company_founder")),
            ("Management", ("chief_executive", "<employer")),
            ("Activities", ("<publisher", "<club_sponsor")),
        ),
    ),
    EntityType(
        name="book",
        title="Index of books",
        share=0.12,
        intros=("{name} is {a_kind}.", "{name} is {a_kind} in three parts."),
        alias_note="",
        sections=(
            ("", ("author",)),
            ("Plot and setting", ("set_in",)),
            ("Publication", ("published", "publisher", "dedicated_to")),
        ),
    ),
    EntityType(
        name="award",
        title="Index of awards",
        share=0.04,
        article="the ",
        question_article="the ",
        intros=("The {name} is {a_kind}.",),
        alias_note="",
        sections=(
            ("", ("award_presenter", "commemorates")),
            ("Ceremony", ("award_city", "award_first")),
            ("Winners", ("<person_award",)),
        ),
    ),
    EntityType(
        name="festival",
        title="Index of festivals",
        share=0.045,
        article="the ",
        question_article="the ",
        intros=("The {name} is {a_kind}.", "The {name}, {a_kind}, is held every year."),
        alias_note="",
        sections=(
            ("", ("festival_city", "visitors")),
            ("History", ("festival_first", "festival_founder")),
        ),
    ),
    EntityType(
        name="club",
        title="Index of clubs",
        share=0.05,
        intros=("{name} is {a_kind}.", "{name} is {a_kind} with a loyal following."),
        alias_note="",
        sections=(
            ("", ("club_city", "club_founded")),
            ("Team and ground", ("coach", "capacity", "club_sponsor")),
        ),
    ),
)

TYPES: Mapping[str, EntityType] = MappingProxyType({row.name: row for row in _TYPES})
