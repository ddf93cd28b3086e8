"""Transcripts: what is sampled is marked, what is appended is not, and a full context is closed."""

import math

import pytest

from baselines.grpo.transcripts import Place, trajectory_of
from webenvs.envs.state import FrameState
from webenvs.envs.tokens.transcripts import LEAST, Room, Transcript
from webenvs.errors import SettingError
from webenvs.records import Call, FrameRecord, Result, Turn

END, HEADER = 9, 5
ROOM = Room(context=1000, message=10)
PLACE = Place(rollout="r", invocation=-1, parent_turn=-1, policy="shared", version=2)


class FakeTokens:
    """A message of content "4 20 21" is these ids; 9 ends a message, 5 is the header."""

    end_of_turn = END

    def opening(self, messages):
        return self._ids(messages)

    def appended(self, messages, *, ended):
        return (() if ended else (END,)) + self._ids(messages) + (HEADER,)

    def _ids(self, messages):
        return tuple(int(word) for entry in messages for word in entry["content"].split())


class Dry(FakeTokens):
    """Without any glue, as the mask example of the specification has it."""

    def appended(self, messages, *, ended):
        return self._ids(messages)


def user(*ids):
    return {"role": "user", "content": " ".join(map(str, ids))}


def system(*ids):
    return {"role": "system", "content": " ".join(map(str, ids))}


def frame(*ids):
    return FrameState(index=0, role="planner", request="", messages=[system(90, 91), user(*ids)])


def say(transcript, *ids):
    transcript.take(ids, tuple(-0.1 * token for token in ids))


def answer(state, *entries):
    """What the environment appends when a message was played: the message, then these."""
    state.messages += [{"role": "assistant", "content": "(as played)"}, *entries]


def played(blocks, *, tokens=Dry):
    """A transcript of an opening, and of (message, what came of it) in turn."""
    opening, *rest = blocks
    state, transcript = frame(*opening), Transcript(tokens(), ROOM)
    transcript.read(state, "")
    for said, seen in rest:
        say(transcript, *said)
        if seen:
            answer(state, user(*seen))
            transcript.read(state, "")
    return transcript


def mask(transcript):
    return "".join(map(str, transcript.loss_mask))


PLANNER = [(1, 2, 3), ((10, 11, 12, 9), (4, 20, 21, 5)), ((13, 14, 9), ())]
WORKER = [
    (1, 6, 7),
    ((30, 31, 9), (4, 40, 41, 42, 5)),
    ((32, 9), (4, 50, 5)),
    ((33, 34, 9), ()),
]


def test_the_planner_of_the_mask_example_trains_on_7_tokens():
    transcript = played(PLANNER)
    assert transcript.token_ids == [1, 2, 3, 10, 11, 12, 9, 4, 20, 21, 5, 13, 14, 9]
    assert mask(transcript) == "00011110000111"
    assert sum(transcript.loss_mask) == 7


def test_the_worker_of_the_mask_example_trains_on_8_tokens():
    transcript = played(WORKER)
    assert mask(transcript) == "0001110000011000111"
    assert sum(transcript.loss_mask) == 8


def test_exactly_the_sampled_tokens_have_log_probs():
    transcript = played(WORKER)
    finite = [int(math.isfinite(logprob)) for logprob in transcript.logprobs]
    assert finite == transcript.loss_mask
    assert [logprob for logprob in transcript.logprobs if logprob == logprob][:2] == [-3.0, -3.1]


def test_a_transcript_only_grows():
    state, transcript = frame(1, 2), Transcript(FakeTokens(), ROOM)
    before = []
    for turn in range(3):
        transcript.read(state, None)
        assert transcript.token_ids[: len(before)] == before
        say(transcript, 30 + turn, END)
        answer(state, user(40 + turn))
        before = list(transcript.token_ids)
    assert before == [90, 91, 1, 2, 30, 9, 40, 5, 31, 9, 41, 5, 32, 9]


def test_the_end_of_a_turn_that_was_not_sampled_is_glue():
    state, transcript = frame(1), Transcript(FakeTokens(), ROOM)
    transcript.read(state, "")
    say(transcript, 30, 31)
    answer(state, user(40))
    transcript.read(state, "")
    assert (transcript.token_ids, mask(transcript)) == ([1, 30, 31, 9, 40, 5], "011000")


@pytest.mark.parametrize(
    ("prompt", "opening"),
    [(None, [90, 91, 1]), ("", [1]), ("70 71", [70, 71, 1])],
    ids=["kept", "left-out", "replaced"],
)
def test_the_system_prompt_is_the_roles(prompt, opening):
    transcript = Transcript(FakeTokens(), ROOM)
    transcript.read(frame(1), prompt)
    assert transcript.token_ids == opening


def nearly_full(context=60, seen=(), closing=()):
    """A transcript of 20 + 4 tokens that is then told `seen`, and the notice `closing` if any."""
    state = frame(*range(100, 120))
    transcript = Transcript(FakeTokens(), Room(context=context, message=10))
    transcript.read(state, "")
    say(transcript, 30, 31, 32, END)
    entries = [user(*seen)] if seen else []
    if closing:
        state.closing = "turn_limit"
        entries.append(user(*closing))
    answer(state, *entries)
    transcript.read(state, "")
    return state, transcript


def test_an_observation_that_leaves_room_for_a_message_is_whole():
    _, transcript = nearly_full(seen=range(200, 225))  # 24 + 26 + 10 = 60
    assert transcript.token_ids[24:] == [*range(200, 225), HEADER]
    assert not transcript.last


def test_an_observation_that_does_not_is_cut_before_the_header():
    _, transcript = nearly_full(seen=range(200, 226))
    assert transcript.token_ids[24:] == [*range(200, 224), END, HEADER]
    assert (transcript.last, transcript.limit) == (True, 10)


def test_a_cut_keeps_the_notice_to_close():
    _, transcript = nearly_full(seen=range(200, 226), closing=(80, 81, 82))
    assert transcript.token_ids[24:] == [*range(200, 221), END, 80, 81, 82, HEADER]
    assert (transcript.last, transcript.limit) == (True, 10)


def test_where_an_observation_has_too_little_room_the_notice_comes_alone():
    context = 24 + 10 + 6 + LEAST - 3
    _, transcript = nearly_full(context, seen=range(200, 260), closing=(80, 81, 82))
    assert transcript.token_ids[24:] == [80, 81, 82, HEADER]


def test_where_there_is_no_room_the_player_falls_silent():
    _, transcript = nearly_full(24 + 10 + LEAST, seen=range(200, 260))
    assert transcript.silent
    assert len(transcript.token_ids) == 24


def test_behind_its_last_message_a_player_is_silent():
    state, transcript = nearly_full(seen=range(200, 226))
    say(transcript, 33, END)
    before = list(transcript.token_ids)
    answer(state, user(1, 2, 3))
    assert not transcript.read(state, "")
    assert transcript.token_ids == before


def test_no_transcript_is_longer_than_the_context():
    for length in range(80):
        _, transcript = nearly_full(64, seen=range(200, 201 + length), closing=(80, 81))
        assert len(transcript.token_ids) + (0 if transcript.silent else transcript.limit) <= 64


def test_an_opening_beyond_the_context_is_the_callers_mistake():
    with pytest.raises(SettingError, match=r"context = 20 is not allowed: .* at least 31: .*21"):
        Transcript(FakeTokens(), Room(context=20, message=10)).read(frame(*range(21)), "")


def test_an_opening_that_another_model_made_too_long_is_cut():
    transcript = Transcript(FakeTokens(), Room(context=30, message=10, excess=5))
    assert transcript.read(frame(*range(100, 125)), "")
    assert transcript.token_ids == [*range(100, 118), END, HEADER]
    assert (transcript.prompt_len, transcript.last) == (20, True)


def call(number, status="ok", **more):
    result = Result(call=f"0.{number}", tool="search", status=status, content="", **more)
    return Call(id=f"0.{number}", tool="search"), result


def turn(*pairs, errors=()):
    return Turn(
        index=0, player="planner_0", frame=0, observation="", message="", errors=errors,
        calls=tuple(one for one, _ in pairs), results=tuple(other for _, other in pairs),
    )  # fmt: skip


def left(turns, *, end="answered", messages=None, silent=False):
    transcript = played(PLANNER)
    transcript.messages = len(turns) if messages is None else messages
    transcript.silent = silent
    record = FrameRecord(index=0, role="planner", player="planner_0", end=end)
    return trajectory_of(transcript, record, turns, PLACE)


def test_calls_are_counted_with_what_could_not_be_read():
    turns = [
        turn(call(1), call(2, "unknown_tool"), call(3, "timeout")),
        turn(call(1, "invalid_arguments"), errors=("no JSON", "no tool")),
    ]
    found = left(turns)
    counts = (found.turns, found.calls_total, found.calls_valid, found.tool_errors)
    assert counts == (2, 6, 2, 1)


def test_what_was_not_sampled_is_not_counted():
    found = left([turn(call(1)), turn(errors=("empty",))], messages=1, silent=True)
    assert (found.turns, found.calls_total, found.finish) == (1, 1, "length")


@pytest.mark.parametrize(
    ("end", "finish"),
    [
        ("answered", "answer"),
        ("gave_up", "answer"),
        ("turn_limit", "max_turns"),
        ("time_limit", "max_turns"),
        ("context_limit", "length"),
        ("invalid_limit", "parse_error"),
        ("aborted", "infra_error"),
        (None, "infra_error"),
    ],
)
def test_the_finish_is_how_the_frame_ended(end, finish):
    found = left([turn(call(1))], end=end)
    assert (found.finish, found.format_ok) == (finish, finish == "answer")
