"""Rejection sampling: who is asked what, what is kept, what is counted, and what lies on disk."""

import math

import msgspec
import pytest

from baselines.grpo.cold import demonstrations
from baselines.grpo.cold.demonstrations import (
    ATTEMPTS,
    Demonstrations,
    DemonstrationsError,
    collect,
    limits_of,
    load,
    save,
    told,
)
from baselines.grpo.cold.filters import Limits
from baselines.grpo.cold.teachers import Players
from baselines.grpo.config import Config
from webenvs.episodes import read_episodes, replay
from webenvs.errors import PlayerError, SettingError, UnknownNameError

ROOM = Limits(context=30_000, message=2_000, grams=50)


def config(**settings):
    return Config(**{"teacher": "oracle", "demonstrations": 1000, "game": "solo", **settings})


class Diligent:
    """Answers rightly from attempt to attempt, or wrongly, as its seat's seed says."""

    reads_gold = True

    def reset(self, seat):
        self.right = seat.seed % 2 == 0
        self.answer = seat.task.answers[0]

    def __call__(self, observation, info):
        if observation["turn"] == 0:
            return {"calls": [{"name": "search", "arguments": {"query": self.answer}}]}
        said = self.answer if self.right else "nowhere"
        return {"calls": [{"name": "answer", "arguments": {"text": said}}]}


def wrong(observation, info):
    return {"calls": [{"name": "answer", "arguments": {"text": "nowhere"}}]}


def test_a_teacher_that_knows_the_answers_is_kept(worlds, tokens):
    found = collect(config(), worlds(), tokens, limits=ROOM)
    assert found.kept == 2
    assert found.rejected == ()


def test_every_question_is_tried_a_number_of_times(worlds, tokens):
    found = collect(config(), worlds(), tokens, limits=ROOM)
    assert found.attempts == 2 * ATTEMPTS


def test_what_says_the_same_again_is_dropped(worlds, tokens):
    found = collect(config(), worlds(), tokens, limits=ROOM)
    assert found.dropped == {"new": 2 * (ATTEMPTS - 1)}


def test_no_more_is_played_than_is_asked_for(worlds, tokens):
    found = collect(config(demonstrations=1), worlds(), tokens, limits=ROOM)
    assert (found.attempts, found.kept) == (1, 1)


def test_progress_is_told_after_every_attempt(worlds, tokens):
    seen = []
    made = config(demonstrations=2)
    collect(made, worlds(), tokens, lambda kept, wanted: seen.append((kept, wanted)), limits=ROOM)
    assert seen == [(1, 2), (2, 2)]


def test_all_frames_of_a_kept_team_episode_are_trajectories(worlds, tokens):
    found = collect(config(game="team"), worlds(game="team"), tokens, limits=ROOM)
    frames = sum(len(episode.frames) for episode in found.episodes)
    assert len(found.trajectories) == frames > found.kept


def test_the_same_seed_collects_the_same(worlds, tokens):
    one = collect(config(), worlds(), tokens, limits=ROOM)
    other = collect(config(), worlds(), tokens, limits=ROOM)
    assert [t.token_ids for t in one.trajectories] == [t.token_ids for t in other.trajectories]


class Listening:
    """A teacher that notes what it is asked."""

    def __init__(self, players):
        self.players = players
        self.asked = []

    def play(self, plays):
        self.asked.extend(query for query, _ in plays)
        return self.players.play(plays)


def test_attempts_have_seeds_of_their_own(worlds, tokens):
    made = worlds()
    teacher = Listening(Players(["oracle"], made))
    collect(config(), made, tokens, limits=ROOM, teacher=teacher)
    assert len({query.seed for query in teacher.asked}) == 2 * ATTEMPTS


def test_attempts_are_played_under_the_noises_of_the_training(worlds, tokens):
    made = worlds()
    teacher = Listening(Players(["oracle"], made))
    collect(config(noise=("none", "mild")), made, tokens, limits=ROOM, teacher=teacher)
    assert {query.noise for query in teacher.asked} == {"none", "mild"}


def test_a_wrong_answer_is_dropped_and_its_question_is_kept_for_later(worlds, tokens):
    made = worlds()
    teacher = Players([wrong, "oracle"], made)
    found = collect(config(), made, tokens, limits=ROOM, teacher=teacher)
    assert found.dropped["correct"] == 2 * 3
    assert found.rejected == ()
    assert [one.id.split("/")[-2] for one in found.trajectories] == ["1", "1"]


def test_a_question_without_a_right_attempt_is_rejected(worlds, tokens, site):
    made = worlds()
    alba = made.queries("train")[0]

    def knows_one(observation, info):
        said = "Monte Corvo" if "mountain" in info["messages"][1]["content"] else "nowhere"
        call = {"name": "answer", "arguments": {"text": said}}
        search = {"name": "search", "arguments": {"query": "Monte Corvo"}}
        return {"calls": [call if observation["turn"] else search]}

    found = collect(config(), made, tokens, limits=ROOM, teacher=Players([knows_one], made))
    assert found.rejected == (alba,)


def test_a_teacher_of_chance_keeps_its_right_attempts(worlds, tokens):
    made = worlds()
    found = collect(config(), made, tokens, limits=ROOM, teacher=Players([Diligent], made))
    assert found.kept + sum(found.dropped.values()) == 2 * ATTEMPTS
    assert {"correct", "new"} >= set(found.dropped)


def test_the_first_reason_of_every_rule_is_told(worlds, tokens):
    teacher = Players([wrong, "oracle"], worlds())
    found = collect(config(), worlds(), tokens, limits=ROOM, teacher=teacher)
    assert "the answer 'nowhere' scores 0" in found.reasons["correct"]


def test_nothing_to_learn_from_is_an_error_that_says_why(worlds, tokens):
    teacher = Players([wrong], worlds())
    with pytest.raises(DemonstrationsError, match=r"10 episodes, and none.*correct: .*'nowhere'"):
        collect(config(), worlds(), tokens, limits=ROOM, teacher=teacher)


def test_an_unknown_teacher_is_named(worlds, tokens):
    with pytest.raises(UnknownNameError, match="Did you mean 'oracle'"):
        collect(config(teacher="oracel"), worlds(), tokens)


def test_a_teacher_that_fails_is_told(worlds, tokens):
    def failing(observation, info):
        raise ValueError("no more ideas")

    with pytest.raises(PlayerError, match="no more ideas"):
        collect(config(), worlds(), tokens, teacher=Players([failing], worlds()))


def test_no_demonstration_cannot_be_asked_for(worlds, tokens):
    with pytest.raises(SettingError, match="demonstrations = 0"):
        collect(config(demonstrations=0), worlds(), tokens)


def test_the_limits_are_those_of_the_policy():
    made = limits_of(config(context=700, max_new_tokens=30))
    assert (made.context, made.message, made.faults) == (700, 30, 0)


def test_under_noise_a_teacher_may_meet_failures():
    assert limits_of(config(noise=("none", "mild"))).faults > 0


@pytest.fixture
def found(worlds, tokens):
    return collect(config(game="team"), worlds(game="team"), tokens, limits=ROOM)


def bare(made):
    """All but the log-probs, which are equal to nothing."""
    rows = [msgspec.structs.replace(one, logprobs=()) for one in made.trajectories]
    return msgspec.structs.replace(made, trajectories=tuple(rows))


def test_what_was_saved_is_read_again(found, tmp_path):
    save(found, tmp_path / "cold")
    assert bare(load(tmp_path / "cold")) == bare(found)


def test_log_probs_are_unknown_after_reading(found, tmp_path):
    save(found, tmp_path)
    one = load(tmp_path).trajectories[0]
    assert len(one.logprobs) == len(one.token_ids)
    assert all(math.isnan(value) for value in one.logprobs)


def test_the_episodes_beside_them_replay(found, worlds, tmp_path):
    save(found, tmp_path)
    scenario = worlds(game="team").scenario("small", "none")
    episodes = read_episodes(tmp_path / demonstrations.EPISODES)
    assert [replay(episode, scenario) for episode in episodes] == [None] * found.kept


def test_nothing_is_left_beside_the_files(found, tmp_path):
    save(found, tmp_path / "cold")
    names = [path.name for path in sorted(tmp_path.rglob("*"))]
    assert names == ["cold", demonstrations.TRAJECTORIES, demonstrations.EPISODES]


def test_what_was_saved_before_gives_way(found, tmp_path):
    save(found, tmp_path / "cold")
    save(Demonstrations(attempts=3), tmp_path / "cold")
    assert load(tmp_path / "cold") == Demonstrations(attempts=3)


def test_what_cannot_be_written_leaves_the_earlier_as_it_was(found, changed, tmp_path):
    save(found, tmp_path / "cold")
    with pytest.raises(TypeError):
        save(changed(found, reasons={"correct": object()}), tmp_path / "cold")
    assert bare(load(tmp_path / "cold")) == bare(found)
    assert [path.name for path in tmp_path.iterdir()] == ["cold"]


def test_a_file_that_was_cut_off_is_told(found, tmp_path):
    path = save(found, tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(DemonstrationsError, match="was cut off"):
        load(tmp_path)


def test_a_damaged_line_is_named(found, tmp_path):
    path = save(found, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"id": 3}\n', *lines[2:]]))
    with pytest.raises(DemonstrationsError, match=r"line 2: .*id"):
        load(tmp_path)


@pytest.mark.parametrize("text", [b"", b"[]\n"], ids=["empty", "no object"])
def test_a_file_of_something_else_is_told(tmp_path, text):
    (tmp_path / demonstrations.TRAJECTORIES).write_bytes(text)
    with pytest.raises(DemonstrationsError, match=demonstrations.TRAJECTORIES):
        load(tmp_path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DemonstrationsError, match="Cannot read"):
        load(tmp_path)


def test_a_sentence_says_what_was_kept_and_dropped():
    made = Demonstrations(attempts=9, kept=4, dropped={"correct": 3, "new": 2})
    assert told(made) == (
        "4 of 9 episodes kept, with 0 trajectories; "
        "dropped: 3 by the rule correct, 2 by the rule new; 0 questions without any."
    )
