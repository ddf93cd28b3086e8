"""Episodes token by token: exact ids and masks, the same episode as in text, full contexts."""

import pytest

from webenvs.envs.tokens.play import Ask, Said, TokenPlay, play_out, said_in
from webenvs.envs.tokens.transcripts import Room
from webenvs.envs.tooling.tool_env import ToolEnv

END, HEADER, MARK = 1, 2, 3


class Letters:
    """A token a letter; 3 opens a message, 1 ends it, 2 is the assistant's header."""

    end_of_turn, stops, pad = END, (END,), 0

    def opening(self, messages):
        return (*self._ids(messages), HEADER)

    def appended(self, messages, *, ended):
        return (*(() if ended else (END,)), *self._ids(messages), HEADER)

    def text(self, ids):
        return "".join(chr(one) for one in ids if one > MARK)

    def _ids(self, messages):
        return tuple(
            one
            for entry in messages
            for one in (MARK, *(ord(letter) for letter in entry["content"]), END)
        )


LETTERS = Letters()
TEAM = {
    "planner": ["<delegate>river</delegate><delegate>town</delegate>", "<answer>Tarn</answer>"],
    "worker": ["<search>Alba</search>", "<report>It is Tarn.</report>"],
}


class Scripted:
    """Says the next of its lines in every context, by role, and the last one again and again.

    It keeps what it was asked and what it said, by frame.
    """

    def __init__(self, lines=TEAM):
        self.lines, self.asked, self.said, self.calls = lines, {}, {}, []

    def __call__(self, asks):
        self.calls.append(len(asks))
        return [self._message(ask) for ask in asks]

    def _message(self, ask):
        spoken = ask.token_ids.count(HEADER) - 1
        words = self.lines[ask.role][min(spoken, len(self.lines[ask.role]) - 1)]
        ids = (*(ord(letter) for letter in words), END)[: ask.limit]
        self.asked.setdefault(ask.frame, []).append(ask.token_ids)
        self.said.setdefault(ask.frame, []).append(ids)
        return Said(token_ids=ids, logprobs=tuple(-0.01 * one for one in ids))


@pytest.fixture
def play(scenario):
    """Begin an episode in which all seats of a team speak letters."""

    def make(context=9000, message=200, **settings):
        env = ToolEnv(scenario(**{"game": "team", "codec": "xml", "workers": 2, **settings}))
        env.reset(index=0)
        return TokenPlay(env, LETTERS, Room(context=context, message=message))

    return make


def tokens_of(sequence):
    return sequence.prompt_ids + sequence.completion_ids


def test_a_team_plays_to_its_end(play):
    made = play()
    play_out([made], Scripted())
    assert made.env.episode().end == "answered"
    assert [one.role for one in made.sequences()] == ["planner", "worker", "worker"]


def test_sequences_hold_exactly_what_was_sampled(play):
    made, sampler = play(), Scripted()
    play_out([made], sampler)
    for one in made.sequences():
        sampled = [token for token, mask in zip(one.completion_ids, one.mask, strict=True) if mask]
        assert sampled == [token for said in sampler.said[one.frame] for token in said]


def test_log_probs_stand_at_their_tokens_and_nowhere_else(play):
    made = play()
    play_out([made], Scripted())
    for one in made.sequences():
        wanted = [-0.01 * t * m for t, m in zip(one.completion_ids, one.mask, strict=True)]
        assert list(one.logprobs) == pytest.approx(wanted)


def test_every_context_begins_with_the_one_before_it(play):
    made, sampler = play(), Scripted()
    play_out([made], sampler)
    for one in made.sequences():
        for asked in sampler.asked[one.frame]:
            assert tokens_of(one)[: len(asked)] == asked


def test_a_sequence_reads_as_the_transcript_of_its_player(play):
    made = play()
    play_out([made], Scripted())
    env, (planner, *_) = made.env, made.sequences()
    whole = tokens_of(planner)
    written = LETTERS.opening(env.messages("planner_0"))[: len(whole)]
    assert [one for one in whole if one > MARK] == [one for one in written if one > MARK]


def test_the_episode_is_that_of_the_same_texts(play, scenario):
    made = play()
    play_out([made], Scripted())
    env = ToolEnv(scenario(game="team", codec="xml", workers=2))
    env.reset(index=0)
    lines = {player: list(TEAM[env.scenario.role_of(player)]) for player in env.players}
    while not env.over:
        env.send(lines[env.player].pop(0))
    assert env.episode() == made.env.episode()


def test_rounds_of_all_episodes_are_asked_together(play):
    sampler = Scripted()
    plays = [play(), play()]
    play_out(plays, sampler)
    assert sampler.calls == [2, 4, 4, 2]


def test_no_more_messages_are_asked_at_once_than_allowed(play):
    sampler = Scripted()
    play_out([play(), play()], sampler, at_once=3)
    assert sampler.calls == [2, 3, 1, 3, 1, 2]


def test_a_full_context_falls_silent_and_the_episode_ends(play):
    made = play(context=2600, message=100, turns=40)
    play_out([made], Scripted({"planner": ["<delegate>again</delegate>"], "worker": ["rubbish"]}))
    assert made.env.over
    assert all(len(tokens_of(one)) <= 2600 for one in made.sequences())


def test_what_a_player_wrote_never_breaks_an_opening(play, begin):
    session = begin(game="team", codec="xml")
    opening = len(LETTERS.opening(session.info("planner_0")["messages"]))
    made = play(context=opening + 700, message=600)
    long = {"planner": [f"<delegate>{'x' * 500}</delegate>"], "worker": ["<report>no</report>"]}
    play_out([made], Scripted(long))
    assert made.env.over


def test_seats_of_others_are_left_to_them(scenario):
    from webenvs import lineup

    made = scenario(game="team", codec="xml")
    env = ToolEnv(made, "planner", lineup({"worker": "scripted"}, made.game))
    env.reset(index=0)
    play = TokenPlay(env, LETTERS, Room(context=9000, message=200))
    play_out([play], Scripted())
    assert [one.player for one in play.sequences()] == ["planner_0"]
    assert {turn.player for turn in env.episode().turns} > {"planner_0"}


def test_a_system_prompt_may_be_replaced(scenario):
    env = ToolEnv(scenario(game="team", codec="xml"))
    env.reset(index=0)
    play = TokenPlay(env, LETTERS, Room(context=9000, message=200), {"planner": "plan!"})
    (ask,) = play.asks()
    assert LETTERS.text(ask.token_ids).startswith("plan!Question: ")


def test_before_anything_is_said_there_is_no_sequence(play):
    made = play()
    made.asks()
    assert made.sequences() == ()


@pytest.mark.parametrize(("limit", "kept"), [(9, (7, END)), (1, (7,))])
def test_a_message_ends_at_a_stop_or_at_its_limit(limit, kept):
    ask = Ask(player="p", role="r", frame=0, token_ids=(5,), limit=limit)
    said = said_in(ask, [7, END, 8, END], [-0.1, -0.2, -0.3, -0.4], (END,))
    assert said == Said(token_ids=kept, logprobs=(-0.1, -0.2)[: len(kept)])
