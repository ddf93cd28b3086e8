"""Each rule: what breaks it, what its finding says, and what it lets pass."""

import msgspec
import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.corpora.knowledge import Entity, Fact, Knowledge, Place, Relation
from webenvs.errors import QueryError, SettingError
from webenvs.records import Hit, Page
from webenvs.tasks.kp.query import Atom, Post, Query, Var, const
from webenvs.tasks.kp.rules import Case, Finding, RuleSettings, check, findings
from webenvs.testing.golden_world import url_of

LAX = RuleSettings(skipped=("V6", "V7", "V8"))


@pytest.fixture
def flawless(ask):
    """G8 of the specification: it keeps every rule."""
    return ask(
        "T playsFor X",
        ("X", "foundedIn", 1966),
        ("X", "isA", "football club"),
        "T bornIn Y",
        ("Gala Fair", "heldIn", "Y"),
    )


def only(found, rule):
    """The messages of one rule; nothing else may be found."""
    assert {finding.rule for finding in found} == {rule}, found
    return [finding.message for finding in found]


def changed(knowledge, *, facts=None, entities=None, pages=None):
    """The knowledge with some of it replaced."""
    corpus = knowledge.corpus if pages is None else MemoryCorpus(pages)
    return Knowledge(
        entities or knowledge.entities.values(),
        knowledge.relations.values(),
        knowledge.types.values(),
        facts or knowledge.facts,
        corpus,
        knowledge.name,
    )


class FixedRetriever:
    """Finds the same pages whatever is asked."""

    def __init__(self, *urls):
        self.settings = {}
        self.urls = urls

    def search(self, query, k):
        return tuple(
            Hit(url=url, title="", snippet="", score=1.0, rank=rank)
            for rank, url in enumerate(self.urls[:k], start=1)
        )


def test_v1_unbound_variables_end_the_examination(golden, ask):
    query = ask(("X", "bornIn", 1990), ("Hohen Park", "locatedIn", "Kelm"))
    (message,) = only(check(golden, query), "V1")
    assert "'T' of the query is unbound" in message


def test_v1_atoms_must_be_connected_to_the_target(golden, ask):
    (message,) = only(check(golden, ask(("T", "bornIn", 1991), "A playsFor B")), "V1")
    assert "[A, playsFor, B] is not connected to the target 'T'" in message


@pytest.mark.parametrize(
    ("post", "said"),
    [
        (Post(op="DIFF"), "post.op = 'DIFF' needs post.other"),
        (Post(op="ARGMIN", relation="bornInn"), "no relation 'bornInn'"),
        (Post(op="DIFF", other=Query(atoms=())), "'T' of the query is unbound"),
    ],
)
def test_v1_what_is_computed_must_be_computable(golden, ask, post, said):
    (message,) = only(check(golden, ask(("T", "bornIn", 1991), post=post)), "V1")
    assert said in message


def test_v2_the_stored_answer_must_be_the_one_found(golden, flawless):
    (message,) = only(check(golden, flawless, answer=("Bela Korr",)), "V2")
    assert "stored answer is 'Bela Korr', the query's is 'Ada Brandt'" in message


def test_v2_no_answer_is_a_finding_and_breaks_nothing_else(golden, ask):
    query = ask("T playsFor X", ("X", "foundedIn", 1700))
    (message,) = only(check(golden, query), "V2")
    assert "has no answer" in message


def test_v2_sets_are_allowed_up_to_their_largest_size(golden, ask):
    query = ask("T playsFor X", ("X", "homeGround", "Hohen Park"))
    (message,) = only(check(golden, query, LAX), "V2")
    assert "3 answers ('Ada Brandt', 'Bela Korr', 'Dora Eide'), allowed are 1" in message
    sets = msgspec.structs.replace(LAX, set_answers=True, largest_set=2)
    (message,) = only(check(golden, query, sets), "V2")
    assert "allowed are 2: add a condition, or raise largest_set" in message
    assert check(golden, query, msgspec.structs.replace(sets, largest_set=3)) == ()


def test_v2_an_answer_needs_a_name_of_its_own(golden, flawless):
    twin = Entity(id="Ada Brandt (chemist)", name="ada brandt", type="designer")
    world = changed(golden, entities=[*golden.entities.values(), twin])
    (message,) = only(check(world, flawless), "V2")
    assert "shares its name 'Ada Brandt' with 1 other" in message
    count = msgspec.structs.replace(flawless, post=Post(op="COUNT"))
    assert check(world, count) == ()


def test_v3_every_fact_must_stand_on_a_page_of_the_corpus(golden, flawless):
    facts = [
        msgspec.structs.replace(fact, places=())
        if (fact.subject, fact.relation) == ("FC Norla", "isA")
        else fact
        for fact in golden.facts
    ]
    (message,) = only(check(changed(golden, facts=facts), flawless), "V3")
    assert "No page of the corpus states ('FC Norla', 'isA', 'football club')" in message
    pages = [golden.corpus.page(place) for place in range(len(golden.corpus))]
    fewer = [page for page in pages if page.title != "Gala Fair"]
    (message,) = only(check(changed(golden, pages=fewer), flawless), "V3")
    assert "('Gala Fair', 'heldIn', '1990')" in message


def test_v4_names_the_atom_of_two_constants(golden, flawless):
    idle = Atom(const("Hohen Park"), "locatedIn", const("Kelm"))
    query = msgspec.structs.replace(flawless, atoms=(*flawless.atoms, idle))
    (message,) = only(check(golden, query), "V4")
    assert (
        message == "The atom ['Hohen Park', locatedIn, 'Kelm'] joins two constants: leave it out."
    )


def test_v5_warns_unless_it_is_strict(golden, ask):
    query = ask("T playsFor X", ("X", "isA", "football club"), ("T", "bornIn", 1990))
    (finding,) = check(golden, query)
    assert (finding.rule, finding.warning) == ("V5", True)
    assert "[T, bornIn, 1990] is at distance 1 from the target, near = 2" in finding.message
    (finding,) = check(golden, query, RuleSettings(strict_shortcut=True))
    assert not finding.warning


def test_v6_names_the_part_that_suffices(golden, ask):
    query = ask("T playsFor X", ("X", "isA", "football club"), ("T", "bornIn", 1991))
    found = [finding for finding in check(golden, query) if finding.rule == "V6"]
    assert "at most 1 suffice, reach = 2: describe those of [T, bornIn, 1991]" in found[0].message
    assert not [f for f in check(golden, query, RuleSettings(reach=1)) if f.rule == "V6"]


def test_v7_an_atom_may_be_needed_for_its_own_variable_alone(golden, flawless, ask):
    assert check(golden, flawless) == ()
    doubled = msgspec.structs.replace(
        flawless, atoms=(*flawless.atoms, Atom(const("Gala Fair"), "heldIn", Var(name="Y")))
    )
    messages = only(check(golden, doubled), "V7")
    assert len(messages) == 2
    assert (
        "['Gala Fair', heldIn, Y] decides nothing, neither for the answer nor for 'Y'"
        in (messages[0])
    )


def test_v7_atoms_that_only_lengthen_the_way_are_idle(golden, ask):
    rows = ("T playsFor X", "X homeGround H", "H designedBy D", ("T", "bornIn", 1991))
    settings = RuleSettings(skipped=("V6", "V8", "V5"))
    messages = only(check(golden, ask(*rows, "T playedIn G"), settings), "V7")
    assert [message.split(", ")[1] for message in messages] == ["playsFor", "playedIn"]


def test_v7_an_atom_across_a_cycle_is_needed_for_the_answer_or_not_at_all(ask):
    links = [("p", "q"), ("q", "s"), ("p", "s")]
    triangle = Knowledge(
        [Entity(id=name, name=name, type="page") for name in "pqs"],
        [Relation(name="links", domain="page", range="page", functional=False)],
        [],
        [Fact(subject=one, relation="links", object=other) for one, other in links],
        MemoryCorpus([Page(url="https://links.example/", title="", text="")]),
        "triangle",
    )
    settings = RuleSettings(skipped=("V3", "V6", "V8"))
    rows = ("T links X", "T links Y", "X links Y")
    idle = [only(check(triangle, ask(*rows), settings), "V7")]
    found = check(triangle, ask(*rows, ("T", "named", "p")), settings)
    idle.append([finding.message for finding in found if finding.rule == "V7"])
    assert [any("[X, links, Y]" in message for message in found) for found in idle] == [False, True]


def test_v8_counts_the_pages_of_the_easiest_proof(golden, ask):
    query = ask("T playsFor X", ("X", "isA", "football club"), ("T", "bornIn", 1990))
    settings = RuleSettings(documents=3, skipped=("V5",))
    (message,) = only(check(golden, query, settings), "V8")
    assert "fewer than documents = 3 suffice" in message
    assert check(golden, query, RuleSettings(documents=2, skipped=("V5",))) == ()
    assert check(golden, query, RuleSettings(documents=1, skipped=("V5",))) == ()


def test_v8_no_page_of_evidence_may_name_the_whole_chain(golden, flawless):
    pages = [golden.corpus.page(place) for place in range(len(golden.corpus))]
    gossip = " FC Norla is a football club; the Gala Fair was held in 1990."
    told = [
        msgspec.structs.replace(page, text=page.text + gossip)
        if page.title == "Ada Brandt"
        else page
        for page in pages
    ]
    (message,) = only(check(changed(golden, pages=told), flawless), "V8")
    assert f"The page {url_of('Ada Brandt')!r} alone names everything" in message


@pytest.mark.parametrize(
    ("question", "leaked"),
    [
        ("Is it ADA   brandt?", "'Ada Brandt', to be found for 'T'"),
        ("Who plays for ＦＣ Norla?", "'FC Norla', to be found for 'X'"),
        ("Who was born in 1990?", "'1990', to be found for 'Y'"),
    ],
)
def test_v9_names_what_leaks_through_case_width_and_blanks(golden, flawless, question, leaked):
    (message,) = only(check(golden, flawless, question=question), "V9")
    assert leaked in message


def test_v9_counts_whole_words_only(golden, flawless):
    question = "Who of the FC Norlander, born in the 1990s, is like Ada Brandts?"
    assert check(golden, flawless, question=question) == ()


def test_v9_lets_the_question_say_names_that_the_query_gives(golden, ask):
    query = ask("T playsFor X", ("X", "named", "FC Norla"), ("T", "bornIn", 1990))
    question = "Who of FC Norla was born in 1990?"
    assert check(golden, query, LAX, question=question)[0].rule == "V5"
    assert len(check(golden, query, LAX, question=question)) == 1


def test_v9_looks_for_counted_answers_and_not_for_compared_ones(golden, ask):
    count = ask(("T", "playsFor", "FC Norla"), post=Post(op="COUNT"))
    (message,) = only(check(golden, count, LAX, question="Are it 3 players?"), "V9")
    assert "'3', to be found for 'the answer'" in message
    earlier = ask(
        ("T", "named", "Mira Bridge"),
        post=Post(op="COMPARE", relation="openedIn", other=ask(("T", "named", "Sel Tower"))),
    )
    question = "Which opened first, Mira Bridge or Sel Tower?"
    assert check(golden, earlier, LAX, question=question) == ()


def test_v9_looks_for_what_both_sides_of_a_comparison_seek(golden, ask):
    other = ask(
        "D alsoDesigned B", "B openedIn T", ("H", "designedBy", "D"), ("H", "named", "Linden Hall")
    )
    query = ask(("Mira Bridge", "openedIn", "T"), post=Post(op="DIFF", other=other))
    question = "How long after Sel Tower did Mira Bridge open?"
    (message,) = only(check(golden, query, LAX, question=question), "V9")
    assert "'Sel Tower', to be found for \"B'\"" in message


def test_yes_and_no_may_stand_in_a_question_and_on_any_page(golden, ask):
    other = ask(("SV Ostra", "foundedIn", "T"))
    query = ask(("FC Norla", "foundedIn", "T"), post=Post(op="SAME", other=other))
    settings = msgspec.structs.replace(LAX, one_shot=1)
    given = {"question": "Yes or no: same year?", "retriever": FixedRetriever(url_of("FC Norla"))}
    assert check(golden, query, settings, **given) == ()
    lone = ask(("FC Norla", "foundedIn", "T"), post=Post(op="SAME"))
    (message,) = only(check(golden, lone), "V1")
    assert "post.op = 'SAME' needs post.other" in message


def test_v10_looks_for_the_answer_on_the_first_hits(golden, flawless):
    retriever = FixedRetriever(url_of("FC Norla"), url_of("Ada Brandt"))
    given = {"question": "Who?", "retriever": retriever}
    (message,) = only(check(golden, flawless, RuleSettings(one_shot=2), **given), "V10")
    assert f"{url_of('Ada Brandt')!r}, at rank 2, one_shot = 2" in message
    assert check(golden, flawless, RuleSettings(one_shot=1), **given) == ()
    assert check(golden, flawless, **given) == ()
    count = msgspec.structs.replace(flawless, post=Post(op="COUNT"))
    assert check(golden, count, RuleSettings(one_shot=2), **given) == ()


def test_v11_the_atoms_of_a_variable_must_agree_on_its_type(golden, ask):
    settings = RuleSettings(skipped=("V2",))
    (message,) = only(check(golden, ask("T playsFor X", "X locatedIn Y"), settings), "V11")
    assert "'X' is club and ground by the atoms [T, playsFor, X] and [X, locatedIn, Y]" in message
    (message,) = only(check(golden, ask("T bornIn X", "X isA Y"), settings), "V11")
    assert "'X' is year and an entity" in message
    (message,) = only(check(golden, ask("T bornIn X", "Y named X"), settings), "V11")
    assert "'X' is year and a name" in message


def test_v11_leaves_open_which_end_of_a_symmetric_atom_is_meant(golden, ask):
    query = ask("T playsFor X", "X playsFor Y", mode="sym")
    assert "V11" not in {finding.rule for finding in check(golden, query)}


def test_v12_the_most_common_value_is_no_answer(golden, ask):
    query = ask(("FC Norla", "homeGround", "H"), "H locatedIn T")
    (message,) = only(check(golden, query, RuleSettings()), "V12")
    assert "'Kelm' is the most common object of 'locatedIn'" in message
    sund = ask(("TS Velm", "homeGround", "H"), "H locatedIn T")
    assert check(golden, sund) == ()
    tied = ask(("Mira Bridge", "openedIn", "T"))
    assert check(golden, tied, LAX) == ()


def test_v14_the_answer_must_stay(golden, flawless, ask):
    before = ask(("T", "bornIn", 1991))
    (message,) = only(check(golden, flawless, before=before), "V14")
    assert "'Bela Korr' before the last step and is 'Ada Brandt' now" in message
    assert check(golden, flawless, before=flawless) == ()


def test_v15_answers_are_short_and_typed(golden, flawless):
    (message,) = only(check(golden, flawless, RuleSettings(longest_answer=9)), "V15")
    assert "'Ada Brandt' has 10 characters, longest_answer = 9" in message
    entities = [
        msgspec.structs.replace(one, type="") if one.id == "Ada Brandt" else one
        for one in golden.entities.values()
    ]
    (message,) = only(check(changed(golden, entities=entities), flawless), "V15")
    assert "entity without a type" in message


def test_hooks_take_their_place_in_the_order_of_the_rules(golden, ask):
    query = ask(("FC Norla", "homeGround", "H"), "H locatedIn T")
    settings = RuleSettings(longest_answer=1)

    def hook(rule):
        return lambda case: [Finding(rule=rule, message=str(case.answer))]

    case = Case(golden, query, settings)
    found = findings(case, {"V16": hook("V16"), "V13": hook("V13")})
    assert [finding.rule for finding in found] == ["V12", "V13", "V15", "V16"]


@pytest.mark.parametrize("hooks", [{"V2": list}, {"V17": list}])
def test_hooks_cannot_replace_rules_nor_have_other_ids(golden, flawless, hooks):
    with pytest.raises(SettingError, match="hooks = 'V"):
        list(findings(Case(golden, flawless, RuleSettings()), hooks))


def test_skipped_rules_must_exist(golden, flawless):
    with pytest.raises(SettingError, match="skipped = 'V99' is not allowed"):
        check(golden, flawless, RuleSettings(skipped=("V99",)))


def test_past_the_cap_the_examination_stops(golden, flawless):
    with pytest.raises(QueryError, match="cap = 1 "):
        check(golden, flawless, RuleSettings(cap=1))


def test_settings_read_from_and_write_to_json():
    settings = RuleSettings(reach=3, skipped=("V7",))
    assert msgspec.json.encode(settings) == b'{"reach":3,"skipped":["V7"]}'
    assert msgspec.convert({"reach": 3, "skipped": ["V7"]}, RuleSettings) == settings


def test_evidence_may_lie_on_any_of_several_pages(golden, flawless):
    facts = [
        msgspec.structs.replace(fact, places=(*fact.places, Place(url_of("Ada Brandt"))))
        if fact.subject in ("FC Norla", "Gala Fair")
        else fact
        for fact in golden.facts
    ]
    (message,) = only(check(changed(golden, facts=facts), flawless), "V8")
    assert url_of("Ada Brandt") in message
