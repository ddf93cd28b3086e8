"""Rollouts in chunks: in this process, on two Ray actors, and when an actor dies."""

import os
import signal
import sys
from functools import partial

import msgspec
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from baselines.grpo import scale
from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.cold.worlds import Worlds
from baselines.grpo.config import Config
from baselines.grpo.local import LocalPolicy
from baselines.grpo.policy import PolicyError, Sampling
from baselines.grpo.records import Query, Rollout, Trajectory
from baselines.grpo.rollouts import Engine, plays_of
from baselines.grpo.scale import LocalEngine, RayEngine, chunks
from baselines.grpo.served import ServedPolicy
from baselines.grpo.tokens import Tokens
from webenvs.errors import SettingError

CONFIG = Config(
    train_worlds=2, heldout_worlds=1, tasks_per_world=4, context=512, max_new_tokens=12,
    group=3, chunk=4, system={"planner": "", "worker": ""},
)  # fmt: skip
QUERIES = tuple(Query(world="w", task=str(number), seed=number) for number in range(6))


def rollout(query, index):
    planner = Trajectory(
        id=f"{query.id}/{index}", role="planner", token_ids=(), prompt_len=0, loss_mask=(),
        logprobs=(),
    )  # fmt: skip
    return Rollout(query=query, index=index, planner=planner)


class Scripted:
    """An engine that plays nothing: it notes what it was asked, dies, or raises.

    It kills its process when it meets the task `deadly`, as long as `lives` holds a file to take.
    """

    def __init__(self, deadly=None, lives=None, broken=None):
        self.policies, self.asked = {}, []
        self.deadly, self.lives, self.broken = deadly, lives, broken

    def rollouts(self, plays, sampling, key):
        self.asked.append(tuple(plays))
        tasks = [query.task for query, _ in plays]
        if self.broken in tasks:
            raise SettingError("turns = 0 is not allowed")
        if self.deadly in tasks:
            for life in sorted(self.lives.iterdir()):
                life.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        return [rollout(query, index) for query, index in plays]

    def measured(self):
        return {"rollout/messages": float(sum(map(len, self.asked)))}


@pytest.fixture(scope="module")
def tokens():
    """A tokenizer of the config's questions."""
    worlds = Worlds(CONFIG)
    asked = [worlds.task(query).question for query in worlds.queries("train")]
    return Tokens(train_tokenizer(asked, vocabulary=400))


@pytest.fixture
def policies(tokens):
    """One model of random weights in both roles."""
    torch.manual_seed(0)
    shape = Qwen3Config(
        vocab_size=400, max_position_embeddings=1024, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, intermediate_size=64,
        tie_word_embeddings=True,
    )  # fmt: skip
    policy = LocalPolicy(Qwen3ForCausalLM(shape), tokens.pad)
    return {"planner": policy, "worker": policy}


@pytest.fixture
def local(tokens, policies):
    return LocalEngine(Engine(Worlds(CONFIG), tokens, policies, CONFIG), CONFIG)


@pytest.fixture(scope="module")
def ray(ray_cluster):
    """The Ray of the tests, whose actors know the classes of this file."""
    ray_cluster.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return ray_cluster


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    """The folder of the lives that scripted engines have to lose."""
    return tmp_path_factory.mktemp("lives")


@pytest.fixture(scope="module")
def scripted(ray, tokens, lives):
    """Two actors that die at task 2 while there are lives, and fail at task 5."""
    build = partial(Scripted, deadly="2", lives=lives, broken="5")
    with RayEngine(CONFIG, tokens, {}, build=build, restarts=1) as engine:
        yield engine


def queries():
    return Worlds(CONFIG).queries("train")


def plays(count=5, group=2):
    return plays_of(QUERIES[:count], group)


def spelled(value):
    """Records as plain data with every field, whether it has its default or not."""
    if isinstance(value, msgspec.Struct):
        return {name: spelled(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [spelled(item) for item in value]
    return {name: spelled(item) for name, item in value.items()} if type(value) is dict else value


def written(records):
    """The bytes of records, all floats included."""
    return msgspec.json.encode(spelled(records))


def episodes(groups):
    """The bytes that a file of the groups' episodes would have."""
    return msgspec.json.encode([r.episode for group in groups for r in group.rollouts])


def test_chunks_keep_the_order_and_leave_the_rest_for_the_last():
    assert [len(part) for part in chunks(plays(), 4)] == [4, 4, 2]
    assert [play for part in chunks(plays(), 4) for play in part] == plays()


def test_no_plays_make_no_chunks():
    assert chunks((), 4) == []


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(SettingError, match="chunk = 0"):
        chunks((), 0)


def test_an_engine_is_asked_chunk_by_chunk():
    engine = Scripted()
    LocalEngine(engine, CONFIG).rollouts(plays(), Sampling(), "k")
    assert engine.asked == [tuple(plays()[:4]), tuple(plays()[4:8]), tuple(plays()[8:])]


def test_groups_hold_their_question_alone():
    found = LocalEngine(Scripted(), CONFIG).groups(QUERIES, "k")
    assert [group.query for group in found] == list(QUERIES)
    assert [[r.id for r in group.rollouts] for group in found] == [
        [f"{query.id}/{index}" for index in range(3)] for query in QUERIES
    ]


def test_the_local_engine_measures_what_its_engine_does():
    engine = LocalEngine(Scripted(), CONFIG)
    engine.rollouts(plays(), Sampling(), "k")
    assert engine.measured() == {"rollout/messages": 10.0}


def test_a_rollout_is_the_same_whatever_was_asked_before_its_chunk(local):
    asked = plays_of(queries()[:4], 2)
    alone = local.rollouts(asked[4:], Sampling(), "k")
    assert written(local.rollouts(asked, Sampling(), "k")[4:]) == written(alone)


def test_weights_that_are_sent_are_the_weights_that_arrive(policies):
    model = policies["planner"].model
    other = Qwen3ForCausalLM(model.config)
    scale.load(other, scale.trained(model))
    assert all(
        torch.equal(mine, yours)
        for mine, yours in zip(other.parameters(), model.parameters(), strict=True)
    )


def test_frozen_weights_are_not_sent(policies):
    model = policies["planner"].model
    model.requires_grad_(False)
    model.model.norm.weight.requires_grad_(True)
    assert list(scale.trained(model)) == ["model.norm.weight"]


def test_without_ray_the_extra_is_named(monkeypatch, tokens, policies):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match=r"pip install 'webenvs\[ray\]'"):
        RayEngine(CONFIG, tokens, policies)


def test_a_served_policy_is_not_copied_to_actors(tokens):
    with (
        ServedPolicy("http://127.0.0.1:9", "m") as policy,
        pytest.raises(SettingError, match=r"^policy = ServedPolicy"),
    ):
        RayEngine(CONFIG, tokens, {"planner": policy})


@pytest.mark.parametrize(
    ("field", "settings"), [("ray", {"actors": 0}), ("restarts", {"restarts": -1})]
)
def test_a_wrong_number_is_named(field, settings, tokens, policies):
    with pytest.raises(SettingError, match=f"^{field} = "):
        RayEngine(CONFIG, tokens, policies, **settings)


@pytest.mark.slow
def test_two_actors_play_what_one_process_plays(ray, tokens, policies, local):
    with RayEngine(CONFIG, tokens, policies) as engine:
        for step in range(2):
            here = local.groups(queries()[:4], step)
            there = engine.groups(queries()[:4], step)
            assert written(there) == written(here)
            assert episodes(there) == episodes(here)
            with torch.no_grad():  # an update, as far as the engines can see
                policies["planner"].model.model.embed_tokens.weight.mul_(1.5)
            policies["planner"].version += 1
        assert engine.measured()["rollout/episodes"] == 24.0


@pytest.mark.slow
def test_the_chunk_of_an_actor_that_dies_is_played_again(scripted, lives):
    (lives / "0").touch()
    found = scripted.rollouts(plays(), Sampling(), "k")
    assert list(lives.iterdir()) == []
    assert [r.id for r in found] == [f"{query.id}/{index}" for query, index in plays()]


@pytest.mark.slow
def test_too_many_lost_actors_are_a_policy_error(scripted, lives):
    for life in range(2):
        (lives / str(life)).touch()
    with pytest.raises(PolicyError, match="2 of the actors that play were lost"):
        scripted.rollouts(plays(), Sampling(), "k")


@pytest.mark.slow
def test_the_error_of_an_engine_comes_home_as_it_is(scripted):
    with pytest.raises(SettingError, match="turns = 0"):
        scripted.rollouts(plays(6), Sampling(), "k")
