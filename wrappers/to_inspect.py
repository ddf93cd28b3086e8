"""webenvs as a task of Inspect AI: any id, with native tool calls, scored as `webenvs bench` does.

    from wrappers.to_inspect import research
    task = research("MultiHop-v0", episodes=100, epochs=2, settings={"noise": "mild"})
    (log,) = inspect_ai.eval(task, model="openai/NAME")     # accuracy and stderr, reward beside it
    # inspect eval wrappers/to_inspect.py@research -T env=MultiHop-v0 --model openai/NAME
    # a team: -T seat=planner -T players=worker=scripted, or -T settings='{"game": "team"}'

A sample is an episode of `webenvs bench` with the same seed and number of episodes. All calls of a
message are one message of the environment, which answers each; its budgets end the episode, and so
do Inspect's limits, which count the messages of the first seat: what was reached by then is scored.
At several seats each role asks the model of its name (`--model-role worker=...`), else the model.
Episodes that a real fault ended are not scored.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

import webenvs
from webenvs.bench.run import Trial, row_of, trials
from webenvs.envs.tooling.conversation import Conversation, Conversations
from webenvs.envs.tooling.tool_env import ToolEnv
from webenvs.errors import bad_setting
from webenvs.trainers import trainer

try:
    from inspect_ai import task
except ImportError:  # said by `_inspect` when it is needed

    def task(made: Any) -> Any:
        """Stand in for Inspect's decorator."""
        return made


TESTED = ("0.3.285", "0.4")
"""The first version that was run, and the first that was not."""
NAME = "webenvs"
"""The key of the store under which a sample keeps what its episode came to."""


@task
def research(
    env: str = "MultiHop-v0",
    episodes: int = 100,
    seed: int = 0,
    seat: str | None = None,
    players: Any = None,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """The task of an id; `settings`, `seat` and `players` are those of `webenvs.tool_env`.

    `options` are further ones of Inspect's Task: epochs, message_limit, token_limit, time_limit.
    Raises SettingError or UnknownNameError for wrong ones of webenvs.
    """
    inspect_ai = trainer("inspect-ai", TESTED, "webenvs[inspect]", "inspect_ai")
    from inspect_ai.dataset import MemoryDataset, Sample

    if episodes < 1:
        raise bad_setting("episodes", episodes, "at least 1")
    parts = {"seat": seat, "players": players, **(settings or {})}
    scenario = webenvs.tool_env(env, **parts).scenario
    samples = [
        Sample(
            input=scenario.tasks.get(trial.task).question,
            id=place,
            metadata=msgspec.to_builtins(trial),
        )
        for place, trial in enumerate(trials(scenario, NAME, episodes, seed))
    ]
    return inspect_ai.Task(
        dataset=MemoryDataset(samples, name=scenario.env),
        solver=_player(env, parts),
        scorer=[_scorer("correct"), _scorer("reward")],
        name=scenario.env.replace("/", "_"),
        metadata={"corpus": scenario.web.corpus.digest, "settings": repr(scenario.settings)},
        **options,
    )


def _player(env: str, parts: Mapping[str, Any]) -> Any:
    """The solver: one episode, each message of which a model writes."""
    from inspect_ai.solver import solver

    async def solve(state: Any, generate: Any) -> Any:
        trial, episode = Trial(**state.metadata), webenvs.tool_env(env, **parts)
        episode.reset(task_id=trial.task, seed=trial.seed)
        talks, state.messages = Conversations(episode), []
        written: dict[Conversation, list[Any]] = {}
        try:
            while not episode.over:
                for talk in talks.due():
                    chat = written.setdefault(talk, [] if written else state.messages)
                    state.output = await _asked(talk, chat)
                    talk.play()
        finally:
            state.store.set(NAME, _outcome(episode, trial))
        return state

    return solver(name="webenvs_player")(lambda: solve)()


async def _asked(talk: Conversation, chat: list[Any]) -> Any:
    """Have a model write the next message of a conversation, whose messages are `chat`."""
    from inspect_ai.model import ChatMessageSystem, ChatMessageTool, ChatMessageUser, get_model
    from inspect_ai.tool import ToolInfo

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "tool": ChatMessageTool}
    body = talk.request()
    chat.extend([kinds[entry["role"]](**entry) for entry in body["messages"][len(chat) :]])
    model = get_model(role=talk.env.scenario.role_of(talk.player))
    output = await model.generate(list(chat), [ToolInfo(**t["function"]) for t in body["tools"]])
    chat.append(output.message)
    calls = [
        {"id": call.id, "function": {"name": call.function, "arguments": _arguments(call)}}
        for call in output.message.tool_calls or ()
    ]
    talk.hear({"content": output.message.text, "tool_calls": calls or None})
    return output


def _arguments(call: Any) -> str:
    """A call's arguments as JSON text; what Inspect could not read is none."""
    return "no JSON" if call.parse_error else json.dumps(call.arguments)


def _outcome(env: ToolEnv, trial: Trial) -> dict[str, Any]:
    """What an episode came to, as JSON-able data; an unfinished one is scored as it is."""
    row, state = row_of(env.scenario, trial, env.session.episode()), env.session.state
    told = {"correct": row.correct, "reward": env.score()["reward"], "text": state.answer}
    return {**told, "calls": row.calls, "turns": row.turns, "end": state.end, "fault": state.fault}


def _scorer(name: str) -> Any:
    """A scorer of one of the numbers of an episode's outcome."""
    from inspect_ai.scorer import Score, accuracy, mean, scorer, stderr

    async def score(state: Any, target: Any) -> Any:
        found = state.store.get(NAME) or {"fault": "the episode never began"}
        if found["fault"] is not None:
            return Score.unscored(reason="fault", explanation=found["fault"])
        return Score(value=found[name], answer=found["text"], metadata=found)

    measures = [accuracy() if name == "correct" else mean(), stderr()]
    return scorer(metrics=measures, name=name)(lambda: score)()
