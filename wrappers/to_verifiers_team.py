r"""Verifiers 0.4: the team game of `to_verifiers.py` with a seat a role, planner and workers.

With both files where Python finds them (`export PYTHONPATH=wrappers`):

    vf-eval to-verifiers --env.id to-verifiers-team -m MODEL --no-push --no-rich \
        --client.base-url http://127.0.0.1:8000/v1 --env.worker.model SMALL \
        --env.taskset.settings '{"reward": "matpo", "workers": 3}' --env.max-concurrent-agents 3

A worker's trace is one delegation. `--env.trainable '["planner"]'` keeps workers out of training;
`--env.credit seat` pays each trace what its player earned, where `team` pays all as the planner.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

from webenvs.catalog import row as catalog_row
from webenvs.envs.tooling.conversation import Conversation, Conversations
from webenvs.errors import SettingError
from webenvs.trainers import trainer

__all__ = ["TeamEnv"]

try:
    trainer("verifiers", ("0.4", "0.5"), "webenvs[verifiers]", "verifiers.v1")
    import verifiers.v1 as vf
    from pydantic import Field
except ImportError as error:
    MISSING = error

    def __getattr__(name: str) -> Any:
        """Raise ImportError for what needs verifiers."""
        raise MISSING if name in __all__ else AttributeError(name)

else:
    LOCAL = vf.AgentConfig(runtime=vf.SubprocessConfig())

    class TeamConfig(vf.EnvConfig):
        """Who plays which role, whose traces are trained, what they earn, and prompts by role."""

        planner: vf.AgentConfig = LOCAL
        worker: vf.AgentConfig = LOCAL
        trainable: tuple[Literal["planner", "worker"], ...] = ("planner", "worker")
        credit: Literal["team", "seat"] = "team"
        system: dict[str, str] = Field(default_factory=dict)

    class TeamEnv(vf.Env[TeamConfig]):
        """An episode: whoever is to act speaks, those of a round at the same time.

        The planner's seat is that of the game's first role, the workers' that of all others. Each
        trace has one reward, `team` or `seat`; both, and its player's terms, are its metrics.
        """

        async def setup(self, agents: Any) -> None:
            """Mark the seats that are not trained."""
            agents.planner.trainable = "planner" in self.config.trainable
            agents.worker.trainable = "worker" in self.config.trainable

        async def run(self, task: Any, agents: Any) -> None:
            """Play the episode, which fails with any seat whose model does."""
            if task.data.system_prompt is not None:
                raise SettingError("Set a team's prompts by role: --env.system.planner ...")
            env = task.open(game=catalog_row(task.data.env).team)
            table = Conversations(env, native=task.data.native, system=self.config.system)
            sat: dict[Conversation, Any] = {}
            async with AsyncExitStack() as stack:
                while not env.over:
                    due = table.due()
                    for talk in due:
                        if talk not in sat:
                            root = talk.player == env.players[0]
                            agent = agents.planner if root else agents.worker
                            sat[talk] = await stack.enter_async_context(_seated(agent, task, talk))
                    await asyncio.gather(*(_heard(sat[talk]) for talk in due))
                    for talk in due:
                        talk.play()
            for talk, interaction in sat.items():
                self._pay(interaction.trace, talk)

        def _pay(self, trace: Any, talk: Conversation) -> None:
            """Record what a seat earned."""
            own, root = talk.score(), talk.env.score()
            paid = {"team": root["reward"], "seat": own.pop("reward")}
            trace.record_reward(self.config.credit, paid[self.config.credit])
            trace.record_metrics(own | paid)

    @asynccontextmanager
    async def _seated(agent: Any, task: Any, talk: Conversation) -> AsyncIterator[Any]:
        """A seat's exchange in one frame; the task's own rewards are those of one player alone."""
        seat = task.defer_scoring().with_data(prompt=None, name=talk.player)
        async with agent.interaction(seat) as interaction:
            state = interaction.trace.state
            state.conversation, state.alone = talk, False
            yield interaction

    async def _heard(interaction: Any) -> None:
        """Have a seat say its message; one that has reached a limit of its agent says nothing."""
        if interaction.trace.stop_condition is None:
            await interaction.turn([])
        if interaction.trace.errors:
            raise RuntimeError(interaction.trace.errors[-1].message)
