"""Questions read as English whatever the query: golden sentences, and properties of random ones."""

import re

import pytest

from webenvs import seeding
from webenvs.corpora.knowledge import plain
from webenvs.corpora.world.generate import build_world
from webenvs.tasks.kp.query import NAMED, Atom, Const, Post, Query, Var, const, variables
from webenvs.tasks.kp.wording import mention, question_of

INSTRUCTIONS = ("Name all of them.", "List them all.", "Give every one of them.")
SMALL_WORDS = "a an the is are was were who that which and or in of"
DOUBLED = re.compile(rf"\b({'|'.join(SMALL_WORDS.split())}) \1\b", re.IGNORECASE)
TWO_ARTICLES = re.compile(r"\b(?:a|an|the) (?:a|an|the)\b")


@pytest.fixture(scope="module")
def tiny():
    return build_world().knowledge


def random_query(knowledge, key, atoms, cycles=True):
    """A query grown from facts, and the gold of its variables; its leaves are constants."""
    start = seeding.choice(knowledge.facts, *key, "start")
    value_end = seeding.uniform(*key, "end") < 0.3
    gold = {"T": (start.object, start.relation) if value_end else (start.subject, "")}
    found, used = [], set()
    for step in range(4 * atoms):
        name = seeding.choice(sorted(gold), *key, step, "name")
        facts = [fact for fact in incident(knowledge, gold[name]) if fact.key not in used]
        if len(found) == atoms or not facts:
            continue
        fact = seeding.choice(facts, *key, step, "fact")
        used.add(fact.key)
        forward = fact.subject == gold[name][0] and is_entity(knowledge, gold[name])
        other = (fact.object, fact.relation) if forward else (fact.subject, "")
        same = [one for one in gold if one != name and alike(knowledge, gold[one], other)]
        if same and cycles:
            end = Var(same[0])
        elif seeding.uniform(*key, step, "constant") < 0.5 and len(found) + 1 < atoms:
            end = Var(f"X{len(gold)}")
            gold[end.name] = other
        else:
            end = const(other[0])
        ends = (Var(name), end) if forward else (end, Var(name))
        found.append(Atom(ends[0], fact.relation, ends[1]))
    return Query(atoms=tuple(pruned(found, gold))), gold


def pruned(atoms, gold):
    """The atoms with a constant for each variable that occurs once, but for the target."""
    ends = [end for atom in atoms for end in (atom.subject, atom.object)]
    for atom in atoms:
        told = [
            const(gold[end.name][0])
            if isinstance(end, Var) and end.name != "T" and ends.count(end) == 1
            else end
            for end in (atom.subject, atom.object)
        ]
        yield Atom(told[0], atom.relation, told[1])


def is_entity(knowledge, node):
    return not node[1] or knowledge.relations[node[1]].kind == "entity"


def alike(knowledge, one, other):
    kinds = [is_entity(knowledge, node) for node in (one, other)]
    return one[0] == other[0] and kinds[0] == kinds[1]


def incident(knowledge, node):
    value, relation = node
    if not is_entity(knowledge, node):
        return list(knowledge.facts_to(value, relation))
    naming = [
        one for one in knowledge.facts_naming(value) if is_entity(knowledge, (0, one.relation))
    ]
    return [*knowledge.facts_about(value), *naming]


def with_post(knowledge, query, key):
    """The query under a post operator that suits its target, by the key."""
    value = any(
        atom.object == Var("T") and not is_entity(knowledge, (0, atom.relation))
        for atom in query.atoms
    )
    op = seeding.choice(("COUNT", "MIN", "MAX") if value else ("COUNT", "ARGMIN", "ARGMAX"), *key)
    dated = [one.name for one in knowledge.relations.values() if one.kind != "entity"]
    relation = seeding.choice(dated, *key, "relation") if op.startswith("ARG") else ""
    return Query(atoms=query.atoms, post=Post(op=op, relation=relation))


def assert_reads_well(text):
    for instruction in INSTRUCTIONS:
        text = text.removesuffix(f" {instruction}")
    assert text.endswith("?")
    assert text.count("?") == 1
    assert text[0] == text[0].upper()
    assert not re.search(r"[{}]|  | [,.?]|,,|,\.|,\?|\.\.|\(\)", text), text
    assert not DOUBLED.search(text), text
    assert not TWO_ARTICLES.search(text), text
    assert text.count("(") == text.count(")")
    for sentence in re.split(r"(?<=\.) (?=[A-Z])", text):
        assert sentence[0] == sentence[0].upper(), text


def assert_tells_all(knowledge, query, gold, text):
    words = plain(text)
    given = set()
    for atom in query.atoms:
        for end, relation in ((atom.subject, ""), (atom.object, atom.relation)):
            if isinstance(end, Const):
                name = mention(knowledge, end.members[0], relation)
                given.add(name)
                assert plain(name) in words, (name, text)
    for name in variables(query):
        value, relation = gold[name]
        told = mention(knowledge, value, relation)
        if value in knowledge.entities and not any(plain(told) in plain(one) for one in given):
            assert plain(knowledge.entities[value].name) not in words, (told, text)


@pytest.mark.parametrize("atoms", range(1, 9))
def test_random_questions_of_the_golden_world_read_well_and_tell_all(golden, atoms):
    for number in range(60):
        query, gold = random_query(golden, (atoms, number), atoms)
        text = question_of(golden, query, number)
        assert_reads_well(text)
        kinds = [one for one in golden.entities.values() if one.type == "kind"]
        if not any(gold[name][0] == kind.id for name in gold for kind in kinds):
            assert_tells_all(golden, query, gold, text)


@pytest.mark.parametrize("atoms", range(1, 9))
def test_random_questions_of_a_generated_world_read_well_and_tell_all(tiny, atoms):
    for number in range(40):
        query, gold = random_query(tiny, (atoms, number), atoms)
        text = question_of(tiny, query, number)
        assert_reads_well(text)
        assert_tells_all(tiny, query, gold, text)


def test_random_post_operators_and_sets_read_well(tiny, golden):
    for number in range(120):
        for knowledge in (tiny, golden):
            query, _ = random_query(knowledge, (number, "post"), 1 + number % 4)
            assert_reads_well(
                question_of(knowledge, with_post(knowledge, query, (number,)), number)
            )
            assert_reads_well(question_of(knowledge, query, number, several=True))


def test_the_golden_question_reads_as_the_specification_has_it(golden, ask, forms):
    query = ask(
        "T playsFor X",
        "T bornIn Y",
        ("X", "foundedIn", 1966),
        ("X", "isA", "football club"),
        ("Gala Fair", "heldIn", "Y"),
    )
    assert (
        "Which player, born in the year in which the Gala Fair was held, plays for a football club "
        "founded in 1966?"
    ) in forms(golden, query)


@pytest.mark.parametrize(
    ("triples", "settings", "wording"),
    [
        (
            [("T", "playsFor", "FC Norla"), ("T", "bornIn", 1990)],
            {},
            "Which player plays for FC Norla and was born in 1990?",
        ),
        ([("Hohen Park", "designedBy", "T")], {}, "Who designed Hohen Park?"),
        ([("Mira Bridge", "openedIn", "T")], {}, "When did Mira Bridge open?"),
        (
            [("T", "bornInCity", ("Kelm", "Sund")), ("T", "bornIn", (1990, 1991))],
            {},
            "Which player comes from Kelm or Sund and was born in 1990 or 1991?",
        ),
        (
            [("T", "bornIn", (1988, 1989, 1990, 1991))],
            {},
            "Which player was born in one of the years 1988 to 1991?",
        ),
        (
            ["T playsFor X", ("X", "homeGround", "H"), ("H", "locatedIn", "Kelm")],
            {},
            "Which player plays for a club whose home ground lies in Kelm?",
        ),
        (
            ["T playsFor X", "P playsFor X", ("P", "bornIn", 1991)],
            {"neqs": [("T", "P")]},
            "Which player plays for the club of another player born in 1991?",
        ),
        (
            [("FC Norla", "foundedIn", "T"), ("SV Ostra", "foundedIn", "T")],
            {},
            "Which year is both the founding year of FC Norla and the founding year of SV Ostra?",
        ),
        (
            [("FC Norla", "isA", "K"), "T isA K", ("T", "foundedIn", 1971)],
            {},
            "Which club was founded in 1971 and is of the same kind as FC Norla?",
        ),
        (
            [
                "T playsFor X",
                ("X", "homeGround", "Hohen Park"),
                ("Hohen Park", "locatedIn", "Kelm"),
            ],
            {},
            "Note that Hohen Park lies in Kelm. Which player plays for a club that plays at Hohen "
            "Park?",
        ),
        (
            [("T", "bornIn", 1991), ("X", "foundedIn", 1966)],
            {},
            "A club was founded in 1966. Which player was born in 1991?",
        ),
        (
            [("T", "playsFor", "FC Norla")],
            {"mode": "sym"},
            "Which player plays for FC Norla (or the other way round)?",
        ),
        (["T playsFor T"], {}, "Which player plays for itself?"),
        ([], {}, "Which thing is meant?"),
    ],
)
def test_the_shapes_of_queries_have_their_sentences(golden, ask, triples, settings, wording, forms):
    assert wording in forms(golden, ask(*triples, **settings))


@pytest.mark.parametrize(
    ("triples", "post", "wording"),
    [
        ([("T", "playsFor", "FC Norla")], Post(op="COUNT"), "How many players play for FC Norla?"),
        (
            [("P", "bornInCity", "T"), ("P", "playsFor", "FC Norla")],
            Post(op="COUNT"),
            "In how many different cities was a player who plays for FC Norla born?",
        ),
        (
            [("T", "playsFor", "FC Norla")],
            Post(op="ARGMIN", relation="bornIn"),
            "Which of the players who play for FC Norla was born earliest?",
        ),
        (
            [("T", "playsFor", "FC Norla")],
            Post(op="ARGMAX", relation="bornIn", rank=2),
            "Which of the players who play for FC Norla was born second latest?",
        ),
        (
            [("T", "isA", "football club")],
            Post(op="ARGMAX", relation="foundedIn"),
            "Which of the football clubs was founded latest?",
        ),
        (
            [("P", "bornIn", "T"), ("P", "playsFor", "FC Norla")],
            Post(op="MIN"),
            "What is the earliest year of birth of a player who plays for FC Norla?",
        ),
        (
            [("Ada Brandt", "playedIn", "T"), ("Bela Korr", "playedIn", "T")],
            Post(op="MAX"),
            "What is the latest year that is both a year in which Ada Brandt played and a year in "
            "which Bela Korr played?",
        ),
    ],
)
def test_post_operators_have_their_sentences(golden, ask, triples, post, wording, forms):
    assert wording in forms(golden, ask(*triples, post=post))


def test_two_sided_post_operators_have_their_sentences(golden, ask, forms):
    def told(op, one, other, relation="", post=None):
        side = ask(*other, post=post)
        query = ask(*one, post=Post(op=op, relation=relation, other=side))
        return forms(golden, query)

    bridge, tower = [("Mira Bridge", "openedIn", "T")], [("Sel Tower", "openedIn", "T")]
    named = [[("T", NAMED, name)] for name in ("Mira Bridge", "Sel Tower")]
    assert told("DIFF", bridge, tower) == {
        "How many years lie between the opening year of Mira Bridge and the opening year of Sel "
        "Tower?"
    }
    assert told("SAME", bridge, tower) == {
        "Is the opening year of Mira Bridge also the opening year of Sel Tower?"
    }
    assert told("COMPARE", *named, "openedIn") == {
        "Which opened earlier, Mira Bridge or Sel Tower?"
    }
    played = [("Ada Brandt", "playedIn", "T")]
    assert told("DIFF", bridge, played, post=Post(op="MIN")) == {
        "How many years lie between the opening year of Mira Bridge and the earliest year in which "
        "Ada Brandt played?"
    }
    norla = [("T", "playsFor", "FC Norla")]
    assert (
        "Who was born earlier, the player who comes from Sund or the player who was born earliest "
        "of the players who play for FC Norla?"
    ) in told(
        "COMPARE",
        [("T", "bornInCity", "Sund")],
        norla,
        "bornIn",
        post=Post(op="ARGMIN", relation="bornIn"),
    )
    counted = ask(*norla, post=Post(op="DIFF", other=ask(*norla, post=Post(op="COUNT"))))
    assert "the number of players who play for FC Norla" in question_of(golden, counted)


def test_a_variable_met_twice_is_called_that_club(golden, ask, forms):
    cycle = ask(
        "T playsFor X",
        ("X", "isA", "football club"),
        "X homeGround H",
        "H locatedIn K",
        "T bornInCity K",
    )
    for text in forms(golden, cycle):
        assert re.search(r"\bthat (?:club|city|ground|player)\b", text), text


def test_two_things_of_one_noun_get_letters_when_one_is_spoken_of_again(golden, ask, forms):
    query = ask(
        "T playsFor X", "P playsFor X", "P bornIn Y", "T bornIn Y", neqs=[("T", "P"), ("P", "T")]
    )
    texts = forms(golden, query)
    assert any("(player A)" in text and text.count("player A") == 2 for text in texts)
    for text in texts:
        assert "other player" in text


def test_inequality_is_told_where_another_cannot_say_it(golden, ask, forms):
    both = ask(
        ("P", "playsFor", "FC Norla"),
        ("Q", "playsFor", "FC Norla"),
        "P bornInCity K",
        "Q bornInCity K",
        "T bornInCity K",
        neqs=[("T", "P"), ("T", "Q"), ("P", "Q")],
    )
    for text in forms(golden, both):
        assert re.search(r"(?:is|are) not player [A-Z] or player [A-Z]", text), text
    unlike = ask(
        "X homeGround H", "T playsFor X", "T bornInCity K", "H locatedIn K", neqs=[("X", "K")]
    )
    assert all(" is not " in text for text in forms(golden, unlike))


def test_named_things_are_called_by_their_names(golden, ask, forms):
    query = ask(
        "B openedIn T",
        ("B", NAMED, "Mira Bridge"),
        "D alsoDesigned B",
        ("D", NAMED, "Ines Roth"),
        "H designedBy D",
        ("H", NAMED, "Hohen Park"),
    )
    for text in forms(golden, query):
        assert_reads_well(text)
        assert "Mira Bridge, the other structure designed by Ines Roth" in text
    either = ask(("T", NAMED, ("Ada Brandt", "Bela Korr")), ("T", "bornIn", 1990))
    assert "called Ada Brandt or Bela Korr" in question_of(golden, either)
    club = ask("T playsFor X", ("X", NAMED, ("FC Norla", "TS Velm")))
    assert question_of(golden, club) == "Which player plays for a club named FC Norla or TS Velm?"
    assert question_of(golden, ask(("Kelm", NAMED, "T"))) == "What is the name of Kelm?"


def test_a_label_speaks_for_its_members(golden):
    decade = Const(members=(1990, 1991), label="1990s")
    query = Query(atoms=(Atom(Var("T"), "bornIn", decade),))
    assert question_of(golden, query) == "Which player was born in the 1990s?"
    clubs = Const(members=("FC Norla", "SV Ostra"), label="a club founded in 1966")
    query = Query(atoms=(Atom(Var("T"), "playsFor", clubs),))
    assert question_of(golden, query) == "Which player plays for a club founded in 1966?"
    kinds = Const(members=("football club", "handball club"), label="a ball club")
    query = Query(atoms=(Atom(Var("T"), "isA", kinds), Atom(Var("T"), "foundedIn", const(1966))))
    assert question_of(golden, query) == "Which ball club was founded in 1966?"


def test_long_queries_are_told_in_several_sentences(golden, ask, forms):
    query = ask(
        "T playsFor X",
        "X homeGround H",
        "H designedBy D",
        "D alsoDesigned B",
        ("B", "openedIn", 1931),
        ("T", "bornIn", 1990),
        ("X", "foundedIn", 1966),
    )
    for text in forms(golden, query):
        assert re.match(r"(?:Consider|Take|Think of|Start from) .*\. .*\?", text), text
        assert all(len(part) < 200 for part in text.split(". "))


def test_all_of_a_set_are_asked_for(golden, ask):
    query = ask(("T", "playsFor", "FC Norla"))
    text = question_of(golden, query, 1, several=True)
    assert text.startswith("Which players play for FC Norla? ")
    assert text.removeprefix("Which players play for FC Norla? ") in INSTRUCTIONS
    years = question_of(golden, ask(("Ada Brandt", "playedIn", "T")), several=True)
    assert years.startswith("In which years did Ada Brandt play? ")


def test_a_question_is_a_pure_function_of_its_arguments(golden, ask, forms):
    query = ask("T playsFor X", ("X", "foundedIn", 1966), ("T", "bornIn", 1990))
    assert question_of(golden, query, 3) == question_of(golden, query, 3)
    assert len(forms(golden, query)) >= 4
