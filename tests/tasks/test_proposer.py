"""A model as proposer, behind a local server that answers well, badly, and not at all.

Whatever it says, each question has its one answer and each refusal its reason.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from webenvs.players.endpoint import Endpoint
from webenvs.records import Hit
from webenvs.tasks.evolve import Evolving, evolve
from webenvs.tasks.kp.edits import Leaf
from webenvs.tasks.kp.expand import expand_strict
from webenvs.tasks.kp.join import answer_of
from webenvs.tasks.kp.query import NAMED, Atom, Query, Var, const
from webenvs.tasks.proposer import EndpointProposer
from webenvs.testing.golden_world import golden_world, url_of

T, B, D, H, X = map(Var, "TBDHX")
A2 = Atom(B, NAMED, const("Mira Bridge"))
A6 = Atom(H, NAMED, const("Hohen Park"))
A10 = Atom(X, "foundedIn", const(1966))
LONG = Query(
    atoms=(
        Atom(B, "openedIn", T),
        A2,
        Atom(D, "alsoDesigned", B),
        Atom(D, NAMED, const("Ines Roth")),
        Atom(H, "designedBy", D),
        A6,
        Atom(H, "locatedIn", const("Kelm")),
        Atom(X, "homeGround", H),
        Atom(X, NAMED, const("FC Norla")),
        A10,
        Atom(X, "isA", const("football club")),
    )
)
GROUND = Query(atoms=(Atom(H, "designedBy", T), A6))
REMOVE_HOHEN_PARK = {"kind": "remove", "condition": 5}


@pytest.fixture
def model():
    """model(reply, ...) -> (endpoint, requests): replies in order, the last one repeated.

    A reply is what the model says: text or JSON; a whole number is an HTTP status, a float the
    seconds that the server stays silent.
    """
    with Servers() as servers:
        yield servers.start


class Servers:
    def __init__(self):
        self._ends = []

    def __enter__(self):
        return self

    def start(self, *replies):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = replies[min(len(seen), len(replies) - 1)]
                seen.append(body["messages"][-1]["content"])
                if isinstance(reply, float):
                    time.sleep(reply)
                status = reply if type(reply) is int else 200
                text = reply if isinstance(reply, str) else json.dumps(reply)
                said = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)
                except OSError:
                    pass  # the client has gone

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        endpoint = Endpoint(url, "m", key="", timeout=0.2, retries=0)
        self._ends += [endpoint.close, server.shutdown, server.server_close, thread.join]
        return endpoint, seen

    def __exit__(self, *_):
        for end in self._ends:
            end()


def run(endpoint, rounds=1, query=LONG, settings=None, **options):
    """An evolution with the model; whatever happens, every question has the one answer."""
    golden = golden_world()
    proposer = EndpointProposer(endpoint, golden.facts_about("FC Norla"), **options)
    done = evolve(golden, query, rounds, proposer=proposer, settings=settings)
    answers = {answer_of(golden, each) for each in done.questions}
    assert len(answers) == 1
    assert len(answers.pop()) == 1
    return done


def by_rule(done):
    """What was done by rule instead of by the model: as if there were no model."""
    last = done.rounds[1]
    return last.source == "rules" and last.edit.atom == A2


def faults(done):
    return [(each.rule, each.source) for each in done.refused]


def test_a_good_edit_is_taken_before_those_by_rule(model):
    done = run(model({"edits": [REMOVE_HOHEN_PARK]})[0])
    assert (done.rounds[1].source, done.rounds[1].edit.atom) == ("model", A6)
    assert done.refused == ()


def test_the_model_is_shown_the_question_its_conditions_and_the_facts(model):
    endpoint, seen = model({"edits": []})
    done = run(endpoint)
    (asked,) = seen
    assert done.rounds[0].question in asked
    assert "Answer: 1931" in asked
    assert "1. [B, named, 'Mira Bridge']" in asked
    assert "9. [X, foundedIn, 1966] (vaguer: the 1960s)" in asked
    assert "X is FC Norla" in asked
    assert '["FC Norla", "foundedIn", "1966"]' in asked


def test_a_model_is_asked_anew_each_round(model):
    replies = [{"edits": [{"kind": "remove", "condition": place}]} for place in (1, 2, 3)]
    endpoint, seen = model(*replies)
    done = run(endpoint, rounds=3)
    assert [each.source for each in done.rounds] == ["rules", "model", "model", "model"]
    assert len(seen) == 3
    assert "Mira Bridge" not in seen[1].split("B is")[0]


def test_json_among_prose_and_fences_is_read(model):
    said = f"Sure!\n```json\n{json.dumps({'edits': [REMOVE_HOHEN_PARK]})}\n```\nDone."
    assert run(model(said)[0]).rounds[1].source == "model"


def test_a_clue_is_made_vaguer_by_one_rung(model):
    replies = {"edits": [REMOVE_HOHEN_PARK]}, {"edits": [{"kind": "vague", "condition": 8}]}
    done = run(model(*replies)[0], rounds=2)
    assert done.rounds[2].source == "model"
    assert done.rounds[2].edit.by == (Atom(X, "foundedIn", const(1966, label="the 1960s")),)


def test_a_name_is_replaced_by_facts(model):
    told = [["fc norla", "homeGround", "Hohen Park"]]
    reply = {"edits": [{"kind": "replace", "condition": 1, "facts": told}]}
    query = Query(atoms=(*GROUND.atoms, Atom(H, "locatedIn", const("Kelm"))))
    done = run(model(reply)[0], query=query, settings=Evolving(growth=1.15))
    assert done.refused[0].rule == "length"  # it passed every other test
    assert done.refused[0].edit.by == (Atom(const("FC Norla"), "homeGround", H),)
    generous = Evolving(growth=3.0, plan=("remove", "remove"))
    done = run(model(reply, {"edits": []})[0], 2, query=query, settings=generous)
    assert done.rounds[1].source == "model"
    assert done.rounds[2].source == "rules"


WORDED = (
    "Mira Bridge came from Ines Roth, who planned the ground in Kelm where FC Norla plays, a "
    "football club founded in 1966. When did Mira Bridge open?"
)


def worded(text):
    return {"edits": [{**REMOVE_HOHEN_PARK, "question": text}]}


def test_a_good_wording_is_taken(model):
    done = run(model(worded(WORDED))[0])
    assert done.rounds[1].question == WORDED
    assert done.refused == ()


@pytest.mark.parametrize(
    ("text", "rule", "why"),
    [
        (f"{WORDED} It was in 1931.", "V9", "tells '1931'"),
        (WORDED.replace("the ground", "Hohen Park"), "V9", "tells 'Hohen Park'"),
        (WORDED.replace("1966", "long ago"), "clue", "leaves out '1966'"),
        (WORDED.replace("in Kelm ", ""), "clue", "leaves out 'Kelm'"),
        (WORDED.replace("in Kelm", "in Kelm, not Sund,"), "clue", "adds 'sund'"),
        (WORDED.replace("1966", "1966 or 1967"), "clue", "adds '1967'"),
        (WORDED.replace("?", "."), "form", "asks nothing"),
        (WORDED + " well" * 200, "length", "characters"),
    ],
)
def test_a_wording_that_breaks_a_rule_gives_way_to_the_one_by_rule(model, text, rule, why):
    done = run(model(worded(text))[0])
    (refused,) = done.refused
    assert (refused.rule, refused.source) == (rule, "model")
    assert why in refused.message
    assert done.rounds[1].source == "model"  # the edit itself is good
    assert (
        done.rounds[1].question == run(model({"edits": [REMOVE_HOHEN_PARK]})[0]).rounds[1].question
    )


class OneHit:
    """A search engine that always finds one page."""

    def __init__(self, url):
        self.settings = {}
        self._url = url

    def search(self, query, k):
        return (Hit(url=self._url, title="", snippet="", score=1.0, rank=1),)


@pytest.mark.parametrize(("page", "rules"), [("Mira Bridge", ["V10"]), ("Ines Roth", [])])
def test_a_wording_that_finds_the_answer_at_once_is_refused(model, page, rules):
    done = run(model(worded(WORDED))[0], retriever=OneHit(url_of(page)))
    assert [each.rule for each in done.refused] == rules


def test_a_paraphrase_goes_before_the_wording_and_keeps_the_same_rules(model):
    edit = {"edits": [REMOVE_HOHEN_PARK]}
    done = run(model(edit, {"question": WORDED})[0], paraphrase=True)
    assert (done.rounds[1].question, done.refused) == (WORDED, ())
    done = run(model(edit, {"question": f"{WORDED} 1931."})[0], paraphrase=True)
    assert faults(done) == [("V9", "model")]
    done = run(model(edit, {"said": WORDED})[0], paraphrase=True)
    assert faults(done) == [("form", "model")]


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ({"kind": "remove", "condition": 99}, "form"),
        ({"kind": "remove", "condition": "first"}, "form"),
        ({"kind": "remove", "condition": True}, "form"),
        ({"kind": "remove"}, "form"),
        ({"kind": "remove", "condition": 0}, "form"),
        ({"kind": "shorten", "condition": 1}, "form"),
        ({"kind": "vague", "condition": 1}, "ladder"),
        ({"kind": "replace", "condition": 1}, "form"),
        ({"kind": "replace", "condition": 9, "facts": []}, "form"),
        ({"kind": "replace", "condition": 1, "facts": []}, "fact"),
        ({"kind": "replace", "condition": 1, "facts": ["Ines Roth"]}, "form"),
        ({"kind": "replace", "condition": 1, "facts": [["Atlantis", "a", "b"]]}, "fact"),
        ({"kind": "replace", "condition": 1, "facts": [["FC Norla", "isA", "bank"]]}, "fact"),
        ({"kind": "replace", "condition": 1, "facts": [["FC Norla", "foundedIn", 1966]]}, "fact"),
        ("remove the first", "form"),
    ],
)
def test_an_edit_that_cannot_be_read_is_counted_and_the_rules_go_on(model, edit, rule):
    done = run(model({"edits": [edit]})[0])
    assert faults(done) == [(rule, "model")]
    assert done.refused[0].edit is None
    assert by_rule(done)


def test_a_bad_edit_does_not_spoil_a_good_one(model):
    done = run(model({"edits": ["?", REMOVE_HOHEN_PARK]})[0])
    assert faults(done) == [("form", "model")]
    assert done.rounds[1].edit.atom == A6


def test_an_edit_that_would_change_the_answer_is_refused_by_its_rule(model):
    query = Query(atoms=tuple(atom for atom in LONG.atoms if atom.relation != NAMED))
    place = query.atoms.index(Atom(X, "isA", const("football club")))
    done = run(model({"edits": [{"kind": "remove", "condition": place}]})[0], query=query)
    assert faults(done) == [("V2", "model")]
    assert done.rounds[1].source == "rules"


@pytest.mark.parametrize(
    "said",
    ["no idea", "", "[1, 2]", "{'edits': [", '{"edit": []}', '{"edits": {}}', "{} and {}", 7.5],
)
def test_a_reply_of_another_form_leaves_the_work_to_the_rules(model, said):
    endpoint, _ = model(json.dumps(said) if isinstance(said, float) else said)
    done = run(endpoint)
    expected = "endpoint" if said == "" else "form"
    assert faults(done) == [(expected, "model")]
    assert by_rule(done)


@pytest.mark.parametrize("trouble", [500, 404, 0.5])
def test_an_endpoint_in_trouble_is_asked_once_and_the_reason_is_kept(model, trouble):
    endpoint, seen = model(trouble)
    done = run(endpoint, rounds=3)
    assert len(seen) == 1
    assert faults(done) == [("endpoint", "model")] * 3
    assert "not asked" in done.refused[-1].message
    assert by_rule(done)
    assert len(done.rounds) == 4


def test_an_endpoint_that_is_not_there_changes_nothing(model):
    with Endpoint("http://127.0.0.1:9/v1", "m", key="", timeout=0.2, retries=0) as endpoint:
        done = run(endpoint, rounds=5)
    alone = evolve(golden_world(), LONG)
    assert done.rounds == alone.rounds
    assert {each.rule for each in done.refused} == {"endpoint"}


def test_an_empty_reply_is_no_reason_to_give_up(model):
    done = run(model("", {"edits": [{"kind": "remove", "condition": 2}]})[0], rounds=2)
    assert [each.source for each in done.rounds] == ["rules", "rules", "model"]


def test_facts_for_a_sub_question_are_chosen_by_number(model):
    golden = golden_world()
    facts = golden.facts_about("FC Norla")
    endpoint, seen = model({"facts": [0, 2, 0]})
    chosen = EndpointProposer(endpoint).propose(golden, "FC Norla", facts)
    assert chosen.facts == (facts[0], facts[2])
    assert "FC Norla was founded in 1966." in seen[0]
    query = Query(atoms=(Atom(T, "playsFor", const("FC Norla")), Atom(T, "bornIn", const(1990))))
    grown = expand_strict(golden, query, Leaf(0, "object"), chosen.facts)
    assert answer_of(golden, grown) == ("Ada Brandt",)


@pytest.mark.parametrize(
    ("reply", "rule"),
    [({"facts": [0, 7]}, "form"), ({"facts": "all"}, "form"), ("hm", "form"), (503, "endpoint")],
)
def test_a_choice_of_facts_that_fails_says_why(model, reply, rule):
    golden = golden_world()
    proposer = EndpointProposer(model(reply)[0])
    chosen = proposer.propose(golden, "FC Norla", golden.facts_about("FC Norla"))
    assert chosen.facts == ()
    assert [fault[0] for fault in chosen.faults] == [rule]


def test_sampling_goes_into_the_request():
    class Noting:
        def chat(self, messages, **sampling):
            self.sampling = sampling
            return "{}"

    endpoint = Noting()
    run(endpoint, sampling={"temperature": 0.2})
    assert endpoint.sampling == {"temperature": 0.2}
