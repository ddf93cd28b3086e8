"""What is known of pages: the values they state, where, and what is wrong of them or was once."""

import pytest

from webenvs import library
from webenvs.corpora import store
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, EntityWords, Fact, Knowledge, Place, Relation
from webenvs.corpora.lore import Lore
from webenvs.corpora.world.settings import WorldSettings
from webenvs.corpora.world.stream import write_world
from webenvs.errors import CorpusError
from webenvs.records import Link, Page
from webenvs.seeding import digest
from webenvs.testing.golden_site import ROOT, golden_site

SITE = "https://facts.example/"
WORDS = (
    EntityWords(name="town", noun="town", plural="towns"),
    EntityWords(name="person", noun="person", plural="people", who="who"),
)
RELATIONS = (
    Relation(name="mayorOf", domain="town", range="person", nouns=("x",)),
    Relation(name="bornIn", domain="person", range="town", nouns=("x",)),
    Relation(name="bornOn", domain="person", range="date", nouns=("x",)),
    Relation(name="foundedIn", domain="town", range="year", nouns=("x",)),
    Relation(name="residents", domain="town", range="number", nouns=("x",)),
    Relation(
        name="twin", domain="town", range="town", nouns=("x",), functional=False, symmetric=True
    ),
)


def entity(name, kind, *aliases, page=True):
    url = SITE + name.lower().replace(" ", "-") if page else ""
    return Entity(id=name, name=name, type=kind, aliases=aliases, url=url)


ENTITIES = (
    *(entity(name, "town") for name in ("Tarn", "Brena", "Corvo", "Elm")),
    *(entity(name, "person") for name in ("Ilsa Tarn", "Otto Rem", "Una Holl")),
    entity("Ada Kerr", "person", "Ada"),
    Entity(id="Tarn (river)", name="Tarn", type="river", url=SITE + "tarn-river"),
)


def known(text, *told, links=(), url=SITE + "page", more=()):
    """Knowledge of one page whose passages state facts: (subject, relation, object, passage)."""
    page = Page(url=url, title="A page", text=text, links=tuple(links))
    facts = [
        Fact(
            subject=subject,
            relation=relation,
            object=value,
            places=(Place(url, text.index(passage), text.index(passage) + len(passage)),),
        )
        for subject, relation, value, passage in told
    ]
    river = EntityWords(name="river", noun="river", plural="rivers")
    return Knowledge(
        ENTITIES, RELATIONS, (*WORDS, river), [*facts, *more], MemoryCorpus([page]), "facts"
    )


def fact(subject, relation, value):
    return Fact(subject=subject, relation=relation, object=value)


def spelled(knowledge, url=SITE + "page"):
    """What the claims on a page spell, each checked against the text."""
    index = knowledge.corpus.index(url)
    text = knowledge.corpus.page(index).text
    claims = Lore(knowledge).claims(url)
    assert all(text[one.start : one.end] == one.text for one in claims)
    return [one.text for one in claims]


def test_a_claim_is_the_span_that_spells_the_object_inside_its_passage():
    text = "Una Holl wrote this. The mayor of Brena is Una Holl, since long."
    knowledge = known(
        text, ("Brena", "mayorOf", "Una Holl", "The mayor of Brena is Una Holl, since long.")
    )
    (claim,) = Lore(knowledge).claims(SITE + "page")
    assert (claim.start, claim.end) == (43, 51)
    assert claim.fact == "Brena | mayorOf | Una Holl"


@pytest.mark.parametrize(
    ("relation", "value", "written"),
    [
        ("foundedIn", 1931, "1931"),
        ("residents", 12_400, "12,400"),
        ("residents", 12_400, "12400"),
        ("residents", 7, "7"),
    ],
)
def test_wrong_numbers_are_written_as_the_right_one_is(relation, value, written):
    text = f"Of 17,931,7 and x7 and 212,400 it is {written}, they say."
    knowledge = known(text, ("Tarn", relation, value, text))
    (claim,) = Lore(knowledge).claims(SITE + "page")
    assert claim.text == written
    assert len(set(claim.others)) == 3
    assert all(("," in other) == ("," in written) or int(other) < 1000 for other in claim.others)
    assert all(int(other.replace(",", "")) >= 1 for other in claim.others)


@pytest.mark.parametrize("written", ["4 May 1931", "May 4, 1931", "1931-05-04", "4 May 1931"])
def test_wrong_dates_are_written_as_the_right_one_is(written):
    text = f"She was born on {written} at home."
    knowledge = known(text, ("Una Holl", "bornOn", "1931-05-04", text))
    (claim,) = Lore(knowledge).claims(SITE + "page")
    assert claim.text == written
    figures = "".join("0" if letter.isdigit() else letter for letter in written)
    for other in claim.others:
        assert other != written
        assert (other.count("-"), other.count(","), other.count(" ")) == tuple(
            figures.count(mark) for mark in "-, "
        )


def test_all_mentions_in_the_passage_are_claimed_but_one_that_is_a_link_stands_alone():
    text = "Brena, home of Una Holl. Una Holl is mayor of Brena."
    told = ("Brena", "mayorOf", "Una Holl", text)
    assert spelled(known(text, told)) == ["Una Holl", "Una Holl"]
    link = Link(anchor="Una Holl", url=SITE + "una-holl", position=25)
    (claim,) = Lore(known(text, told, links=[link])).claims(SITE + "page")
    assert claim.start == 25


def test_a_name_inside_of_a_longer_one_is_no_mention():
    text = "Ilsa Tarn was born in Tarn, not in Tarnholm or New-Tarn."
    knowledge = known(text, ("Ilsa Tarn", "bornIn", "Tarn", "Ilsa Tarn was born in Tarn,"))
    (claim,) = Lore(knowledge).claims(SITE + "page")
    assert claim.start == text.index("Tarn,")


def test_the_longest_spelling_is_claimed_and_aliases_count():
    text = "Its mayor is Ada Kerr. People call Ada a saint."
    assert spelled(known(text, ("Elm", "mayorOf", "Ada Kerr", text))) == ["Ada Kerr", "Ada"]


def test_other_case_and_other_blanks_are_found_where_there_is_no_better_spelling():
    text = "Its mayor is UNA  HOLL."
    assert spelled(known(text, ("Elm", "mayorOf", "Una Holl", text))) == ["UNA  HOLL"]


def test_a_page_about_the_object_claims_nothing_of_itself():
    text = "Una Holl is mayor of Brena."
    knowledge = known(text, ("Brena", "mayorOf", "Una Holl", text), url=SITE + "una-holl")
    assert spelled(knowledge, SITE + "una-holl") == []


def test_what_the_passage_does_not_spell_is_no_claim():
    text = "Una Holl. Heads the town hall of Brena."
    assert spelled(known(text, ("Brena", "mayorOf", "Una Holl", "Heads the town hall"))) == []


def test_others_are_of_the_kind_and_never_true():
    text = "Tarn has friends: Brena and Corvo."
    told = [("Tarn", "twin", name, text) for name in ("Brena", "Corvo")]
    more = [fact("Elm", "twin", "Tarn")]
    for claim in Lore(known(text, *told, more=more)).claims(SITE + "page"):
        assert claim.others == (), "Elm is a twin by its own fact, Tarn is the subject"
    alone = Lore(known(text, told[0])).claims(SITE + "page")
    assert set(alone[0].others) == {"Corvo", "Elm"}


def test_others_are_not_spelled_like_what_is_true():
    text = "She was born in Tarn."
    twin = Entity(id="Tarn (village)", name="Tarn", type="town")
    knowledge = known(text, ("Una Holl", "bornIn", "Tarn", text))
    with_twin = Knowledge(
        [*knowledge.entities.values(), twin],
        RELATIONS,
        knowledge.types.values(),
        knowledge.facts,
        knowledge.corpus,
        "facts",
    )
    (claim,) = Lore(with_twin).claims(SITE + "page")
    assert "Tarn" not in claim.others
    assert claim.others


def test_values_of_two_facts_in_one_row_do_not_overlap():
    text = "Una Holl | 1931 | 1931"
    knowledge = known(text, ("Tarn", "foundedIn", 1931, text), ("Elm", "foundedIn", 1931, text))
    assert spelled(knowledge) == ["1931", "1931"]


def test_namesakes_are_the_pages_of_others_with_the_same_name():
    lore = Lore(known("x", more=[fact("Tarn", "foundedIn", 1)]))
    assert lore.namesakes(SITE + "tarn") == (SITE + "tarn-river",)
    assert lore.namesakes(SITE + "tarn-river") == (SITE + "tarn",)
    assert lore.namesakes(SITE + "brena") == lore.namesakes("nowhere") == ()


def test_pages_that_are_not_there_and_empty_ones_claim_nothing():
    knowledge = known("x", more=[fact("Tarn", "foundedIn", 1)])
    assert Lore(knowledge).claims("nowhere") == Lore(knowledge).claims(SITE + "page") == ()


def test_claims_are_the_same_whenever_they_are_asked_for():
    one, other = (
        Lore(library.knowledge(library.corpus("tiny"))),
        library.lore(library.corpus("tiny")),
    )
    corpus = library.corpus("tiny")
    urls = [corpus.url(index) for index in range(len(corpus))]
    assert [one.claims(url) for url in urls] == [other.claims(url) for url in reversed(urls)][::-1]
    assert one.claims(urls[9]) is one.claims(urls[9])


def test_the_claims_of_the_tiny_world_are_the_recorded_ones():
    """Another machine, another hash seed, another Python: the same values."""
    corpus = library.corpus("tiny")
    lore = library.lore(corpus)
    claims = [lore.claims(corpus.url(index)) for index in range(len(corpus))]
    assert digest(claims)[:16] == "4831c758185cd1a0"


def test_knowledge_over_other_pages_has_claims_and_no_past():
    knowledge = golden_site()
    claims = Lore(knowledge).claims(f"{ROOT}departments/geology/")
    assert [(one.text, one.older) for one in claims] == [
        ("Halvern University", ()),
        ("1902", ()),
        ("Orla Venn", ()),
    ]
    assert set(claims[2].others) < {"Pim Astrand", "Rhea Solm", "Tove Quill", "Ugo Fenn"}


def test_the_lore_of_a_stored_world_is_that_of_the_world_in_memory(tmp_path):
    stored = write_world(WorldSettings(pages=300), tmp_path / "tiny", workers=1)
    tiny = library.corpus("tiny")
    assert stored.digest == tiny.digest
    opened = Lore(store.open_knowledge(stored))
    for index in range(0, len(stored), 3):
        url = stored.url(index)
        assert opened.claims(url) == library.lore(tiny).claims(url)
        assert opened.namesakes(url) == library.lore(tiny).namesakes(url)


def test_a_corpus_without_knowledge_has_no_lore(tmp_path):
    pages = [Page(url=SITE, title="t", text="Only this page, of 1931.")]
    assert library.lore(MemoryCorpus(pages)) is None
    store.write(pages, tmp_path / "c", "c")
    assert library.lore(store.open_corpus(tmp_path / "c")) is None


def test_damaged_knowledge_is_told_rather_than_passed_over(tmp_path):
    stored = write_world(WorldSettings(pages=100, seed=77), tmp_path / "w", workers=1)
    path = stored.path / stored.manifest.knowledge_file
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CorpusError, match="damaged"):
        library.lore(stored)
