"""verl's agent loop over our episodes: exact tokens, true log-probs, the rewards of the seat.

The adapter is imported in the tests, because verl warns when it is imported.
"""

import asyncio
import importlib.metadata
import itertools
import json
import sys

import pytest

from tests.wrappers import recorded, tiny
from tests.wrappers.token_server import Server

REAL = pytest.mark.trainer("verl")
ALL = {"game": "team"}
ROOM = 24_000


def settings(**given):
    """What a row says of its game."""
    return {"env": "MultiHop-v0", "seat": "", "settings": json.dumps(given)}


def loop(server, room=ROOM):
    """Our agent loop as verl's worker makes it."""
    from omegaconf import OmegaConf
    from verl.experimental.agent_loop.agent_loop import DictConfigWrap
    from verl.utils.dataset.rl_dataset import RLHFDataset

    from wrappers import to_verl

    rollout = {"prompt_length": 4096, "response_length": room}
    config = OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}})
    wrapped = DictConfigWrap(config), server, server.tokenizer, None, RLHFDataset
    return to_verl.ResearchLoop(*wrapped, DictConfigWrap(config.data), hf_model_type="qwen3")


def run(server, extra_info, room=ROOM):
    """What the loop returns for a row."""

    async def play():
        return await loop(server, room).run({}, raw_prompt=[], extra_info=extra_info)

    return asyncio.run(play())


def replayed(episode, given, seat="", room=ROOM):
    """A recorded episode played again by the loop; the server says what the caller's seats said."""
    named = "seat" in given
    server = Server(recorded.said(episode) if named else [turn.message for turn in episode.turns])
    told = {**settings(**given), **recorded.row(episode), "seat": given.get("seat", seat)}
    return server, run(server, told, room)


def test_without_verl_the_extra_is_named(monkeypatch):
    from wrappers import to_verl

    monkeypatch.setitem(sys.modules, "verl", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[verl\]'"):
        to_verl.ResearchLoop()


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    from wrappers import to_verl

    monkeypatch.setitem(sys.modules, "verl", type(sys)("verl"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.7.1")
    with pytest.raises(ImportError, match=r"0\.7\.1 .* from 0\.9\.1 to below 0\.10"):
        to_verl.ResearchLoop()


@REAL
@pytest.mark.parametrize("given", [{}, recorded.TEAM], ids=["solo", "planner"])
def test_a_recorded_episode_plays_again_with_the_same_reward(given):
    episode = recorded.episode("oracle", **given)
    _, output = replayed(episode, given)
    assert output.reward_score == recorded.reward(episode) > 0
    assert sum(output.extra_fields["turn_scores"]) == pytest.approx(output.reward_score)
    assert output.extra_fields["end"] == "answered"


@REAL
def test_the_tokens_are_those_of_our_transcript():
    import webenvs

    episode = recorded.episode("oracle")
    server, output = replayed(episode, {})
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(**recorded.row(episode))
    for text in recorded.said(episode):
        env.send(text)
    whole = server.tokenizer.apply_chat_template(env.messages(), return_dict=False)
    ours = [*output.prompt_ids, *output.response_ids]
    assert ours == whole[: len(ours)] and whole[len(ours) :] == server.tokenizer.encode("\n")


@REAL
def test_the_mask_marks_what_was_sampled_and_log_probs_are_the_models():
    episode = recorded.episode("oracle")
    server, output = replayed(episode, {})
    ids, room = [*output.prompt_ids, *output.response_ids], len(output.prompt_ids)
    true = server.logprobs(ids)[room - 1 :]
    marked = [at for at, bit in enumerate(output.response_mask) if bit]
    sampled = server.tokenizer.decode([output.response_ids[at] for at in marked])
    assert sampled == "".join(text + "<|im_end|>" for text in recorded.said(episode))
    assert [output.response_logprobs[at] for at in marked] == pytest.approx(
        [true[at] for at in marked], abs=1e-4
    )


@REAL
def test_every_prompt_continues_the_one_before_token_by_token():
    server, _ = replayed(recorded.episode("oracle"), {})
    prompts = [ids for _, ids in server.prompts]
    for earlier, later in itertools.pairwise(prompts):
        assert later[: len(earlier)] == earlier


@REAL
@pytest.mark.parametrize("seat", ["planner", "worker"])
def test_one_policy_plays_all_seats_and_the_row_says_whose_tokens_return(seat):
    episode = recorded.episode("oracle", game="team")
    server, output = replayed(episode, ALL, seat)
    player = f"{seat}_0"
    marked = [t for t, bit in zip(output.response_ids, output.response_mask, strict=True) if bit]
    said = "".join(text + "<|im_end|>" for text in recorded.said(episode, player))
    assert server.tokenizer.decode(marked) == said
    assert output.reward_score == episode.rewards[player]
    assert len({request for request, _ in server.prompts}) == len(episode.rewards)


@REAL
def test_a_seat_that_nobody_asked_has_nothing_to_train():
    answer = '<tool_call>{"name": "answer", "arguments": {"text": "x"}}</tool_call>'
    told = {**settings(**ALL), "seat": "worker", "task_id": None, "seed": 1}
    output = run(Server([answer]), told)
    assert (output.response_mask, output.reward_score) == ([0], 0.0)


@REAL
def test_of_an_episode_with_a_real_fault_no_token_is_trained():
    told = {**settings(**recorded.ABSENT), "seat": "planner", "task_id": None, "seed": 3}
    output = run(Server([recorded.DELEGATION]), told)
    assert len(output.response_ids) > 1 and not any(output.response_mask)
    assert output.extra_fields["reward_extra_info"] == {"valid": 0.0}


@REAL
def test_a_model_that_knows_nothing_plays_to_an_end():
    server = Server()
    output = run(server, {**settings(invalid=3), "task_id": None, "seed": 1})
    ids = [*output.prompt_ids, *output.response_ids]
    true = server.logprobs(ids)[len(output.prompt_ids) - 1 :]
    pairs = zip(output.response_logprobs, true, output.response_mask, strict=True)
    assert output.extra_fields["end"] == "invalid_limit"
    assert all(abs(told - real) < 1e-4 for told, real, bit in pairs if bit)


@REAL
@pytest.mark.parametrize("text", recorded.GARBAGE)
def test_what_is_no_call_is_told_and_not_raised(text):
    episode = recorded.episode("oracle")
    said = [text.replace("\ud800", "?"), *recorded.said(episode)]
    told = {**settings(), **recorded.row(episode)}
    assert run(Server(said), told).extra_fields["end"] == "answered"


@REAL
def test_an_episode_whose_context_is_full_is_cut_and_paid_what_it_is_worth():
    given = {"reward": "evidence"}
    episode = recorded.episode("oracle", **given)
    whole = replayed(episode, given)[1]
    room = len(whole.response_ids) - 1
    cut = replayed(episode, given, room=room)[1]
    assert len(cut.response_ids) <= room and cut.extra_fields["end"] is None
    assert 0 < cut.reward_score < whole.reward_score


@REAL
def test_verls_own_worker_makes_a_batch_of_planners_and_workers(tmp_path):
    import numpy as np
    import verl.trainer.config
    from hydra import compose, initialize_config_dir
    from verl.experimental.agent_loop.agent_loop import AgentLoopWorker
    from verl.protocol import DataProto

    from wrappers import to_verl_rows

    episode = recorded.episode("oracle", game="team")
    place = next(iter(verl.trainer.config.__path__))
    chosen = {
        "actor_rollout_ref.model.path": tiny.folder(tmp_path / "model"),
        "actor_rollout_ref.rollout.name": "vllm",
        "actor_rollout_ref.rollout.prompt_length": 4096,
        "actor_rollout_ref.rollout.response_length": ROOM,
        "actor_rollout_ref.rollout.calculate_log_probs": True,
        "actor_rollout_ref.rollout.agent.agent_loop_config_path": tmp_path / "agent.yaml",
    }
    (tmp_path / "agent.yaml").write_text(
        "- name: webenvs\n  _target_: wrappers.to_verl.ResearchLoop\n"
    )
    with initialize_config_dir(place, version_base=None):
        config = compose("ppo_trainer", [f"{key}={value}" for key, value in chosen.items()])
    listed = list(to_verl_rows.rows("MultiHop-v0", "train", 1, seats=("planner", "worker")))
    for row in listed:
        row["extra_info"].update(recorded.row(episode))

    async def generate(row):
        batch = {key: np.array([value], dtype=object) for key, value in row.items()}
        batch["raw_prompt"] = np.array([None], dtype=object)
        batch["raw_prompt"][0] = row["prompt"]
        worker = AgentLoopWorker(config, Server([turn.message for turn in episode.turns]))
        return await worker.generate_sequences(DataProto(non_tensor_batch=batch))

    for row, player in zip(listed, ("planner_0", "worker_0"), strict=True):
        batch = asyncio.run(generate(row)).batch
        assert batch["rm_scores"].sum().item() == episode.rewards[player]
        assert batch["responses"].shape == batch["rollout_log_probs"].shape == (1, ROOM)
        assert batch["rollout_log_probs"][batch["response_mask"] == 0].abs().sum() == 0
