"""Played episodes as trajectories: layout, masks, system prompts, and what is counted."""

import math

import pytest

from baselines.grpo.cold import encoding
from baselines.grpo.config import Config
from baselines.grpo.records import Query
from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.episodes import finish


@pytest.fixture
def played(scenario):
    """Play an episode of the small web with the scripted player."""

    def play(players="scripted", task=0, **settings):
        made = scenario(codec="xml", **settings)
        session = Session(made, made.tasks.tasks[task], 3)
        lineup = catalog.lineup(players, made.game)
        episode = finish(session, lineup.sit(made.players, session.task, 3))
        return made, session, episode

    return play


@pytest.fixture
def demonstrated(played, tokens):
    """Play an episode and encode it, by default with the tokenizer of bytes."""

    def make(system=None, tokens=tokens, **settings):
        _, session, episode = played(**settings)
        query = Query(world="small", task=episode.task, seed=3)
        attempt = encoding.Played(
            query=query, index=2, episode=episode, chats=encoding.chats(session)
        )
        return episode, encoding.demonstrated(attempt, tokens, Config(system=system or {}))

    return make


def sampled_texts(trajectory, tokens):
    """The texts of the runs of sampled tokens."""
    runs, run = [], []
    for token, mask in zip(trajectory.token_ids, trajectory.loss_mask, strict=True):
        if mask:
            run.append(token)
        elif run:
            runs.append(run)
            run = []
    return [tokens.text(ids) for ids in (*runs, run)]


def test_the_sampled_tokens_are_the_messages_of_the_frame(demonstrated, tokens):
    episode, made = demonstrated()
    said = [turn.message for turn in episode.turns]
    assert sampled_texts(made.trajectories[0], tokens) == said


def test_every_message_of_every_frame_of_a_team_is_sampled_once(demonstrated, tokens):
    episode, made = demonstrated(game="team")
    for trajectory in made.trajectories:
        own = [turn.message for turn in episode.turns if turn.frame == trajectory.frame]
        assert sampled_texts(trajectory, tokens) == own


def test_all_tokens_are_those_of_the_template_on_the_whole_chat(played, tokens, tokenizer):
    _, session, _ = played()
    chat = encoding.chats(session)[0]
    transcript, _ = encoding.encoded(chat, tokens, None)
    whole = tokenizer.apply_chat_template(list(chat.messages), tokenize=False)
    assert tokenizer.decode(transcript.token_ids) == whole.removesuffix("\n")


def test_each_message_ends_with_the_end_of_its_turn(demonstrated, tokens):
    episode, made = demonstrated()
    one = made.trajectories[0]
    ends = [
        token
        for token, mask in zip(one.token_ids, one.loss_mask, strict=True)
        if mask and token == tokens.end_of_turn
    ]
    assert len(ends) == len(episode.turns)


def test_nothing_stands_behind_the_last_message(demonstrated, tokens):
    _, made = demonstrated(game="team")
    assert {one.token_ids[-1] for one in made.trajectories} == {tokens.end_of_turn}


def test_the_prompt_ends_where_the_first_message_begins(demonstrated):
    _, made = demonstrated(game="team")
    assert {one.loss_mask.index(1) - one.prompt_len for one in made.trajectories} == {0}


def test_a_demonstration_has_no_log_probs(demonstrated):
    _, made = demonstrated()
    one = made.trajectories[0]
    assert len(one.logprobs) == len(one.token_ids)
    assert all(math.isnan(value) for value in one.logprobs)


def test_replayed_transcripts_are_those_of_the_play(played):
    made, session, episode = played(game="team")
    assert encoding.replayed(episode, made) == encoding.chats(session)


def test_workers_are_numbered_and_know_their_planner(demonstrated):
    _, made = demonstrated(game="team")
    planner, *workers = made.trajectories
    assert workers
    assert [one.invocation for one in workers] == list(range(len(workers)))
    assert {one.parent for one in workers} == {planner.id}


def test_a_worker_knows_the_message_that_called_it(demonstrated):
    episode, made = demonstrated(game="team")
    own = [turn for turn in episode.turns if turn.frame == 0]
    for worker in made.trajectories[1:]:
        calls = [call.id for call in own[worker.parent_turn].calls]
        assert episode.frames[worker.frame].call in calls


def test_a_system_prompt_of_the_configuration_replaces_the_long_one(demonstrated, tokens):
    _, made = demonstrated(system={"planner": "Plan."}, game="team")
    opening = tokens.tokenizer.decode(list(made.trajectories[0].token_ids))
    assert opening.startswith("<|im_start|>system\nPlan.<|im_end|>\n<|im_start|>user\n")


def test_an_empty_system_prompt_leaves_the_message_out(demonstrated, tokens):
    _, made = demonstrated(system={"worker": ""}, game="team")
    opening = tokens.tokenizer.decode(list(made.trajectories[1].token_ids))
    assert opening.startswith("<|im_start|>user\nTask: ")


def test_a_prompt_of_another_role_changes_nothing(demonstrated):
    _, plain = demonstrated(game="team")
    _, other = demonstrated(system={"worker": "Work."}, game="team")
    assert plain.trajectories[0].token_ids == other.trajectories[0].token_ids


def test_turns_and_calls_are_counted_a_frame(demonstrated):
    episode, made = demonstrated(game="team")
    worker = made.trajectories[1]
    own = [turn for turn in episode.turns if turn.frame == worker.frame]
    assert worker.turns == len(own)
    assert worker.calls_total == worker.calls_valid == sum(len(turn.calls) for turn in own)


def test_an_unreadable_message_is_out_of_form(demonstrated):
    _, made = demonstrated(players=lambda observation, info: "<nonsense>x</nonsense>")
    assert not made.trajectories[0].format_ok
    assert made.trajectories[0].calls_valid < made.trajectories[0].calls_total
    assert made.trajectories[0].finish == "parse_error"


def test_a_tokenizer_that_keeps_all_words_is_exact(demonstrated):
    _, made = demonstrated()
    assert made.exact


def test_a_tokenizer_that_loses_words_is_told(demonstrated, lossy_tokens):
    _, made = demonstrated(tokens=lossy_tokens)
    assert not made.exact


def test_a_system_prompt_of_the_planner_is_also_a_solo_researchers(demonstrated, tokens):
    _, made = demonstrated(system={"planner": "Plan."})
    opening = tokens.tokenizer.decode(list(made.trajectories[0].token_ids))
    assert opening.startswith("<|im_start|>system\nPlan.<|im_end|>")
