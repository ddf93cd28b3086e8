"""Walks over a hand-made world of which every answer is known."""

import msgspec
import pytest

from webenvs.corpora.world.graph import Entity, Fact, World
from webenvs.errors import SettingError, TaskFileError
from webenvs.records import Page
from webenvs.tasks.proof import Atom, Query, Step, assignments, flaw, leak, query_of, steps_of
from webenvs.tasks.walk import multi_hop_tasks, task_of, verify_task
from webenvs.tasks.wording import question_of

ENTITIES = (
    Entity(id="The_Silent_Meridian", name="The Silent Meridian", type="book", kind="novel"),
    Entity(id="Ada_Brandt", name="Ada Brandt", type="person", kind="novelist", aliases=("Ada Ro",)),
    Entity(id="Bela_Ost", name="Bela Ost", type="person", kind="physicist"),
    Entity(id="Dora_Eide", name="Dora Eide", type="person", kind="coach"),
    Entity(id="Halvern_College", name="Halvern College", type="university", kind="university"),
    Entity(id="Kelm", name="Kelm", type="city", kind="port"),
    Entity(id="Sund", name="Sund", type="city", kind="port"),
    Entity(id="Norland", name="Norland", type="country", kind="country"),
)
FACTS = {
    "author": Fact(subject="The_Silent_Meridian", relation="author", object="Ada_Brandt"),
    "ada studied": Fact(subject="Ada_Brandt", relation="studied_at", object="Halvern_College"),
    "bela studied": Fact(subject="Bela_Ost", relation="studied_at", object="Halvern_College"),
    "founded": Fact(subject="Halvern_College", relation="university_founded", object=1888),
    "campus": Fact(subject="Halvern_College", relation="university_city", object="Kelm"),
    "country": Fact(subject="Kelm", relation="city_country", object="Norland"),
    "residents": Fact(subject="Kelm", relation="population", object=12400),
    "ada born": Fact(subject="Ada_Brandt", relation="birth_place", object="Kelm"),
    "bela born": Fact(subject="Bela_Ost", relation="birth_place", object="Sund"),
    "dora born": Fact(subject="Dora_Eide", relation="birth_place", object="Sund"),
    "bela's year": Fact(subject="Bela_Ost", relation="birth_year", object=1931),
}
PLACES = {
    "author": ("The_Silent_Meridian", "Books"),
    "ada studied": ("Ada_Brandt",),
    "bela studied": ("Halvern_College",),
    "founded": ("Halvern_College",),
    "campus": ("Halvern_College",),
    "country": ("Kelm",),
    "residents": ("Kelm",),
    "ada born": ("Ada_Brandt",),
    "bela born": ("Births",),
    "dora born": ("Dora_Eide",),
    "bela's year": ("Bela_Ost",),
}


def url_of(place):
    return f"https://world.example/wiki/{place}"


def made_world(entities=ENTITIES, without=(), **moved):
    """The hand-made world; `moved` puts facts (blanks as underscores) on other pages."""
    places = {**PLACES, **{name.replace("_", " "): pages for name, pages in moved.items()}}
    names = {entity.id: entity.name for entity in entities}
    facts, texts = [], {place: [place] for place in (*names, "Books", "Births", "News")}
    for name, fact in FACTS.items():
        if name not in without:
            urls = tuple(url_of(place) for place in places[name])
            facts.append(msgspec.structs.replace(fact, urls=urls))
            for place in places[name]:
                value = names.get(fact.object, fact.object)
                texts[place].append(f"{names[fact.subject]} {fact.relation} {value}.")
    pages = [
        Page(url=url_of(place), title="", text=" ".join(text)) for place, text in texts.items()
    ]
    return World(entities, facts, pages, "made")


def walk(world, *hops):
    """Steps along named facts; a leading "<" reads a fact backward, "&" starts a second clue."""
    steps = []
    for hop in hops:
        fact = FACTS[hop.lstrip("<&")]
        fact = next(
            known
            for known in world.facts_about(fact.subject)
            if known == known and (known.relation, known.object) == (fact.relation, fact.object)
        )
        start = not steps or hop.startswith("&")
        last = (
            ()
            if start
            else tuple(place for place, step in enumerate(steps) if step.found == steps[-1].found)
        )
        steps.append(Step(fact=fact, forward=not hop.startswith(("<", "&")), needs=last))
    return steps


AUTHOR_SCHOOL_YEAR = ("author", "ada studied", "founded")
MEETING = ("<bela born", "&bela studied")


def test_a_walk_becomes_a_task_with_answer_evidence_hops_and_difficulty():
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    book, books, ada, college = map(
        url_of, ("The_Silent_Meridian", "Books", "Ada_Brandt", "Halvern_College")
    )
    assert task.answers == ("1888",)
    assert task.answer_type == "date"
    assert task.aliases == {}
    assert task.evidence == ((book, ada, college), (books, ada, college))
    assert [(hop.id, hop.value, hop.needs) for hop in task.hops] == [
        ("h1", "Ada Brandt", ()),
        ("h2", "Halvern College", ("h1",)),
        ("h3", "1888", ("h2",)),
    ]
    assert task.hops[0].fact == "The Silent Meridian was written by Ada Brandt."
    assert task.hops[0].urls == (book, books)
    assert task.difficulty["hops"] == 3.0
    assert task.difficulty["page_sets"] == 2.0
    assert task.family == "MultiHop"
    assert "The Silent Meridian" in task.question
    assert task.meta["query"] == {
        "atoms": [
            ["The_Silent_Meridian", "author", "?1"],
            ["?1", "studied_at", "?2"],
            ["?2", "university_founded", "?3"],
        ],
        "target": "?3",
    }
    verify_task(world, task)


def test_a_number_keeps_its_written_form_and_its_bare_one_as_alias():
    world = made_world(campus=("News",))
    task = task_of(world, walk(world, "campus", "residents"), 0)
    assert (task.answers, task.answer_type) == (("12,400",), "number")
    assert task.aliases == {"12,400": ("12400",)}


def test_an_entity_with_an_alias_is_accepted_under_both_names():
    world = made_world()
    task = task_of(world, walk(world, "<ada born"), 0)
    assert task.answers == ("Ada Brandt",)
    assert task.aliases == {"Ada Brandt": ("Ada Ro",)}
    assert task.answer_type == "text"


def test_two_clues_that_meet_make_one_hop_each_and_both_are_needed_later():
    world = made_world()
    meeting = task_of(world, walk(world, *MEETING), 0)
    assert meeting.question == "Who was born in Sund and studied at Halvern College?"
    assert meeting.answers == ("Bela Ost",)
    assert [hop.needs for hop in meeting.hops] == [(), ()]
    later = task_of(world, walk(world, *MEETING, "bela's year"), 0)
    assert later.hops[-1].needs == ("h1", "h2")
    assert later.answers == ("1931",)
    assert later.difficulty["starts"] == 2.0
    for task in (meeting, later):
        verify_task(world, task)


@pytest.mark.parametrize("key", range(12))
def test_a_question_is_nested_or_cut_in_two_and_names_only_its_start(key):
    world = made_world()
    question = question_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), key)
    assert question.endswith("?")
    assert question.count("The Silent Meridian") == 1
    assert not any(name in question for name in ("Brandt", "Halvern", "1888"))
    assert (". " in question) == ("that " in question)


def test_wordings_of_one_walk_differ_by_key_but_repeat_for_one_key():
    world = made_world()
    steps = walk(world, *AUTHOR_SCHOOL_YEAR)
    questions = [question_of(world, steps, key) for key in range(40)]
    assert len(set(questions)) >= 10
    assert any(". " in question for question in questions)
    assert any(". " not in question for question in questions)
    assert question_of(world, steps, 7) == questions[7]


def rejected(world, *hops):
    return flaw(world, walk(world, *hops))


def test_a_chain_with_a_second_reading_is_rejected():
    hops = ("<bela studied", "bela's year")
    assert rejected(made_world(), hops[0]).startswith("V2: the facts leave more")
    assert rejected(made_world(), *hops).startswith("V2: a hop on the way")
    assert (
        rejected(
            made_world(without=("ada studied",), bela_studied=("News",)),
            "<bela studied",
            "bela's year",
        )
        is None
    )


def test_a_fact_without_a_page_is_rejected():
    assert rejected(made_world(author=()), "author", "ada studied").startswith("V3")


def test_two_facts_on_one_page_are_rejected():
    assert rejected(made_world(), "campus", "founded").startswith("V8: one page")
    assert rejected(
        made_world(ada_studied=("Ada_Brandt", "Books")), *AUTHOR_SCHOOL_YEAR
    ).startswith("V8: one page")


def test_an_answer_that_an_earlier_page_shows_is_rejected():
    world = made_world(campus=("News",), residents=("News", "Kelm"), country=("Norland",))
    assert rejected(world, "<ada born", "ada studied").startswith("V8")
    spoiled = made_world(country=("Ada_Brandt", "Kelm"), campus=("News",))
    assert rejected(spoiled, "ada studied", "campus", "country").startswith("V8")


def test_the_article_of_the_start_counts_as_an_earlier_page_even_if_it_is_no_evidence():
    open_start = made_world(author=("Books",), founded=("News",))
    assert rejected(open_start, *AUTHOR_SCHOOL_YEAR) is None
    shown = made_world(author=("Books",), founded=("News",), bela_studied=("The_Silent_Meridian",))
    assert rejected(shown, *AUTHOR_SCHOOL_YEAR).startswith("V8: a page of an earlier hop")


def test_a_clue_that_decides_alone_is_rejected():
    world = made_world(without=("dora born",))
    assert rejected(world, *MEETING).startswith("V7")


def test_an_answer_whose_name_is_shared_or_too_long_is_rejected():
    namesake = Entity(id="Ada_(coach)", name="ada brandt", type="person", kind="coach")
    assert rejected(made_world((*ENTITIES, namesake)), "author").startswith("V2: several")
    long = tuple(
        msgspec.structs.replace(entity, name="Ada " + "B" * 60)
        if entity.name == "Ada Brandt"
        else entity
        for entity in ENTITIES
    )
    assert rejected(made_world(long), "author").startswith("V15")


def test_a_name_that_leaks_into_the_question_is_found_whatever_its_case_but_only_as_a_word():
    world = made_world()
    steps = walk(world, "author", "ada studied")
    assert leak(world, "Which college did ADA  RO attend?", steps) == "Ada Ro"
    assert leak(world, "Is it Halvern-College?", steps) == "Halvern College"
    assert leak(world, "Who is Ada Ross?", steps) is None


def test_a_walk_with_a_leak_makes_no_task():
    telling = tuple(
        msgspec.structs.replace(entity, name="Letters of Ada Ro")
        if entity.type == "book"
        else entity
        for entity in ENTITIES
    )
    world = made_world(telling)
    with pytest.raises(TaskFileError, match="V9: 'Ada Ro'"):
        task_of(world, walk(world, "author", "ada studied"), 0)
    with pytest.raises(TaskFileError, match="V8"):
        task_of(world, walk(world, "campus", "founded"), 0)


def test_a_start_with_a_shared_name_is_told_by_its_kind():
    namesake = Entity(id="Bela_Ost_(coach)", name="Bela Ost", type="person", kind="coach")
    world = made_world((*ENTITIES, namesake), bela_studied=("News",))
    task = task_of(world, walk(world, "bela studied", "founded"), 0)
    assert "the physicist Bela Ost" in task.question
    verify_task(world, task)
    twin = msgspec.structs.replace(namesake, kind="physicist")
    unclear = made_world((*ENTITIES, twin), bela_studied=("News",))
    with pytest.raises(TaskFileError, match="does not say that it starts from"):
        verify_task(unclear, msgspec.structs.replace(task, meta={**task.meta}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("answers", ("1889",)),
        ("answer_type", "number"),
        ("aliases", {"1888": ("88",)}),
        ("evidence", ((url_of("Kelm"),),)),
        ("hops", ()),
        ("family", "Lookup"),
        ("difficulty", {}),
    ],
)
def test_a_task_that_says_something_unproved_is_refused_by_field(field, value):
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    with pytest.raises(TaskFileError, match=f"^{field} of "):
        verify_task(world, msgspec.structs.replace(task, **{field: value}))


def test_a_task_of_another_split_than_its_walk_has_is_refused():
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    other = "test" if task.split != "test" else "train"
    with pytest.raises(TaskFileError, match=r"^split of "):
        verify_task(world, msgspec.structs.replace(task, split=other))


def test_a_question_that_does_not_name_its_start_or_names_its_answer_is_refused():
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    with pytest.raises(TaskFileError, match="starts from 'The Silent Meridian'"):
        verify_task(world, msgspec.structs.replace(task, question="In which year?"))
    telling = msgspec.structs.replace(task, question=task.question + " (Hint: 1888.)")
    with pytest.raises(TaskFileError, match="V9: '1888'"):
        verify_task(world, telling)


def test_a_task_is_refused_by_a_world_in_which_its_proof_fails():
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    with pytest.raises(TaskFileError, match=r"V2: .* has 0 readings"):
        verify_task(made_world(without=("founded",)), task)
    with pytest.raises(TaskFileError, match="V8"):
        verify_task(made_world(founded=("Ada_Brandt",)), task)
    more = made_world(bela_born=("News",))
    with pytest.raises(TaskFileError, match=r"^meta of "):
        verify_task(more, task)


def test_a_task_without_a_query_or_with_an_unbound_one_is_refused():
    world = made_world()
    task = task_of(world, walk(world, *AUTHOR_SCHOOL_YEAR), 0)
    with pytest.raises(TaskFileError, match=r"meta\.query of .* is no query"):
        verify_task(world, msgspec.structs.replace(task, meta={}))
    loose = {"query": {"atoms": [["?1", "author", "?2"]], "target": "?2"}}
    with pytest.raises(TaskFileError, match="V1: Nothing binds"):
        verify_task(world, msgspec.structs.replace(task, meta=loose))


def test_the_join_agrees_with_trying_every_fact_for_every_atom():
    world = made_world()
    queries = [
        Query(atoms=(Atom("?1", "studied_at", "Halvern_College"),), target="?1"),
        Query(
            atoms=(Atom("?1", "birth_place", "?2"), Atom("?2", "city_country", "Norland")),
            target="?1",
        ),
        Query(
            atoms=(
                Atom("?1", "studied_at", "?3"),
                Atom("?3", "university_city", "?2"),
                Atom("?1", "birth_place", "?2"),
                Atom("?2", "population", 12400),
            ),
            target="?1",
        ),
        Query(atoms=(Atom("Kelm", "city_country", "Sund"),), target="?1"),
        Query(atoms=(Atom("Kelm", "city_country", "Norland"),), target="?1"),
    ]
    for query in queries:
        joined = sorted(map(str, (sorted(found.items()) for found in assignments(world, query))))
        assert joined == sorted(map(str, tried(world, query.atoms, {})))
    assert [found["?1"] for found in assignments(world, queries[2])] == ["Ada_Brandt"]


def tried(world, atoms, bound):
    """Assignments by brute force: every fact is tried for every atom, in order."""
    if not atoms:
        return [sorted(bound.items())]
    found = []
    for fact in world.facts:
        now = dict(bound)
        ends = [(atoms[0].subject, fact.subject), (atoms[0].object, fact.object)]
        fits = fact.relation == atoms[0].relation
        for term, value in ends:
            fits = fits and (
                now.setdefault(term, value) == value if str(term).startswith("?") else term == value
            )
        found += tried(world, atoms[1:], now) if fits else []
    return found


@pytest.mark.parametrize("hops", [AUTHOR_SCHOOL_YEAR, MEETING, (*MEETING, "bela's year")])
def test_a_walk_is_found_again_in_its_query(hops):
    world = made_world()
    steps = walk(world, *hops)
    query = query_of(steps)
    assert steps_of(world, query, next(assignments(world, query))) == steps


def test_all_walks_of_a_small_world_are_found_and_no_others():
    world = made_world()
    tasks = multi_hop_tasks(world, hops=(3, 3), limit=50)
    answers = {(len(task.hops), task.answers[0]) for task in tasks}
    assert (3, "1888") in answers
    assert (3, "1931") in answers
    for task in tasks:
        verify_task(world, task)


def test_a_world_without_walks_of_a_length_says_so():
    with pytest.raises(SettingError, match=r"hops = \(6, 6\).*lengths that 'made' has walks of"):
        multi_hop_tasks(made_world(), hops=(6, 6), limit=3)


@pytest.mark.parametrize("hops", [(1, 2), (4, 2), (2, 7)])
def test_lengths_out_of_range_are_refused(hops):
    with pytest.raises(SettingError, match="two numbers in ascending order from 2 to 6"):
        multi_hop_tasks(made_world(), hops=hops)


def test_a_limit_below_one_is_refused():
    with pytest.raises(SettingError, match="limit = 0"):
        multi_hop_tasks(made_world(), limit=0)
