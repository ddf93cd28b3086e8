"""Preferences: messages at one place, ranked by what came of them, and nothing compared amiss."""

import json
import random

import msgspec
import pytest

from webenvs.envs.session import Session
from webenvs.errors import EpisodeFileError, SettingError
from webenvs.preferences import preferences, write_pairs

SEARCH, RIGHT, WRONG = "search:Alba", "answer:Tarn", "answer:Brena"


def call(text):
    tool, _, words = text.partition(":")
    key = {"search": "query", "answer": "text", "report": "text", "delegate": "task"}[tool]
    return {"calls": [{"name": tool, "arguments": {key: words}}]}


@pytest.fixture
def played(scenario):
    """Play lines on a task of the small web; returns the episode and its scenario."""

    def make(*lines, task=0, seed=0, **settings):
        made = scenario(**settings)
        session = Session(made, made.tasks.tasks[task], seed)
        for line in lines:
            session.act(line if " " in line else call(line))
        return session.episode()

    return make


@pytest.fixture
def pairs(scenario):
    def make(*episodes, settings=None, **given):
        return preferences(episodes, scenario=scenario(**(settings or {})), **given)

    return make


def said(messages):
    return [entry["content"] for entry in messages]


def test_the_better_message_at_a_place_is_chosen(played, pairs):
    (pair,) = pairs(played(SEARCH, RIGHT), played(SEARCH, WRONG)).pairs
    assert ("Tarn" in said(pair.chosen)[0], "Brena" in said(pair.rejected)[0]) == (True, True)
    assert pair.margin == 1.0


def test_the_prompt_is_all_that_was_read_and_said_alike(played, pairs):
    (pair,) = pairs(played(SEARCH, RIGHT), played(SEARCH, WRONG)).pairs
    assert [entry["role"] for entry in pair.prompt] == ["system", "user", "assistant", "tool"]


def test_a_message_is_worth_the_mean_of_what_came_of_it(played, pairs):
    episodes = (played(SEARCH, RIGHT), played(SEARCH, WRONG), played(WRONG), played(WRONG))
    found = {pair.margin for pair in pairs(*episodes).pairs}
    assert found == {0.5, 1.0}


def test_no_message_is_both_chosen_and_rejected_against_another(played, pairs):
    episodes = [played(SEARCH, RIGHT), played(SEARCH, WRONG), played(RIGHT), played(WRONG)]
    found = pairs(*episodes).pairs
    ranked = {(str(one.prompt), str(one.chosen), str(one.rejected)) for one in found}
    assert not {(prompt, worse, better) for prompt, better, worse in ranked} & ranked


def test_equal_rewards_are_no_preference(played, pairs):
    found = pairs(played(SEARCH, WRONG), played(SEARCH, "answer:Alba"))
    assert (found.pairs, found.places, found.ties) == ((), 1, 1)


def test_less_than_the_margin_is_no_preference(played, pairs):
    episodes = (played(SEARCH, RIGHT), played(SEARCH, WRONG), played(WRONG))
    found = pairs(*episodes, margin=0.6)
    assert ([pair.margin for pair in found.pairs], found.close) == ([1.0], 1)


def test_of_many_pairs_the_widest_are_kept(played, pairs):
    episodes = (played(RIGHT), played(WRONG), played("answer:Alba"), played("answer:Corvo"))
    found = pairs(*episodes, most=2)
    assert (len(found.pairs), found.cut, found.ties) == (2, 1, 3)


def test_episodes_that_agree_make_no_pair(played, pairs):
    assert pairs(played(SEARCH, RIGHT), played(SEARCH, RIGHT)).places == 0


def test_other_tasks_are_not_compared(played, pairs):
    assert pairs(played(RIGHT), played(WRONG, task=1)).pairs == ()


def test_other_settings_are_not_compared(played, scenario):
    one, other = played(RIGHT), played(WRONG, reward={"answer": 2.0})
    assert preferences([one], scenario=scenario()).pairs == ()
    both = preferences([one, other], scenario=scenario())
    assert both.pairs == ()


def test_what_the_environment_made_different_is_not_compared(played, pairs):
    noise = {"noise": "drop:0.5"}
    found = [
        pairs(
            played(SEARCH, RIGHT, **noise), played(SEARCH, WRONG, seed=s, **noise), settings=noise
        )
        for s in range(1, 9)
    ]
    assert {len(one.pairs) for one in found} == {0, 1}  # where noise dropped the same, and not


def test_unfinished_and_broken_episodes_are_left_out(played, pairs):
    broken = msgspec.structs.replace(played(WRONG), valid=False)
    found = pairs(played(RIGHT), played(SEARCH), broken)
    assert (found.episodes, found.left_out, found.transcripts) == (3, 2, 1)


def test_the_order_of_episodes_changes_nothing(played, pairs):
    episodes = [played(SEARCH, RIGHT), played(SEARCH, WRONG), played(WRONG), played(RIGHT)]
    wanted = pairs(*episodes).pairs
    for seed in range(5):
        random.Random(seed).shuffle(episodes)
        assert pairs(*episodes).pairs == wanted


def test_native_pairs_have_calls_and_tools(played, pairs):
    (pair,) = pairs(played(SEARCH, RIGHT), played(SEARCH, WRONG), native=True).pairs
    made = pair.chosen[0]["tool_calls"][0]["function"]
    assert (made["name"], made["arguments"]) == ("answer", {"text": "Tarn"})
    assert "answer" in [tool["function"]["name"] for tool in pair.tools]
    assert "<tool_call>" not in said(pair.prompt)[0]


def test_whole_continuations_end_with_what_the_player_said(played, pairs):
    found = pairs(played(SEARCH, RIGHT), played(WRONG), whole=True).pairs
    (pair,) = found
    assert [entry["role"] for entry in pair.chosen] == ["assistant", "tool", "assistant"]
    assert [entry["role"] for entry in pair.rejected] == ["assistant"]


def test_whole_continuations_are_compared_where_they_part(played, pairs):
    episodes = (played(SEARCH, RIGHT), played(SEARCH, WRONG), played(WRONG))
    prompts = [len(pair.prompt) for pair in pairs(*episodes, whole=True).pairs]
    assert prompts == [2, 4]


def test_workers_are_compared_by_the_reward_of_the_root(played, pairs):
    team = {"game": "team", "workers": 1}
    lines = [("delegate:Who?", "report:Tarn", RIGHT), ("delegate:Who?", "report:Brena", WRONG)]
    episodes = [played(*line, **team) for line in lines]
    (pair,) = pairs(*episodes, settings=team, seat="worker").pairs
    assert ("Tarn" in said(pair.chosen)[0], pair.margin) == (True, 1.0)
    assert [entry["role"] for entry in pair.prompt] == ["system", "user"]


def test_an_unknown_seat_is_refused(played, pairs):
    with pytest.raises(SettingError, match="seat = 'captain' is not allowed"):
        pairs(played(RIGHT), seat="captain")


def test_a_misspelt_seat_is_told_the_nearest(played, pairs):
    with pytest.raises(SettingError, match="Did you mean 'researcher'"):
        pairs(played(RIGHT), seat="reseacher")


@pytest.mark.parametrize(
    "wrong", [{"margin": -1}, {"margin": float("nan")}, {"most": 0}], ids=["less", "nan", "none"]
)
def test_wrong_settings_are_refused(pairs, wrong):
    with pytest.raises(SettingError, match=f"{next(iter(wrong))} = .* is not allowed"):
        pairs(**wrong)


def test_an_episode_that_was_changed_is_refused(played, pairs):
    episode = played(SEARCH, RIGHT)
    turn = msgspec.structs.replace(episode.turns[1], observation="something else")
    changed = msgspec.structs.replace(episode, turns=(episode.turns[0], turn))
    with pytest.raises(EpisodeFileError, match=r"does not replay: line 3 \(turn 1\), observation"):
        pairs(changed)


def test_an_episode_of_another_corpus_is_refused(played, pairs):
    other = msgspec.structs.replace(played(RIGHT), corpus="0" * 64)
    with pytest.raises(EpisodeFileError, match="was recorded on corpus"):
        pairs(other)


def test_an_episode_of_objects_needs_a_scenario(played):
    with pytest.raises(SettingError, match="which has no path: pass `scenario`"):
        preferences([played(RIGHT)])


def test_pairs_are_written_whole_or_not_at_all(played, pairs, tmp_path):
    found = pairs(played(RIGHT), played(WRONG)).pairs
    path = tmp_path / "pairs.jsonl"
    assert write_pairs(path, found) == 1
    before = path.read_bytes()
    assert set(json.loads(before)) == {"task", "prompt", "chosen", "rejected", "margin"}

    def breaks():
        yield found[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_pairs(path, breaks())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["pairs.jsonl"]
