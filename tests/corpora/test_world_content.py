"""What a generated world holds: who and what there is, and a history that fits together."""

from collections import Counter
from datetime import date

import pytest

from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.cast import SCIENCES
from webenvs.corpora.world.history import NOW
from webenvs.corpora.world.relations import RELATIONS


def test_there_are_enough_types_and_relations():
    assert len(TYPES) >= 15
    assert len(RELATIONS) >= 60
    assert {"museum", "artwork", "exhibition", "product", "paper", "newspaper"} <= set(TYPES)
    assert {"department", "region"} <= set(TYPES)
    assert sum(relation.kind == "date" for relation in RELATIONS.values()) >= 5
    assert sum(not relation.functional for relation in RELATIONS.values()) >= 5
    assert sum(relation.symmetric for relation in RELATIONS.values()) >= 3


def test_a_world_of_a_thousand_entities_has_facts_of_every_relation(past_of):
    past = past_of(2, 1000)
    assert {fact.relation for fact in past.facts} == set(RELATIONS)


def test_every_entity_stands_in_some_fact(past):
    named = {fact.subject for fact in past.facts} | {fact.object for fact in past.facts}
    assert set(past.entities) <= named


def test_facts_keep_domain_and_range(past):
    for fact in past.facts:
        relation = RELATIONS[fact.relation]
        assert past.entities[fact.subject].type == relation.domain
        if relation.kind == "entity":
            assert past.entities[fact.object].type == relation.range
        elif relation.kind == "date":
            assert date.fromisoformat(fact.object).isoformat() == fact.object
        else:
            assert type(fact.object) is int


def test_no_fact_is_told_twice(past):
    assert len({fact.key for fact in past.facts}) == len(past.facts)


def test_no_entity_stands_in_a_relation_to_itself(past):
    assert all(fact.subject != fact.object for fact in past.facts)


def test_every_flag_of_a_relation_holds(past):
    for name, relation in RELATIONS.items():
        pairs = past.pairs(name)
        if relation.functional:
            assert len({subject for subject, _ in pairs}) == len(pairs), name
        if relation.inverse_functional:
            assert len({thing for _, thing in pairs}) == len(pairs), name
        if relation.symmetric:
            assert {(thing, subject) for subject, thing in pairs} == set(pairs), name


def test_no_flag_of_a_relation_between_entities_is_missing(large):
    for name, relation in RELATIONS.items():
        pairs = large.pairs(name)
        if relation.kind == "entity":
            subjects, things = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
            assert relation.functional == (max(subjects.values()) == 1), name
            assert relation.inverse_functional == (max(things.values()) == 1), name
            back = {(thing, subject) for subject, thing in pairs}
            assert relation.symmetric == (back == set(pairs)), name


def test_a_capital_lies_in_its_country(past):
    for country, city in past.pairs("capital"):
        assert past.of("city_country")[city] == country


def test_a_provincial_seat_lies_in_its_region(past):
    for region, city in past.pairs("region_seat"):
        assert past.of("city_region")[city] == region


def test_a_city_lies_in_a_region_of_its_country(past):
    for city, region in past.pairs("city_region"):
        assert past.of("region_country")[region] == past.of("city_country")[city]


def test_every_city_has_a_region_and_every_region_a_seat(past):
    assert set(past.of("city_region")) == {city.id for city in past.cast.members["city"]}
    assert set(past.of("region_seat")) == {one.id for one in past.cast.members["region"]}


def test_twin_cities_lie_in_different_countries(past):
    for one, other in past.pairs("twin_city"):
        assert past.of("city_country")[one] != past.of("city_country")[other]


def test_a_tributary_is_shorter_than_its_main_river(past):
    for river, main in past.pairs("tributary_of"):
        assert past.of("river_length")[river] < past.of("river_length")[main]


def test_a_bridge_crosses_the_river_of_its_city(past):
    for bridge, city in past.pairs("bridge_city"):
        assert past.of("city_river")[city] == past.of("bridge_river")[bridge]


def test_a_bridge_is_opened_in_the_life_of_its_engineer(past):
    for bridge, engineer in past.pairs("bridge_engineer"):
        assert past.alive(engineer, past.of("bridge_opened")[bridge], 28)


def test_a_birth_precedes_a_death_by_a_long_life(past):
    for person, year in past.pairs("death_year"):
        assert 58 <= year - past.born(person) <= 93


def test_a_birth_precedes_a_degree_and_a_death_follows_it(past):
    for person, year in past.pairs("graduation_year"):
        assert past.born(person) + 20 < year <= past.of("death_year").get(person, NOW)


def test_a_university_is_open_when_its_students_arrive(past):
    for person, school in past.pairs("studied_at"):
        assert past.of("university_founded")[school] <= past.of("graduation_year")[person] - 3


def test_a_mentor_is_older_and_lives_to_teach(past):
    for pupil, mentor in past.pairs("mentor"):
        assert past.born(mentor) + 12 <= past.born(pupil)
        assert past.alive(mentor, past.born(pupil) + 18)


def test_spouses_are_of_about_one_age_and_no_siblings(past):
    siblings = set(past.pairs("sibling"))
    for one, other in past.pairs("spouse"):
        assert abs(past.born(one) - past.born(other)) <= 12
        assert (one, other) not in siblings


def test_siblings_share_surname_and_birthplace_and_are_born_within_a_generation(past):
    for one, other in past.pairs("sibling"):
        assert past.of("birth_place")[one] == past.of("birth_place")[other]
        assert abs(past.born(one) - past.born(other)) <= 16
        assert past.entities[one].name.split(" ")[-1] == past.entities[other].name.split(" ")[-1]


def test_a_sibling_of_a_sibling_is_a_sibling(past):
    siblings = set(past.pairs("sibling"))
    for one, other in siblings:
        for again, third in past.pairs("sibling"):
            assert again != other or third == one or (one, third) in siblings


def test_an_employer_exists_in_the_life_of_its_staff(past):
    for person, company in past.pairs("employer"):
        assert past.alive(person, max(past.of("company_founded")[company], past.born(person)))


def test_players_join_clubs_that_exist(past):
    for person, club in past.pairs("played_for"):
        assert past.of("club_founded")[club] <= past.born(person) + 20


def test_first_awards_are_won_in_the_life_of_the_holder(past):
    for person, year in past.pairs("award_year"):
        assert past.alive(person, year, 32)


def test_awards_exist_when_they_are_won(past):
    for person, award in past.pairs("person_award"):
        assert past.of("award_first")[award] <= past.of("award_year")[person]


def test_an_award_commemorates_the_dead(past):
    for award, person in past.pairs("commemorates"):
        assert past.of("death_year")[person] < past.of("award_first")[award]


def test_an_award_is_presented_by_a_university_that_exists(past):
    for award, university in past.pairs("award_presenter"):
        assert past.of("university_founded")[university] <= past.of("award_first")[award]


@pytest.mark.parametrize(
    ("relation", "began"),
    [
        ("university_founder", "university_founded"),
        ("company_founder", "company_founded"),
        ("festival_founder", "festival_first"),
    ],
)
def test_founders_are_of_age_and_found_three_things_of_a_type_at_most(past, relation, began):
    founders = Counter(founder for _, founder in past.pairs(relation))
    assert max(founders.values(), default=0) <= 3
    for thing, founder in past.pairs(relation):
        assert past.alive(founder, past.of(began)[thing], 27)


def test_no_company_belongs_to_itself_through_others(past):
    parents = past.of("parent_company")
    for company in parents:
        chain = [company]
        while chain[-1] in parents:
            chain.append(parents[chain[-1]])
            assert chain[-1] != company


def test_rivals_play_the_same_sport(past):
    for one, other in past.pairs("rival"):
        assert past.entities[one].kind == past.entities[other].kind


def test_a_product_comes_after_its_maker_in_the_life_of_its_designer(past):
    launches = past.of("product_launch")
    for product, maker in past.pairs("maker"):
        assert past.of("company_founded")[maker] < int(launches[product][:4])
    for product, designer in past.pairs("product_designer"):
        assert past.alive(designer, launches[product], 24)


def test_a_department_is_no_older_than_its_university(past):
    for department, university in past.pairs("department_university"):
        founded = past.of("university_founded")[university]
        assert founded <= past.of("department_founded")[department]


def test_a_head_of_department_works_there(past):
    for department, head in past.pairs("department_head"):
        assert past.of("works_in")[head] == department


def test_scholars_work_in_departments_of_their_science_in_their_lives(past):
    for person, department in past.pairs("works_in"):
        science = SCIENCES[past.entities[person].kind]
        assert past.entities[department].kind == f"{science} department"
        founded = past.of("department_founded")[department]
        assert past.alive(person, max(founded, past.born(person)))


def test_a_university_has_one_department_a_science_at_most(past):
    taught = [
        (university, past.entities[department].kind)
        for department, university in past.pairs("department_university")
    ]
    assert len(set(taught)) == len(taught)


def test_authors_are_alive_and_of_age_when_a_book_appears(past):
    for book, author in past.pairs("author"):
        assert past.alive(author, past.of("published")[book], 24)


def test_publishers_are_publishing_houses_that_exist_by_then(past):
    for book, company in past.pairs("publisher"):
        assert past.entities[company].kind == "publishing house"
        assert past.of("company_founded")[company] <= past.of("published")[book]


def test_a_book_is_dedicated_to_somebody_who_can_read_it(past):
    for book, person in past.pairs("dedicated_to"):
        assert past.alive(person, past.of("published")[book], 10)
        assert (book, person) not in past.pairs("author")


def test_directors_and_stars_are_alive_and_of_age_at_the_premiere(past):
    for film, director in past.pairs("film_director"):
        assert past.alive(director, past.of("film_premiere")[film], 25)
    for film, star in past.pairs("film_star"):
        assert past.alive(star, past.of("film_premiere")[film], 16)


def test_a_film_follows_the_book_it_is_based_on(past):
    for film, book in past.pairs("based_on"):
        assert past.of("published")[book] < int(past.of("film_premiere")[film][:4])


def test_authors_of_papers_are_alive_and_of_age(past):
    for paper, author in past.pairs("paper_author"):
        assert past.alive(author, past.of("paper_year")[paper], 22)


def test_papers_appear_in_journals_of_their_science_that_exist(past):
    for paper, journal in past.pairs("paper_journal"):
        assert past.of("journal_founded")[journal] <= past.of("paper_year")[paper]
        kinds = {past.entities[one].kind.split(" ")[0] for one in (paper, journal)}
        assert len(kinds) == 1


def test_a_paper_cites_earlier_papers_only(past):
    for paper, source in past.pairs("cites"):
        assert past.of("paper_year")[source] < past.of("paper_year")[paper]


def test_a_journal_is_published_by_a_university_that_exists(past):
    for journal, university in past.pairs("journal_home"):
        assert past.of("university_founded")[university] <= past.of("journal_founded")[journal]


def test_works_of_art_are_made_in_the_life_of_the_artist(past):
    for artwork, artist in past.pairs("artist"):
        assert past.alive(artist, past.of("artwork_year")[artwork], 18)


def test_an_exhibition_closes_after_it_opens_and_before_the_present(past):
    for exhibition, day in past.pairs("exhibition_closed"):
        assert past.of("exhibition_opened")[exhibition] < day < f"{NOW}-01-01"


def test_an_exhibition_shows_artworks_that_exist_by_then(past):
    for exhibition, artwork in past.pairs("shows"):
        year = int(past.of("exhibition_opened")[exhibition][:4])
        assert past.of("artwork_year")[artwork] < year


def test_an_exhibition_opens_in_a_museum_that_is_open(past):
    for exhibition, museum in past.pairs("exhibition_museum"):
        assert past.of("museum_opened")[museum] < past.of("exhibition_opened")[exhibition]


def test_a_curator_is_alive_and_of_age(past):
    for exhibition, curator in past.pairs("curator"):
        assert past.alive(curator, past.of("exhibition_opened")[exhibition], 26)


def test_the_living_of_working_age_hold_one_office_each(past):
    offices = ("president", "governor", "mayor", "rector", "department_head", "coach")
    offices += ("chief_executive", "museum_director", "newspaper_editor", "journal_editor")
    holders = [holder for office in offices for _, holder in past.pairs(office)]
    assert len(set(holders)) == len(holders) > 2
    for holder in holders:
        assert holder not in past.of("death_year")
        assert 30 <= NOW - past.born(holder) <= 75
