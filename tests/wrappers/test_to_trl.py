"""TRL: its GRPO trains on tools and on whole games, with exact tokens; its DPO on preferences."""

import inspect
import json
import sys
import warnings

import pytest

from tests.envs.tokens.test_play import TEAM
from webenvs import lineup
from webenvs.envs.session import Session
from webenvs.envs.tokens.games import ROW, TokenGames
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import MissingPackageError, SettingError
from webenvs.preferences import preferences, write_pairs
from wrappers import to_trl

TRL = pytest.mark.trainer("trl")
MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>")
LINES = {**TEAM, "worker": [*TEAM["worker"][:1], "<report>Tarn</report>"]}


@pytest.fixture
def solo(scenario):
    return ToolEnv(scenario())


@pytest.fixture
def team(scenario):
    return ToolEnv(scenario(game="team", codec="xml", workers=2, reward="matpo"))


@pytest.fixture
def settings(tmp_path):
    """Make the arguments of one of TRL's trainers on a CPU."""

    def make(kind, **given):
        base = {
            "output_dir": str(tmp_path / "out"), "use_cpu": True, "bf16": False, "seed": 0,
            "gradient_checkpointing": False, "save_strategy": "no", "report_to": [],
            "logging_steps": 1, "disable_tqdm": True, "learning_rate": 1e-3,
        }  # fmt: skip
        return kind(**{**base, **given})

    return make


def small_model(tokenizer):
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    torch.set_num_threads(1)
    shape = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return Qwen3ForCausalLM(shape)


def teach(model, shown, steps):
    """Fine-tune on (token ids, mask) until the model says the marked tokens more often than not."""
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(steps):
        ids, mask = (torch.tensor([one]) for one in shown[step % len(shown)])
        model(input_ids=ids, labels=ids.masked_fill(mask == 0, -100)).loss.backward()
        optimiser.step()
        optimiser.zero_grad()


def chat_tokenizer(texts):
    """A tokenizer of our text with the chat template of Qwen3, which TRL ships."""
    from importlib.resources import files

    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=list(MARKS), initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator(texts, trainer)
    template = (files("trl") / "chat_templates/qwen3.jinja").read_text()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        padding_side="left", chat_template=template,
    )  # fmt: skip


def native(env):
    """What a player that searches and answers right says, as TRL writes it into a chat."""

    def call(name, **arguments):
        made = {"type": "function", "function": {"name": name, "arguments": arguments}}
        return {"role": "assistant", "content": "", "tool_calls": [made]}

    row = to_trl.rows(env, "train", 1)[0]
    question = env.reset(**{name: row[name] for name in ROW})
    opening = [row["prompt"][0], {"role": "user", "content": question}]
    found = env.call("search", {"query": "Alba"}).text
    over = env.call("answer", {"text": "Tarn"}).text
    return [
        *opening,
        call("search", query="Alba"),
        {"role": "tool", "name": "search", "content": found},
        call("answer", text="Tarn"),
        {"role": "tool", "name": "answer", "content": over},
        {"role": "assistant", "content": "done"},
    ]


def tools_of(kind):
    found = inspect.getmembers(kind, inspect.isfunction)
    return [name for name, _ in found if not name.startswith("_") and name not in dir(Bare)]


class Bare:
    reset = get_reward = None


def test_without_trl_the_message_names_what_installs_it(monkeypatch, solo):
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'webenvs\[trl\]'"):
        to_trl.environment(solo)


def test_without_trl_a_rollout_names_it_too(monkeypatch, team):
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(ImportError, match="trl"):
        to_trl.rollout(TokenGames(team, context=100, message=10))


def test_without_datasets_the_message_names_what_installs_it(monkeypatch, solo, team):
    monkeypatch.setitem(sys.modules, "datasets", None)
    games = TokenGames(team, context=100, message=10)
    for make in (lambda: to_trl.rows(solo, "train", 1), lambda: to_trl.seats(games, "train")):
        with pytest.raises(MissingPackageError, match=r"datasets .* 'webenvs\[trl\]'"):
            make()


def test_rows_of_several_seats_are_refused(team):
    with pytest.raises(SettingError, match=r"name a `seat` .* `rollout` for whole games"):
        to_trl.rows(team)


@TRL
def test_rows_begin_where_and_with_the_seed_that_is_asked_for(solo):
    listed = [to_trl.rows(solo, "train", 1, seed=7), to_trl.rows(solo, "train", start=1, seed=7)]
    assert [row["seed"] for rows in listed for row in rows][:2] == [7, 7]
    assert listed[0][0]["task_id"] not in [row["task_id"] for row in listed[1]]


@TRL
def test_the_schemas_that_trl_reads_are_ours_but_for_bounds(solo):
    from transformers.utils import get_json_schema

    kind = to_trl.environment(solo)
    read = {name: get_json_schema(getattr(kind(), name)) for name in tools_of(kind)}
    wanted = {}
    for tool in json.loads(json.dumps(solo.tools())):
        for value in tool["function"]["parameters"]["properties"].values():
            value.pop("minimum", None)
        wanted[tool["function"]["name"]] = tool
    assert read == wanted


@TRL
def test_a_game_of_several_seats_is_no_environment_of_tools(team):
    with pytest.raises(SettingError, match=r"name a `seat` .* `rollout` for whole games"):
        to_trl.environment(team)


@TRL
def test_tools_play_the_episode_and_raise_when_it_is_over(solo):
    env = to_trl.environment(solo)()
    row = to_trl.rows(solo, "train", 1)[0]
    assert env.reset(**row).startswith("Question: ")
    assert "could not" not in env.search(query="Alba")
    assert "needs the argument" in env.search()
    assert env.answer("Tarn") == "(The episode is over: answered.)"
    assert env.get_reward() == 1.0
    with pytest.raises(SettingError, match="The episode is over: answered"):
        env.search(query="Alba")


@TRL
def test_a_planner_has_tools_and_workers_that_play_by_themselves(scenario):
    made = scenario(game="team", workers=1)
    env = ToolEnv(made, "planner", lineup({"worker": "scripted"}, made.game))
    planner = to_trl.environment(env)()
    planner.reset(**to_trl.rows(env, "train", 2)[1])
    assert planner.delegate(task="On which mountain does the Alba rise?").startswith("[delegate]")
    planner.answer(text="Monte Corvo")
    assert planner.get_reward() == 1.0


@TRL
def test_pooled_environments_do_not_share_an_episode(solo):
    kind = to_trl.environment(solo)
    one, other = kind(), kind()
    one.reset(**to_trl.rows(solo, "train", 1)[0])
    other.reset(**to_trl.rows(solo, "train", 2)[1])
    one.answer("Tarn")
    assert (one.get_reward(), other.get_reward()) == (1.0, 0.0)


@TRL
def test_an_episode_that_is_not_valid_has_no_reward(solo):
    env = to_trl.environment(solo)()
    env.reset(**to_trl.rows(solo, "train", 1)[0])
    env._env.session.state.end = "aborted"
    assert env.get_reward() is None


@TRL
def test_rows_hold_no_rules_of_a_codec(solo):
    prompt = to_trl.rows(solo, "train", 1)[0]["prompt"]
    assert [entry["role"] for entry in prompt] == ["system", "user"]
    assert "<tool_call>" not in prompt[0]["content"]


@TRL
def test_grpo_trains_on_the_tools_of_a_seat(solo, settings):
    from importlib.resources import files

    from trl import GRPOConfig, GRPOTrainer

    chat = native(solo)
    kind = to_trl.environment(solo)
    methods = [getattr(kind(), name) for name in tools_of(kind)]
    tokenizer = chat_tokenizer([json.dumps(chat), json.dumps(solo.tools())] * 9)
    marked = (files("trl") / "chat_templates/qwen3_training.jinja").read_text()
    shown = tokenizer.apply_chat_template(
        chat, tools=methods, chat_template=marked, return_dict=True,
        return_assistant_tokens_mask=True,
    )  # fmt: skip
    model = small_model(tokenizer)
    teach(model, [(shown["input_ids"], shown["assistant_masks"])], 160)
    before = model.lm_head.weight.detach().clone()
    given = settings(
        GRPOConfig, per_device_train_batch_size=8, num_generations=4, max_steps=2,
        max_completion_length=400, max_tool_calling_iterations=4, loss_type="dapo",
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=model, args=given, processing_class=tokenizer, environment_factory=kind,
        train_dataset=to_trl.rows(solo, "train", 2),
    )  # fmt: skip
    trainer.train()
    logged = [row for row in trainer.state.log_history if "reward" in row]
    assert len(logged) == 2
    assert logged[0]["tools/call_frequency"] > 0.5
    assert max(row["reward"] for row in logged) > 0
    assert not before.equal(model.lm_head.weight)


@pytest.fixture
def taught(scenario):
    """A model and its tokenizer that play a team as `LINES`, now and then otherwise."""
    from baselines.grpo.cold.tokenizer import train_tokenizer
    from webenvs.envs.tokens.chat import ChatTokens
    from webenvs.envs.tokens.play import Said, TokenPlay, play_out
    from webenvs.envs.tokens.transcripts import Room

    texts = [json.dumps(LINES), "Question: Task: Where was the mayor of the town on the Alba born?"]
    tokenizer = train_tokenizer(texts * 9, vocabulary=500, context=4096)
    tokens = ChatTokens(tokenizer)
    shown = []

    def say(asks):
        header = tokens.appended([], ended=True)[-1]
        for ask in asks:
            words = LINES[ask.role][min(ask.token_ids.count(header) - 1, len(LINES[ask.role]) - 1)]
            ids = (*tokenizer.encode(words), tokens.end_of_turn)
            yield Said(token_ids=tuple(ids), logprobs=(0.0,) * len(ids))

    for task in range(2):
        env = ToolEnv(scenario(game="team", codec="xml", workers=2))
        env.reset(index=task)
        play = TokenPlay(env, tokens, Room(context=3000, message=60), {"planner": "", "worker": ""})
        play_out([play], lambda asks: list(say(asks)))
        for one in play.sequences():
            mask = (0,) * len(one.prompt_ids) + one.mask
            shown.append((one.prompt_ids + one.completion_ids, mask))
    model = small_model(tokenizer)
    teach(model, shown, 70)
    return model, tokenizer


@pytest.fixture
def trained(taught, team, settings):
    """Train a team; returns the trainer, what its rollouts returned, and the episodes."""
    from trl import GRPOConfig, GRPOTrainer

    def run(steps=2, seats=(), message=40, **given):
        episodes, returned = [], []
        games = TokenGames(
            team, context=900, message=message, system={"planner": "", "worker": ""},
            record=episodes.append,
        )  # fmt: skip
        played = to_trl.rollout(games)

        def kept(prompts, trainer):
            returned.append(played(prompts, trainer))
            return returned[-1]

        base = {"per_device_train_batch_size": 8, "num_generations": 4, "max_steps": steps}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = GRPOTrainer(
                taught[0], to_trl.reward, args=settings(GRPOConfig, **{**base, **given}),
                processing_class=taught[1], rollout_func=kept,
                train_dataset=to_trl.seats(games, "train", seats=seats),
            )  # fmt: skip
        trainer.train()
        return trainer, returned, episodes

    return run


@TRL
def test_a_team_is_trained_with_the_rewards_of_its_episodes(trained, taught):
    before = taught[0].lm_head.weight.detach().clone()
    trainer, returned, episodes = trained()
    rewards = [row["reward"] for row in trainer.state.log_history if "reward" in row]
    for step, reward in enumerate(rewards):
        given = returned[step]["episode_reward"]
        played = [one.rewards["planner_0"] for one in episodes[8 * step : 8 * step + 8]]
        assert [one for one in given if one is not None] == [
            two for one, two in zip(given, played, strict=True) if one is not None
        ]
        scored = [one for one in given if one is not None]
        assert reward == pytest.approx(sum(scored) / len(scored), abs=1e-6)
    assert len({frame.role for one in episodes for frame in one.frames}) == 2
    assert not before.equal(taught[0].lm_head.weight)


@TRL
def test_ids_are_what_was_said_and_log_probs_what_it_was_said_with(trained, taught):
    import torch

    model, tokenizer = taught
    heads = [model.lm_head.weight.detach().clone()]
    _, (returned,), episodes = trained(1, learning_rate=0.0, temperature=0.8)
    assert heads[0].equal(model.lm_head.weight)
    columns = ("prompt_ids", "completion_ids", "logprobs", "env_mask")
    for *each, episode in zip(*(returned[name] for name in columns), episodes, strict=True):
        prompt, completion, logprobs, mask = each
        assert len(completion) == len(logprobs) == len(mask)
        if not any(mask):
            continue
        messages, said = [], []
        for token, sampled in zip([*completion, None], [*mask, 0], strict=True):
            if sampled:
                said.append(token)
            elif said:
                messages.append(tokenizer.decode(said).removesuffix("<|end|>"))
                said = []
        frames = [
            [turn.message for turn in episode.turns if turn.frame == frame.index]
            for frame in episode.frames
        ]
        assert any(messages == [text for text in one if text][: len(messages)] for one in frames)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + completion])).logits[0].float() / 0.8
        wanted = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        wanted = wanted.gather(1, torch.tensor(completion)[:, None])[:, 0] * torch.tensor(mask)
        assert torch.allclose(torch.tensor(logprobs), wanted, atol=1e-4)


@TRL
def test_the_trainer_masks_what_the_environment_wrote(trained):
    trainer, (returned,), _ = trained(1)
    (batch,) = trainer._buffered_inputs[:1]
    sampled = batch["completion_mask"] * batch["tool_mask"]
    assert sorted(sampled.sum(1).tolist()) == sorted(sum(mask) for mask in returned["env_mask"])


@TRL
def test_where_nobody_said_anything_to_train_the_weights_stay(trained, taught):
    before = taught[0].lm_head.weight.detach().clone()
    _, (returned,), _ = trained(1, seats=["worker"], message=2)
    assert set(returned["episode_reward"]) == {None}
    assert before.equal(taught[0].lm_head.weight)


@pytest.fixture
def pairs(scenario, tmp_path):
    """A file of preferences between right and wrong answers on the small web."""
    made, episodes = scenario(), []
    for place, (right, wrong) in enumerate((("Tarn", "Brena"), ("Monte Corvo", "Tarn"))):
        for text in (right, wrong):
            session = Session(made, made.tasks.tasks[place], 0)
            for tool, arguments in (("search", {"query": "Alba"}), ("answer", {"text": text})):
                session.act({"calls": [{"name": tool, "arguments": arguments}]})
            episodes.append(session.episode())

    def write(**given):
        path = tmp_path / "pairs.jsonl"
        write_pairs(path, preferences(episodes, scenario=made, **given).pairs)
        return path

    return write


@TRL
@pytest.mark.parametrize("form", [{"native": True}, {"native": False}], ids=["native", "codec"])
def test_dpo_learns_what_is_preferred(pairs, settings, form):
    from trl import DPOConfig, DPOTrainer

    data = to_trl.preferences(pairs(**form))
    tokenizer = chat_tokenizer([json.dumps(row) for row in data] * 4)
    trainer = DPOTrainer(
        small_model(tokenizer), small_model(tokenizer),
        processing_class=tokenizer, train_dataset=data,
        args=settings(DPOConfig, per_device_train_batch_size=2, max_steps=6, max_length=None),
    )  # fmt: skip
    trainer.train()
    margins = [row["rewards/margins"] for row in trainer.state.log_history if "loss" in row]
    assert margins[-1] > margins[0]
    assert margins[-1] > 0


@TRL
def test_calls_of_different_tools_keep_their_own_arguments(pairs):
    for row in to_trl.preferences(pairs(native=True)):
        calls = [
            call["function"]["arguments"]
            for message in (*row["prompt"], *row["chosen"])
            for call in message.get("tool_calls") or ()
        ]
        assert [list(one) for one in calls] == [["query"], ["text"]]
