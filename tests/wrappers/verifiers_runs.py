"""Episodes that verifiers plays in this process, as its evaluation does."""

import asyncio
from typing import Any

ALONE = {"agent": {"runtime": {"type": "subprocess"}}}
"""The fields of an Env of one player."""
TEAM = {"id": "to-verifiers-team"}
"""Those of a team's."""


def played(url: str, fields: dict[str, Any], count: int, **taskset: Any) -> list[Any]:
    """Verifiers' episodes of the first tasks, all at once; a model answers at `url`."""
    import verifiers.v1 as vf
    from verifiers.v1.utils.loaders import load_environment, resolve_env_config

    config = resolve_env_config({"taskset": {"id": "to-verifiers", **taskset}, **fields})
    env = load_environment(config)
    client = vf.EvalClientConfig(base_url=url, api_key_var="NO_KEY")
    context = vf.ModelContext(model="double", client=client)

    async def run() -> list[Any]:
        async with env.serving():
            tasks = list(env.taskset.take(count))
            return await asyncio.gather(*(env.run_episode(task, context) for task in tasks))

    return asyncio.run(run())
