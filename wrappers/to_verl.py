"""webenvs as an agent loop of verl: exact token ids, a row for every seat that is trained.

    rows = to_verl_rows.rows("MultiHop-v0", "train", 1000, seats=("planner", "worker"))
    write_rows("train.parquet", rows)                         # of webenvs.envs.tooling.rows
    # agent.yaml, named by actor_rollout_ref.rollout.agent.agent_loop_config_path:
    - name: webenvs
      _target_: wrappers.to_verl.ResearchLoop

Messages are text in the codec, taught by the system's message, so the model's chat template needs
no tools. A rollout of verl returns one sequence: a row names its seat, and all seats that nobody
else was named for are played by the policy itself. For verl's own loops: `to_verl_tools`.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import webenvs
from webenvs.chat import unanswered
from webenvs.envs.seated import seat_of
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.trainers import trainer

try:
    from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopOutput, register
except ImportError:  # said by `trainer` when it is needed
    AgentLoopBase, AgentLoopOutput = object, None

    def register(_: str) -> Any:
        """Stand in for verl's."""
        return lambda made: made


TESTED = ("0.9.1", "0.10")
"""The first version that was run, and the first that was not."""


@dataclass
class Chat:
    """The tokens of one player: `ids` of all, of the last of which `mask` and `logprobs` tell."""

    ids: list[int]
    messages: list[dict[str, Any]]
    mask: list[int] = field(default_factory=list)
    logprobs: list[float] | None = None
    rewards: list[float] = field(default_factory=list)
    request: str = field(default_factory=lambda: uuid4().hex)


@register("webenvs")
class ResearchLoop(AgentLoopBase):
    """Plays the episode of a row, and returns the tokens, the mask and the reward of its seat.

    Further tasks of a worker go on in one chat. An episode is cut where a context is full
    (rollout.response_length), and paid what it is worth then. After a real fault of the
    environment (`valid` is False) no token is trained.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what verl gives every loop; raises ImportError for versions that were not tried."""
        trainer("verl", TESTED, "webenvs[verl]")
        super().__init__(*args, **kwargs)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> Any:
        """Play a row of `rows`; an AgentLoopOutput."""
        told = row["extra_info"]
        tools = webenvs.tool_env(told["env"], **json.loads(told["settings"]))
        seat = seat_of(tools.scenario, told["seat"] or None)
        await asyncio.to_thread(tools.reset, task_id=told["task_id"], seed=int(told["seed"]))
        chats, extra = dict[str, Chat](), dict[str, Any]()
        while tools.to_act and await self._speak(tools, chats, extra, sampling_params):
            pass
        if seat not in chats:  # nobody asked it
            chats[seat] = await self._opened(tools.messages(seat) or list(row["raw_prompt"]))
            chats[seat].ids.append(self.tokenizer.eos_token_id)
            chats[seat].mask.append(0)
        return self._output(tools, seat, chats[seat], extra)

    async def _speak(
        self, tools: ToolEnv, chats: dict[str, Chat], extra: dict[str, Any], sampling: Any
    ) -> bool:
        """One message of the player that is due; False where its context is full."""
        player, room = tools.player, self.rollout_config.response_length
        if player not in chats:
            chats[player] = await self._opened(tools.messages())
        elif not await self._told(chats[player], unanswered(tools.messages()), room):
            return False
        chat = chats[player]
        output = await self.server_manager.generate(
            request_id=chat.request, prompt_ids=chat.ids, sampling_params=sampling
        )
        latest = {"max_global_steps": output.extra_fields.get("max_global_steps")}
        extra.update({**output.extra_fields, **extra, **latest})
        logprobs = output.log_probs or (None if output.token_ids else output.log_probs)
        before = chat.logprobs if chat.mask else logprobs and []
        merged, chat.mask, chat.logprobs = await self.ct_merge_assistant_token(
            chat.ids, output.token_ids, chat.mask, before, logprobs
        )
        chat.ids = merged.token_ids
        if len(chat.mask) > room:
            return False
        text = self._text(output.token_ids)
        chat.messages.append({"role": "assistant", "content": text})
        chat.rewards.append((await asyncio.to_thread(tools.send, text)).reward)
        return True

    async def _opened(self, messages: list[dict[str, Any]]) -> Chat:
        return Chat(list(await self.ct_build_initial_tokens(messages)), messages)

    async def _told(self, chat: Chat, new: Sequence[dict[str, Any]], room: int) -> bool:
        """Append what the player is told; False, and nothing, where there is no room for it."""
        told = [*chat.messages, *new]
        merged, mask, logprobs = await self.ct_merge_context_msg(
            chat.messages, told, chat.ids, chat.mask, chat.logprobs
        )
        if len(mask) >= room:
            return False
        chat.messages, chat.ids, chat.mask, chat.logprobs = told, merged.token_ids, mask, logprobs
        return True

    def _text(self, token_ids: Sequence[int]) -> str:
        """The text of a sampled message, without the special tokens that end it."""
        kept, special = list(token_ids), set(self.tokenizer.all_special_ids)
        while kept and kept[-1] in special:
            kept.pop()
        return str(self.tokenizer.decode(kept, skip_special_tokens=False))

    def _output(self, tools: ToolEnv, seat: str, chat: Chat, extra: dict[str, Any]) -> Any:
        room, start = self.rollout_config.response_length, len(chat.ids) - len(chat.mask)
        info = tools.info(seat)
        return AgentLoopOutput(
            prompt_ids=chat.ids[:start],
            response_ids=chat.ids[start:][:room],
            response_mask=[bit * int(info["valid"]) for bit in chat.mask[:room]],
            response_logprobs=chat.logprobs and chat.logprobs[:room],
            reward_score=tools.score(seat)["reward"],
            num_turns=len(chat.messages),
            metrics={},
            extra_fields={
                **extra,
                "turn_scores": chat.rewards,
                "tool_rewards": [],
                "end": info["end"],
                "reward_extra_info": {"valid": float(info["valid"])},
            },
        )
