"""TRL: GRPO on one seat's tools, GRPO on whole games token by token, DPO on preferences.

env = webenvs.tool_env("MultiHop-v0")  # one seat, its tools as functions
GRPOTrainer(MODEL, environment_factory=environment(env), train_dataset=rows(env, "train"))
games = TokenGames(webenvs.tool_env("MultiHop-v0", game="team"), context=8192, message=512)
GRPOTrainer(MODEL, reward, rollout_func=rollout(games), train_dataset=seats(games, "train"))
DPOTrainer(MODEL, train_dataset=preferences("pairs.jsonl"))  # of `webenvs preferences`
"""

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from webenvs.chat import native_messages
from webenvs.envs.tokens.chat import ChatTokens
from webenvs.envs.tokens.games import ROW, TokenGames, started
from webenvs.envs.tokens.play import Ask, Said, said_in
from webenvs.envs.tooling.callables import method
from webenvs.envs.tooling.tool_env import ToolEnv, one_seat
from webenvs.errors import SettingError, bad_setting
from webenvs.trainers import trainer

_TRL = ("trl", ("1.16", "2"), "webenvs[trl]")


def environment(env: ToolEnv) -> type[Any]:
    """TRL's `environment_factory`: a class whose methods are the tools of the one seat of `env`.

    A tool raises once the episode is over, which TRL tells the model; TRL leaves out one that isn't
    valid, lacks bounds of numbers, and sorts tools by name. Raises SettingError for several seats.
    """
    trainer(*_TRL)
    origin = started(one_seat(env, "`rollout`"))

    def call(self: Any, tool: str, arguments: Mapping[str, Any]) -> str:
        if self._env.over:
            raise SettingError(self._env.text())
        return str(self._env.call(tool, arguments).text)

    def get_reward(self: Any) -> float | None:
        return float(self._env.score()["reward"]) if self._env.outcome().valid else None

    members = {tool["function"]["name"]: method(tool, call) for tool in origin.tools()} | {
        "__init__": lambda self: setattr(self, "_env", origin.fork()),
        "reset": lambda self, **row: self._env.reset(**{name: row[name] for name in ROW}),
        "get_reward": get_reward,
    }
    return type(env.scenario.env.rpartition("/")[2].replace("-", "_"), (), members)


def rows(
    env: ToolEnv,
    split: str | None = None,
    count: int | None = None,
    *,
    start: int = 0,
    seed: int = 0,
) -> Any:
    """The data set for `environment`, which adds what its player sees; as in `ToolEnv.rows`."""
    listed = []
    for row in one_seat(env, "`rollout`").rows(split, count, start=start, seed=seed):
        env.reset(**row)
        prompt = [*native_messages(env.session, env.player)[:1], {"role": "user", "content": ""}]
        listed.append({"prompt": prompt, **{name: row[name] for name in ROW}})
    return _data(listed)


def seats(games: TokenGames, split: str | None = None, **chosen: Any) -> Any:
    """The data set for `rollout`: a row for each seat of each task; see `TokenGames.rows`."""
    made = games.rows(split, **chosen)
    said = ({"role": "user", "content": row["question"], "row": row} for row in made)
    return _data({"prompt": [message]} for message in said)


def rollout(games: TokenGames) -> Callable[[Sequence[Any], Any], dict[str, list[Any]]]:
    """TRL's `rollout_func`: whole games in which the model that is trained plays all your seats.

    TRL trains one sequence a prompt: that of the row's seat, with the root's reward. Where there is
    nothing to train the reward is None. Draws of tokens are torch's, which TRL seeds; log-probs are
    at TRL's temperature. It returns prompt_ids, completion_ids, logprobs, env_mask and
    episode_reward, which is for `reward`.
    """
    trainer(*_TRL)

    def play(prompts: Sequence[Any], trainer: Any) -> dict[str, list[Any]]:
        tokens = ChatTokens(trainer.processing_class)
        asked = [prompt[-1].get("row", {}) for prompt in prompts]
        key = (trainer.args.seed, trainer.state.global_step, trainer.accelerator.process_index)
        played = games.play(asked, tokens, lambda asks: _sampled(asks, tokens, trainer), *key)
        said, end = [one.sequence for one in played], [tokens.end_of_turn]
        masks = [[*one.mask] if one else [0] for one in said]
        if not any(map(any, masks)):
            masks[0][0] = 1  # TRL divides by their number; without a reward nothing moves
        return {
            "prompt_ids": [[*one.prompt_ids] if one else end for one in said],
            "completion_ids": [[*one.completion_ids] if one else end for one in said],
            "logprobs": [[*one.logprobs] if one else [0.0] for one in said],
            "env_mask": masks,
            "episode_reward": [one.reward for one in played],
        }

    return play


def reward(episode_reward: Sequence[float | None], **_: Any) -> list[float | None]:
    """TRL's reward function for `rollout`: what the games earned."""
    return list(episode_reward)


def preferences(path: str | Path) -> Any:
    """The data set of a file of `webenvs preferences`, in which every call keeps its arguments."""
    return _data(map(json.loads, Path(path).read_text(encoding="utf-8").splitlines()))


def _sampled(asks: Sequence[Ask], tokens: ChatTokens, trainer: Any) -> list[Said]:
    """Messages by the model in training, which reads all contexts of a batch at once."""
    import torch
    from trl.models.utils import unwrap_model_for_generation

    if trainer.use_vllm:
        raise bad_setting("use_vllm", True, "False: the model in training plays by itself")
    contexts = {"input_ids": [[*ask.token_ids] for ask in asks]}
    padded = tokens.tokenizer.pad(contexts, padding_side="left", return_tensors="pt")
    config = copy.deepcopy(trainer.generation_config)
    config.max_new_tokens, config.eos_token_id = max(ask.limit for ask in asks), [*tokens.stops]
    held, drawn = list[Any](), list[Any]()

    def note(ids: Any, logits: Any) -> Any:
        drawn.extend(one.gather(1, ids[:, -1:]) for one in held)
        held[:] = [(logits.float() / trainer.temperature).log_softmax(-1)]
        return logits

    unwrapped = unwrap_model_for_generation(
        trainer.model_wrapped, trainer.accelerator, generation_kwargs=trainer.generation_kwargs
    )
    with torch.no_grad(), unwrapped as model:
        given = {"generation_config": config, "logits_processor": [note]}
        made = model.generate(**padded.to(model.device), **given)[:, padded["input_ids"].shape[1] :]
    drawn.extend(one.gather(1, made[:, -1:]) for one in held)
    table = torch.cat(drawn[: made.shape[1]], dim=1).tolist()
    drawings = zip(asks, made.tolist(), table, strict=True)
    return [said_in(ask, ids, logprobs, tokens.stops) for ask, ids, logprobs in drawings]


def _data(listed: Iterable[Mapping[str, Any]]) -> Any:
    kind = trainer("datasets", ("5", "6"), "webenvs[trl]").Dataset
    return kind.from_list([*listed], on_mixed_types="use_json")
