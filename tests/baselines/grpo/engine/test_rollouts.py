"""The engine: many episodes at once, one call a round, and trajectories that say who did what."""

import math
from itertools import pairwise

import pytest

from baselines.grpo.local import LocalPolicy
from baselines.grpo.policy import Sampling
from baselines.grpo.rollouts import Limits
from webenvs import episodes
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import CorpusError, SettingError, UnknownNameError

GREEDY = Sampling(temperature=0.0)


def team_says(text):
    """A planner that has two things found out and answers; workers that search once and report."""
    if text.startswith("<|user|>Task:"):
        return "<report>Tarn it is</report>" if "[search]" in text else "<search>Ilsa Veit</search>"
    if "[delegate]" in text:
        return "<answer>Tarn</answer>"
    return "<delegate>Mayor?</delegate><delegate>Born?</delegate>"


def solo_says(text):
    return "<answer>Tarn</answer>" if "[search]" in text else "<search>Ilsa Veit</search>"


def one(engine, query, index=0):
    return engine.rollouts([(query, index)], GREEDY, "k")[0]


def chat(tokens, trajectory):
    return tokens.tokenizer.decode(trajectory.token_ids)


def sampled_texts(tokens, trajectory):
    """The sampled stretches of a trajectory as texts."""
    marked = zip(trajectory.token_ids, trajectory.loss_mask, strict=True)
    text = "".join(tokens.tokenizer.decode([token]) if mask else "\0" for token, mask in marked)
    return [part for part in text.split("\0") if part]


# What a rollout is ------------------------------------------------------------------------------


def test_every_frame_is_a_trajectory_of_its_own(play, scripted, query):
    rollout = one(play(scripted(team_says)), query())
    found = [
        (t.role, t.id, t.parent, t.invocation, t.parent_turn, t.frame) for t in rollout.trajectories
    ]
    root = f"{rollout.id}/0"
    assert found == [
        ("planner", root, None, -1, -1, 0),
        ("worker", f"{rollout.id}/1", root, 0, 0, 1),
        ("worker", f"{rollout.id}/2", root, 1, 0, 2),
    ]


def test_a_seat_that_serves_twice_leaves_two_trajectories(play, scripted, query):
    rollout = one(play(scripted(team_says), settings={"workers": 1}), query())
    assert [frame.player for frame in rollout.episode.frames[1:]] == ["worker_0", "worker_0"]
    assert [t.frame for t in rollout.workers] == [1, 2]


def test_the_parent_turn_is_the_callers_message(play, scripted, query):
    def says(text):
        if text.startswith("<|user|>Task:"):
            return "<report>yes</report>"
        return ("<delegate>a</delegate>", "<delegate>b</delegate>", "<answer>Tarn</answer>")[
            text.count("[delegate]")
        ]

    rollout = one(play(scripted(says)), query())
    assert [worker.parent_turn for worker in rollout.workers] == [0, 1]


def test_sampled_tokens_are_marked_and_nothing_else(play, scripted, query, tokens):
    rollout = one(play(scripted(team_says)), query())
    assert sampled_texts(tokens, rollout.planner) == [
        "<delegate>Mayor?</delegate><delegate>Born?</delegate><|end|>",
        "<answer>Tarn</answer><|end|>",
    ]
    assert sampled_texts(tokens, rollout.workers[0]) == [
        "<search>Ilsa Veit</search><|end|>",
        "<report>Tarn it is</report><|end|>",
    ]


def test_lengths_and_log_probs_fit_the_mask(play, scripted, query):
    for found in one(play(scripted(team_says)), query()).trajectories:
        assert len(found.token_ids) == len(found.loss_mask) == len(found.logprobs)
        finite = [math.isfinite(logprob) for logprob in found.logprobs]
        assert finite == [mask == 1 for mask in found.loss_mask]


def test_a_transcript_is_the_chat_that_the_environment_shows(play, scripted, query, tokens):
    engine = play(scripted(solo_says), game="solo")
    rollout = one(engine, query())
    shown = [turn.observation for turn in rollout.episode.turns]
    assert chat(tokens, rollout.planner) == (
        f"<|user|>{shown[0]}<|end|>\n<|assistant|><search>Ilsa Veit</search><|end|>\n"
        f"<|tool|>{shown[1]}<|end|>\n<|assistant|><answer>Tarn</answer><|end|>"
    )


def test_the_prompts_of_a_frame_begin_with_all_that_was_before(play, scripted, query):
    policy = scripted(team_says)
    rollout = one(play(policy), query())
    by_context = {}
    for asked in policy.calls:
        for prompt in asked:
            by_context.setdefault(prompt.context, []).append(prompt.token_ids)
    ends = {t.frame: t.token_ids for t in rollout.trajectories}
    for context, grown in by_context.items():
        whole = [*grown, ends[int(context.rpartition("/")[2])]]
        for shorter, longer in pairwise(whole):
            assert longer[: len(shorter)] == shorter


def test_the_rollout_has_the_answers_correctness_and_its_makers_version(play, scripted, query):
    right, wrong = (one(play(scripted(team_says)), query(task)) for task in (0, 1))
    assert (right.acc, wrong.acc) == (1.0, 0.0)
    assert {t.policy_version for t in right.trajectories} == {3}
    assert {t.finish for t in right.trajectories} == {"answer"}


# Many at once -------------------------------------------------------------------------------------


def test_all_live_players_of_all_episodes_ask_in_one_call(play, scripted, query):
    policy = scripted(team_says)
    play(policy).rollouts([(query(), 0), (query(1), 0), (query(), 1)], GREEDY, "k")
    assert [len(asked) for asked in policy.calls] == [3, 6, 6, 3]


def test_two_policies_are_asked_each_for_its_role(play, scripted, query):
    planner, worker = scripted(team_says, name="planner"), scripted(team_says, name="worker")
    engine = play({"planner": planner, "worker": worker})
    rollouts = engine.rollouts([(query(), 0), (query(), 1)], GREEDY, "k")
    assert [len(asked) for asked in planner.calls] == [2, 2]
    assert [len(asked) for asked in worker.calls] == [4, 4]
    assert [t.policy for t in rollouts[0].trajectories] == ["planner", "worker", "worker"]


def test_groups_hold_the_rollouts_of_one_question_in_order(play, scripted, query):
    groups = play(scripted(team_says), group=3).groups([query(), query(1)], 7)
    assert [group.query for group in groups] == [query(), query(1)]
    assert [[r.index for r in group.rollouts] for group in groups] == [[0, 1, 2]] * 2
    assert all(r.query == group.query for group in groups for r in group.rollouts)


def test_no_more_episodes_are_live_than_allowed(play, scripted, query):
    policy = scripted(solo_says)
    engine = play(policy, game="solo", at_once=2)
    found = engine.rollouts([(query(), n) for n in range(5)], GREEDY, "k")
    assert [len(asked) for asked in policy.calls] == [2, 2, 2, 2, 1, 1]
    assert [rollout.index for rollout in found] == list(range(5))


def rolled(play, tiny, tokens, plays, **settings):
    policy = LocalPolicy(tiny(), tokens.pad)
    engine = play(policy, max_new_tokens=20, **settings)
    return engine.rollouts(plays, Sampling(), ("update", 4))


def test_the_rest_of_the_batch_changes_no_episode(play, tiny, tokens, query):
    plays = [(query(task), index) for task in (0, 1) for index in (0, 1)]
    together = rolled(play, tiny, tokens, plays)
    alone = [rolled(play, tiny, tokens, [one_play])[0] for one_play in reversed(plays)]
    assert [r.episode.fingerprint for r in together] == [
        r.episode.fingerprint for r in reversed(alone)
    ]
    assert [r.planner.token_ids for r in together] == [r.planner.token_ids for r in reversed(alone)]


def test_how_many_are_live_changes_no_episode(play, tiny, tokens, query):
    plays = [(query(), index) for index in range(4)]
    few, many = (rolled(play, tiny, tokens, plays, at_once=n) for n in (2, 64))
    assert [r.episode.fingerprint for r in few] == [r.episode.fingerprint for r in many]


def test_rollouts_of_a_group_draw_for_themselves(play, tiny, tokens, query):
    one_roll, other = rolled(play, tiny, tokens, [(query(), 0), (query(), 1)])
    assert one_roll.planner.token_ids != other.planner.token_ids


def test_every_update_and_seed_draws_anew(play, tiny, tokens, query):
    def tokens_of(key, seed):
        engine = play(LocalPolicy(tiny(), tokens.pad), max_new_tokens=20, seed=seed)
        return engine.rollouts([(query(), 0)], Sampling(), key)[0].planner.token_ids

    assert len({tokens_of(key, seed) for key in (1, 2) for seed in (0, 1)}) == 4
    assert tokens_of(1, 0) == tokens_of((1,), 0)


def test_no_context_is_kept_behind_its_end(play, scripted, query):
    policy = scripted(team_says)
    play(policy).rollouts([(query(), 0), (query(), 1)], GREEDY, "k")
    asked = {prompt.context for prompts in policy.calls for prompt in prompts}
    assert len(asked) == 6
    assert asked == set(policy.released)


# Prompts and limits -------------------------------------------------------------------------------


def test_a_role_has_the_system_prompt_of_the_config(play, scripted, query, tokens):
    system = {"planner": "Plan.", "worker": "Work."}
    rollout = one(play(scripted(lambda _: "<delegate>x</delegate>"), system=system), query())
    assert [chat(tokens, t).partition("<|end|>")[0] for t in rollout.trajectories[:2]] == [
        "<|system|>Plan.",
        "<|system|>Work.",
    ]


def test_without_one_the_environments_prompt_stands(play, scripted, query, tokens):
    rollout = one(play(scripted(solo_says), game="solo", system={}), query())
    assert chat(tokens, rollout.planner).startswith("<|system|>You answer a question")


def test_a_message_has_at_most_the_tokens_of_its_role(play, scripted, query):
    policy = scripted(lambda _: "<delegate>who is it</delegate>" * 4)
    limits = Limits(message={"worker": 7})
    one(play(policy, limits=limits, max_new_tokens=30), query())
    found = {
        (prompt.limit, prompt.token_ids[:12])
        for prompts in policy.calls
        for prompt in prompts
        if not prompt.context.endswith("/0")
    }
    assert {limit for limit, _ in found} == {7}
    assert policy.calls[0][0].limit == 30


def test_a_role_has_the_turns_of_the_environment(play, scripted, query):
    policy = scripted(lambda text: f"<search>river {len(text)}</search>")
    rollout = one(play(policy, game="solo", settings={"turns": 3}), query())
    assert (rollout.planner.turns, rollout.planner.finish) == (4, "max_turns")


def test_no_context_is_longer_than_the_limit_of_its_role(play, scripted, query):
    policy = scripted(
        lambda text: "<delegate>x</delegate>" if "Question" in text else "<fetch>chronicle</fetch>"
    )
    limits = Limits(context={"worker": 300})
    rollout = one(play(policy, limits=limits, context=600), query())
    assert len(rollout.planner.token_ids) <= 600
    assert max(len(t.token_ids) for t in rollout.workers) <= 300


def test_limits_of_roles_are_those_of_the_config(play, scripted):
    config = {"role_context": {"worker": 300}, "role_message": {"planner": 20}}
    engine = play(scripted(lambda text: ""), episode_tokens=50, **config)
    assert engine.limits == Limits(context={"worker": 300}, message={"planner": 20}, episode=50)


def test_a_full_context_ends_as_length_when_its_last_message_does_not_close(play, scripted, query):
    policy = scripted(lambda text: f"<search>river {len(text)}</search>")
    rollout = one(play(policy, game="solo", context=400, settings={"turns": 30}), query())
    assert rollout.planner.finish == "length"
    assert rollout.planner.turns == sum(turn.message != "" for turn in rollout.episode.turns)
    assert rollout.planner.turns < 30


def test_a_full_context_may_still_close_with_its_last_message(play, scripted, query):
    def says(text):
        return "<answer>Tarn</answer>" if len(text) > 250 else "<search>town Brena bridge</search>"

    rollout = one(play(scripted(says), game="solo", context=400), query())
    assert (rollout.planner.finish, rollout.acc) == ("answer", 1.0)
    assert len(rollout.planner.token_ids) > 340  # the observation was cut to fit


def test_an_episode_beyond_its_tokens_lets_each_player_close(play, scripted, query):
    policy = scripted(lambda text: f"<search>river {len(text)}</search>")
    engine = play(policy, game="solo", limits=Limits(episode=50), settings={"turns": 30})
    rollout = one(engine, query())
    assert (rollout.planner.turns, rollout.planner.finish) == (3, "length")


def test_an_opening_beyond_the_context_is_named(play, scripted, query):
    with pytest.raises(SettingError, match=r"context = 80 is not allowed: .*opening of a planner"):
        one(play(scripted(team_says), context=80), query())


def test_a_long_task_of_a_planner_is_cut_for_its_worker(play, scripted, query):
    def says(text):
        return f"<delegate>{'go ' * 30}</delegate>" if "Question:" in text else "<report>a</report>"

    limits = Limits(context={"worker": 100}, message={"planner": 150, "worker": 30})
    rollout = one(play(scripted(says), limits=limits, settings={"recap": False}), query())
    assert rollout.workers[0].prompt_len == 70
    assert rollout.workers[0].finish == "answer"


def test_without_summary_the_last_result_is_the_report(play, scripted, query):
    rollout = one(play(scripted(team_says), worker_summary=False), query())
    searched = rollout.episode.turns[1].results[0].content
    assert rollout.episode.frames[1].report == searched
    assert searched in rollout.episode.turns[-1].observation


def test_without_summary_the_worker_still_trains_on_its_own_words(play, scripted, query, tokens):
    rollout = one(play(scripted(team_says), worker_summary=False), query())
    assert "<report>Tarn it is</report><|end|>" in sampled_texts(tokens, rollout.workers[0])


def test_a_worker_that_saw_nothing_reports_its_own_words(play, scripted, query):
    def says(text):
        return "<report>as is</report>" if "Task:" in text else team_says(text)

    rollout = one(play(scripted(says), worker_summary=False), query())
    assert rollout.episode.frames[1].report == "as is"


# Faults -------------------------------------------------------------------------------------------


def test_episodes_that_a_policy_broke_are_played_again(play, scripted, query):
    policy = scripted(team_says, fails={1, 3})
    engine = play(policy, retries=2)
    rollout = one(engine, query())
    assert (rollout.status, rollout.acc) == ("ok", 1.0)
    assert engine.counts["retries"] == 2


def test_a_repeated_episode_is_the_one_it_would_have_been(play, scripted, query):
    smooth = one(play(scripted(team_says)), query())
    broken = one(play(scripted(team_says, fails={2})), query())
    assert broken.episode == smooth.episode
    assert [t.token_ids for t in broken.trajectories] == [t.token_ids for t in smooth.trajectories]


def test_beyond_its_retries_an_episode_is_left_out(play, scripted, query):
    policy = scripted(team_says, fails={0, 2, 4, 6})
    rollouts = play(policy, retries=1).rollouts([(query(), 0)], GREEDY, "k")
    assert rollouts[0].status == "infra_error"
    assert rollouts[0].planner.finish == "infra_error"


def test_a_fault_of_one_policy_breaks_no_episode_that_did_not_ask_it(play, scripted, query):
    def says(text):
        return "<answer>Brena</answer>" if "mountain" in text else team_says(text)

    engine = play({"planner": scripted(says), "worker": scripted(says, fails=range(9))}, retries=1)
    found = engine.rollouts([(query(), 0), (query(1), 0)], GREEDY, "k")
    assert [rollout.status for rollout in found] == ["infra_error", "ok"]


class Failing(MemoryCorpus):
    """A corpus whose pages cannot be read any more, once it is damaged."""

    damaged = False

    def page(self, index):
        if self.damaged:
            raise CorpusError("the disk is gone")
        return super().page(index)


def test_an_episode_that_the_web_aborts_is_no_zero(play, scripted, query, small_corpus, site):
    corpus = Failing(map(small_corpus.page, range(len(small_corpus))), name="small")
    policy = scripted(lambda _: f"<fetch>{site('alba')}</fetch>")
    engine = play(policy, game="solo", settings={"corpus": corpus})
    corpus.damaged = True
    rollout = one(engine, query())
    assert (rollout.episode.end, rollout.status) == ("aborted", "infra_error")
    assert engine.counts["retries"] == 2


def test_a_role_without_a_policy_is_named(play, scripted):
    with pytest.raises(UnknownNameError, match="worker"):
        play({"planner": scripted(team_says)})


def test_a_solo_game_needs_no_worker(play, scripted, query):
    engine = play({"planner": scripted(solo_says)}, game="solo")
    assert one(engine, query()).acc == 1.0


# Episodes and measures ----------------------------------------------------------------------------


@pytest.mark.parametrize("summary", [True, False], ids=["report", "last-result"])
def test_saved_episodes_replay(play, scripted, query, tmp_path, summary):
    engine = play(scripted(team_says), worker_summary=summary)
    found = engine.rollouts([(query(), 0), (query(1), 1)], GREEDY, "k")
    path = tmp_path / "episodes.jsonl"
    episodes.write_episodes(path, [rollout.episode for rollout in found])
    for episode in episodes.read_episodes(path):
        assert episodes.replay(episode, engine.worlds.scenario("small", "none")) is None


def test_an_episode_with_a_silent_player_replays(play, scripted, query):
    policy = scripted(lambda text: f"<search>river {len(text)}</search>")
    engine = play(policy, game="solo", context=400, settings={"turns": 30})
    episode = one(engine, query()).episode
    assert episode.turns[-1].message == ""
    assert episodes.replay(episode, engine.worlds.scenario("small", "none")) is None


def test_tokens_messages_and_episodes_are_counted(play, scripted, query):
    engine = play(scripted(team_says))
    rollout = one(engine, query())
    sampled = sum(t.sampled for t in rollout.trajectories)
    read = sum(len(t.token_ids) for t in rollout.trajectories) - sampled
    measured = engine.measured()
    assert measured["tokens/sampled"] == sampled
    assert measured["tokens/read"] == read
    assert (measured["rollout/messages"], measured["rollout/episodes"]) == (6.0, 1.0)


def test_measures_begin_anew_when_they_were_asked_for(play, scripted, query):
    engine = play(scripted(team_says))
    one(engine, query())
    engine.measured()
    assert set(engine.measured().values()) == {0.0}
