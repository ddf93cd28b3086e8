"""Sites: how deep a fact lies, what is left without a page, what a question calls a site."""

import pytest

from webenvs.errors import SettingError
from webenvs.tasks.sites import on_site, site_name, site_of, site_roots
from webenvs.testing.golden_site import OWNER, ROOT, TOWN, golden_site


def fact_of(site, subject, relation):
    return site.knowledge.facts_from(subject, relation)[0]


def test_a_site_knows_what_its_own_pages_state():
    knowledge = golden_site()
    site = site_of(knowledge, ROOT)
    assert len(site.knowledge.facts) == len(knowledge.facts) == 29
    born = fact_of(site, "Orla Venn", "bornIn")
    assert TOWN + "people" in knowledge.facts_from("Orla Venn", "bornIn")[0].urls
    assert born.urls == (f"{ROOT}departments/geology/staff/orla-venn",)
    assert (site.depth(born), site.page(born)) == (4, born.urls[0])


def test_of_several_pages_the_nearest_holds_a_fact():
    site = site_of(golden_site(), ROOT)
    founded = fact_of(site, OWNER, "foundedIn")
    assert founded.urls == (ROOT, f"{ROOT}about/history")
    assert (site.depth(founded), site.page(founded)) == (0, ROOT)


def test_without_a_page_only_what_others_state_is_left():
    site = site_of(golden_site(), ROOT)
    without = site.without(f"{ROOT}departments/geology/")
    gone = {fact.key for fact in site.knowledge.facts} - {fact.key for fact in without.facts}
    assert {relation for _, relation, _ in gone} == {"partOf", "foundedIn", "headedBy"}
    assert {subject for subject, _, _ in gone} == {"Department of Geology"}
    assert site.without(ROOT).facts == site.knowledge.facts, "the history states it too"


def test_part_of_a_site_states_part_of_it():
    museum = site_of(golden_site(), f"{ROOT}museum/")
    assert {fact.subject for fact in museum.knowledge.facts} == {"Amber Rooms", "Glass Eyes"}
    assert museum.owner is None


def test_the_roots_of_a_corpus_are_the_front_pages_of_its_hosts():
    assert site_roots(golden_site().corpus) == (ROOT, TOWN)


def test_a_site_is_called_by_its_owner_or_by_its_title():
    knowledge = golden_site()
    assert site_of(knowledge, ROOT).owner.id == OWNER
    assert site_name(knowledge, ROOT) == OWNER
    assert site_name(knowledge, TOWN) == "The town"
    assert site_name(knowledge, f"{ROOT}departments/geology/") == "the Department of Geology"
    asked = on_site(knowledge, ROOT, "Who is the head of it?")
    assert asked == "On the website of Halvern University, who is the head of it?"


def test_a_site_without_a_front_page_is_refused():
    with pytest.raises(SettingError, match=r"root = 'https://nowhere\.example/'"):
        site_of(golden_site(), "https://nowhere.example/")
