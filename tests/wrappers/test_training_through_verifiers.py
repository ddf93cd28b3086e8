"""Verifiers' own training client and traces carry what was sampled, token for token."""

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEW = {
    "train_worlds": 1, "heldout_worlds": 1, "tasks_per_world": 4, "sft_steps": 0, "queries": 2,
    "group": 2, "chunk": 4, "minibatches": 1, "zero_variance": "keep",
}  # fmt: skip


@pytest.fixture
def program(monkeypatch):
    """The benchmark that trains through verifiers."""
    monkeypatch.syspath_prepend(str(ROOT / "wrappers"))
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    import verifiers_team

    yield verifiers_team
    for name in ("verifiers_team", "verifiers_parts", "token_server"):
        sys.modules.pop(name)


@pytest.mark.trainer("verifiers")
def test_traces_hold_the_tokens_and_log_probs_that_the_model_sampled(program, tmp_path):
    import torch
    from token_server import TokenServer

    from baselines.grpo.learner import score
    from baselines.grpo.local import LocalPolicy

    torch.set_num_threads(1)
    config, started = program.begun(tmp_path / "run", FEW)
    model = started.models["shared"]
    served = []

    class Noting(LocalPolicy):
        def generate(self, prompts, sampling):
            said = super().generate(prompts, sampling)
            served.extend(
                (p.token_ids, one.token_ids) for p, one in zip(prompts, said, strict=True)
            )
            return said

    async def play(server):
        table = program.Table(config, server, "train")
        async with table.env.serving():
            return await table.play([0, 1], 2)

    with TokenServer(Noting(model, started.tokens.pad), config.context) as server:
        played = asyncio.run(play(server))
    groups = [program.group_of(table, one) for table, one in zip("ab", played, strict=True)]
    found = [
        one
        for group in groups
        for play in group.rollouts
        for one in play.trajectories
        if one.sampled
    ]
    whole = {prompt + said for prompt, said in served}
    assert found
    assert all(one.token_ids in whole for one in found)
    assert sum(one.turns for one in found) == len(served)
    for one, new in zip(
        found, score(model, found, 0, max_tokens=4096, autocast="none"), strict=True
    ):
        old = [value for value, mask in zip(one.logprobs, one.loss_mask, strict=True) if mask]
        assert new.tolist() == pytest.approx(old, abs=1e-3)
