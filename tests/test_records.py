"""Records: frozen, compared by value, and the same after a journey through JSON."""

import copy
import inspect
import pickle

import msgspec
import pytest

from webenvs import records
from webenvs.records import (
    Budget,
    Call,
    Claim,
    Episode,
    Face,
    FrameRecord,
    Hit,
    Hop,
    Link,
    Message,
    Page,
    Record,
    Result,
    Seat,
    Task,
    Tool,
    Turn,
)

CALL = Call(id="0.1", tool="search", arguments={"query": "é", "deep": {"list": [1, None]}})
RESULT = Result(call="0.1", tool="search", status="ok", content="1. Alba", urls=("u",), cost=7)
TASK = Task(
    question="Who?",
    answers=("A",),
    aliases={"A": ("a", "AA")},
    evidence=(("u", "v"), ("w",)),
    hops=(Hop(id="1", fact="f", value="A", needs=(), urls=("u",)),),
    difficulty={"hops": 2.0},
    meta={"source": {"row": 3}},
)
TURN = Turn(
    index=0,
    player="p_0",
    frame=0,
    observation="Q",
    message="m",
    calls=(CALL,),
    results=(RESULT,),
    terms={"p_0": {"answer": 1.0}},
)
FRAME = FrameRecord(index=0, role="p", player="p_0", end="answered", report="A")
EXAMPLES = (
    Link(anchor="a", url="u", position=3),
    Page(url="u", title="t", text="x", links=(Link(anchor="a", url="v"),)),
    Hit(url="u", title="t", snippet="s", score=1.5, rank=1),
    Face(url="u", title="t", text="x"),
    Claim(start=3, end=7, text="1931", others=("1932",), older=("1930",)),
    Tool(name="n", description="d", parameters={"type": "object"}, primary="q"),
    CALL,
    RESULT,
    TASK.hops[0],
    TASK,
    Budget(turns=3, calls={"search": 2}, characters=100, invalid=1, workers=2),
    Message(thought="t", calls=(CALL,), errors=("e",)),
    TURN,
    FRAME,
    Episode(
        env="e",
        settings={"noise": "mild"},
        corpus="d",
        task="t",
        seed=2**63,
        turns=(TURN,),
        frames=(FRAME,),
        answer="A",
        end="answered",
        terms={"p_0": {"answer": 1.0}},
        rewards={"p_0": 1.0},
        fingerprint="f",
    ),
    Seat(player="p_0", role="p", seed=1, task=TASK),
)
by_kind = pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)


def test_every_record_has_an_example():
    kinds = {
        item
        for _, item in inspect.getmembers(records, inspect.isclass)
        if issubclass(item, Record) and item is not Record
    }
    assert {type(record) for record in EXAMPLES} == kinds


@by_kind
def test_a_record_comes_back_from_json_equal(record):
    assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record


@by_kind
def test_a_record_pickles_and_copies(record):
    assert pickle.loads(pickle.dumps(record)) == record
    assert copy.deepcopy(record) == record


@by_kind
def test_a_record_cannot_be_changed(record):
    field = record.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(record, field, "changed")


@by_kind
def test_a_wrong_field_is_named(record):
    data = msgspec.to_builtins(record)
    field = record.__struct_fields__[0]
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}"):
        msgspec.convert({**data, field: ["wrong"]}, type(record))


def test_defaults_stay_out_of_the_json():
    assert msgspec.json.encode(Call(id="1", tool="search")) == b'{"id":"1","tool":"search"}'


def test_a_status_outside_the_list_is_refused():
    data = {**msgspec.to_builtins(RESULT), "status": "maybe"}
    with pytest.raises(msgspec.ValidationError, match=r"maybe.*\$\.status"):
        msgspec.convert(data, Result)


def test_failures_and_mistakes_are_statuses_and_do_not_overlap():
    statuses = set(records.Status.__args__)
    assert statuses > records.FAILURES
    assert statuses > records.MALFORMED
    assert not records.FAILURES & records.MALFORMED
