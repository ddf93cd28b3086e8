"""An episode can be saved as JSON, restored, and forked into independent continuations."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webenvs import catalog
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.packing import packed, unpacked
from webenvs.envs.session import Session
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.message import say, say_all
from webenvs.seeding import digest

SITE = "https://small.example/"
OPENING = (
    say_all(
        (("delegate", {"task": "A"}), ("delegate", {"task": "B"}), ("delegate", {"task": "C"}))
    ),
    say("search", query="river"),
    say("fetch", url="https://small.example/alba"),
    say("search", query="river"),
)
REST = (
    say("click", link=1),
    say("report", text="from one"),
    say("report", text="from two"),
    "no call",
    say("report", text="from three"),
    say("answer", text="Tarn"),
)
SETTINGS = {"game": "team", "noise": "timeout:0.4,drop:0.3", "calls": {"search": 2}, "dense": True}


def seen(session):
    return [(session.observe(player), session.info(player)) for player in session.scenario.players]


def continued(session, messages):
    """All that is seen and gained from here on."""
    steps = [seen(session)]
    for message in messages:
        session.act(message)
        steps.append((seen(session), session.gained()))
    return steps


@pytest.mark.parametrize("length", range(len(OPENING) + 1))
def test_a_restored_session_goes_on_exactly_alike(begin, length):
    session = begin(**SETTINGS)
    for message in OPENING[:length]:
        session.act(message)
    saved = json.loads(json.dumps(session.snapshot()))
    other = begin(seed=99, task=1, **SETTINGS)
    other.restore(saved)
    rest = OPENING[length:] + REST
    assert continued(session, rest) == continued(other, rest)
    assert session.over
    assert session.episode() == other.episode()


def test_a_writer_that_sorts_keys_does_not_change_the_order_in_messages(begin):
    session = begin(**SETTINGS)
    session.act(OPENING[0])
    saved = json.loads(json.dumps(session.snapshot(), sort_keys=True))
    before = repr(seen(session))
    session.restore(saved)
    assert repr(seen(session)) == before


def test_restore_goes_back_in_time(begin):
    session = begin(**SETTINGS)
    session.act(OPENING[0])
    saved = session.snapshot()
    first = continued(session, OPENING[1:])
    session.restore(saved)
    assert continued(session, OPENING[1:]) == first


def test_a_snapshot_is_not_changed_by_what_follows(begin):
    session = begin(**SETTINGS)
    session.act(OPENING[0])
    saved = session.snapshot()
    kept = json.dumps(saved)
    session.restore(saved)
    continued(session, OPENING[1:] + REST)
    assert json.dumps(saved) == kept


def test_forks_are_independent(begin):
    session = begin(**SETTINGS)
    for message in OPENING[:2]:
        session.act(message)
    fork = session.fork()
    before = seen(session)
    fork.act(say("report", text="only in the fork"))
    fork.act(say("search", query="mountain"))
    assert seen(session) == before
    assert len(fork.state.turns) == 4
    assert len(session.state.turns) == 2
    twin = session.fork()
    assert continued(twin, OPENING[2:] + REST) == continued(session, OPENING[2:] + REST)


def test_the_score_of_a_fork_is_its_own(begin):
    session = begin(reward="answer")
    right, wrong = session.fork(), session.fork()
    right.act(say("answer", text="Tarn"))
    wrong.act(say("answer", text="Brena"))
    assert right.gained() == {"researcher_0": 1.0}
    assert wrong.gained() == {"researcher_0": 0.0}
    assert not session.over


def test_a_snapshot_of_a_task_that_is_no_more_is_refused(begin, small_corpus, tmp_path):
    path = tmp_path / "tasks.jsonl"

    def session(*questions):
        path.write_text("".join(f'{{"question": "{q}", "answers": ["a"]}}\n' for q in questions))
        made = catalog.scenario("Tasks-v0", corpus=small_corpus, tasks=path)
        return Session(made, made.tasks.tasks[0], 0)

    saved = session("one?", "two?").snapshot()
    other = session("two?")
    before = other.snapshot()
    with pytest.raises(UnknownNameError, match="There is no task"):
        other.restore(saved)
    assert other.snapshot() == before, "nothing was half restored"


def test_an_ended_episode_can_be_saved_too(begin):
    session = begin()
    session.act(say("answer", text="Tarn"))
    other = begin(task=1)
    other.restore(session.snapshot())
    assert other.episode() == session.episode()
    assert isinstance(other, Session)


@pytest.mark.parametrize(
    ("junk", "words"),
    [
        (None, "no snapshot"),
        (3, "no snapshot"),
        ({}, "no snapshot"),
        ({"state": {}}, "no snapshot"),
        ({"scenario": "x", "state": {}}, "its format is 1, this webenvs reads format 2"),
        ({"format": 7, "env": "e"}, "its format is 7, this webenvs reads format 2"),
        ({"format": 2, "env": "e"}, "damaged: check, corpus, data, lines, settings, texts must"),
    ],
    ids=range(7),
)
def test_what_is_no_snapshot_is_refused(begin, junk, words):
    session = begin()
    before = session.snapshot()
    with pytest.raises(SettingError, match=words):
        session.restore(junk)
    assert session.snapshot() == before


def test_a_snapshot_of_other_settings_is_refused_with_their_names_and_values(begin):
    session = begin(turns=5)
    with pytest.raises(SettingError) as refusal:
        session.restore(begin(noise="mild", turns=3).snapshot())
    told = str(refusal.value)
    assert "other settings: its settings are " in told
    assert "(noise = 'mild' there and the default here; turns = 3 there and 5 here)" in told


def test_a_snapshot_of_another_corpus_is_refused_with_both_digests(begin, scenario, small_corpus):
    pages = [small_corpus.page(place) for place in range(len(small_corpus))]
    pages[0] = msgspec.structs.replace(pages[0], text="It was all another.", links=())
    corpus = MemoryCorpus(pages, name="small")
    made = scenario(corpus=corpus)
    with pytest.raises(SettingError) as refusal:
        Session(made, made.tasks.tasks[0], 0).restore(begin().snapshot())
    told = str(refusal.value)
    here, there = corpus.digest[:12], small_corpus.digest[:12]
    assert f"its corpus is {there}..., this one's is {here}..." in told


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("webenvs/Tasks-v1", "its version of webenvs/Tasks is v1, this one's is v0"),
        ("webenvs/Other-v0", "its id is webenvs/Other-v0, this one's is webenvs/Tasks-v0"),
    ],
)
def test_a_snapshot_of_another_id_or_version_is_refused(begin, env, words):
    session = begin()
    with pytest.raises(SettingError, match=words):
        session.restore({**session.snapshot(), "env": env})


def places(value, path=()):
    """The way to every leaf of JSON data."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))
    else:
        yield path


def test_damage_at_any_place_is_refused_and_changes_nothing(begin):
    session = begin(**SETTINGS)
    for message in OPENING:
        session.act(message)
    saved = session.snapshot()
    other = begin(seed=5, task=1, **SETTINGS)
    before = other.snapshot()
    ways = list(places(saved))
    assert len(ways) > 200
    for way in ways:
        damaged = json.loads(json.dumps(saved))
        inner = damaged
        for key in way[:-1]:
            inner = inner[key]
        inner[way[-1]] = "~999" if isinstance(inner[way[-1]], str) else -7
        with pytest.raises(SettingError, match="snapshot"):
            other.restore(damaged)
    assert other.snapshot() == before


@pytest.mark.parametrize("missing", ["role", "content"])
def test_a_message_without_its_parts_is_damage_even_where_the_check_fits(begin, missing):
    session = begin(**SETTINGS)
    damaged = json.loads(json.dumps(session.snapshot()))
    del damaged["data"]["frames"][0]["messages"][0][missing]
    content = {name: value for name, value in damaged.items() if name != "check"}
    damaged["check"] = digest(content)[: len(damaged["check"])]
    with pytest.raises(SettingError, match=f"This snapshot is damaged: '{missing}'"):
        session.restore(damaged)


def test_a_text_stands_once_in_a_snapshot_however_often_it_was_shown(begin):
    session = begin(turns=30, invalid=30)
    for name in ("alba", "brena", "corvo", "veit", "alba", "chronicle"):
        session.act(say("fetch", url=f"{SITE}{name}"))
        session.act("What now?")
    text = json.dumps(session.snapshot())
    for sentence in ("It rises on Monte Corvo", "Its mayor is Ilsa Veit", "year 1710 the bridge"):
        assert text.count(sentence) == 1


def test_the_same_call_misbehaves_alike_in_every_fork_whatever_comes_between(begin):
    """Noise is drawn by keys, not from a stream."""
    probe = say("search", query="the river of the town")
    between = [say("search", query=f"mountain {n}") for n in range(3)]
    struck = set()
    for seed in range(12):
        session = begin(seed=seed, turns=20, noise="timeout:0.3,drop:0.4")
        session.act(say("fetch", url=f"{SITE}alba"))
        found = []
        for calls in ([], between[:1], between, between[::-1]):
            fork = session.fork()
            for call in calls:
                fork.act(call)
            (result,) = fork.act(probe).results
            found.append((result.status, result.content, result.noise, result.details))
        assert all(one == found[0] for one in found)
        struck.add(found[0][2])
    assert len(struck) > 2, "the noise must differ from seed to seed"


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("~0ab\n x" * 3, max_size=70),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text("~12key of some length", max_size=40), inner, max_size=4)
        ),
    )
)
def test_any_data_comes_back_from_its_packed_form(data):
    parts = packed(data)
    assert unpacked(json.loads(json.dumps(parts))) == data
