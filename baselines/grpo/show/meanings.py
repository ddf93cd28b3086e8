"""What every metric of a run means, a sentence each: for the report and for docs/training.md."""

from collections.abc import Mapping
from types import MappingProxyType

ROLES = ("planner", "worker")
"""A metric of a role is written role/name; a solo researcher is a planner."""

OF_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "reward": "Mean reward of the trajectories.",
        "answer": "Mean of the reward's term for the answer, before weighting.",
        "format": "Mean of the reward's term for the format, before weighting.",
        "evidence": "Mean share of the evidence that was opened.",
        "answer_in_report": "Share of the workers whose report states what was looked for.",
        "expert": "Mean of what stands for M-GRPO's expert: how well a worker did its subtask.",
        "overlong": "Mean fine for length, where there is one.",
        "turns": "Messages a trajectory.",
        "calls": "Calls a trajectory.",
        "valid": "Share of the calls that could be read and run; 1 if there were none.",
        "truncated": "Share of the trajectories that a limit of turns or tokens cut off.",
        "tokens": "Tokens that the policy sampled a trajectory.",
        "d": "Workers of a rollout.",
        "d_k": "Share of the rollouts with k workers (d_0, d_1, ...).",
        "mixed_groups": "Share of the workers' groups that hold more than one question.",
        "rows": "Trajectories that were trained on.",
        "advantage_std": "Standard deviation of the advantages that were trained on.",
        "loss_share": "The role's part of all tokens' weights in the loss.",
        "ratio": "Mean ratio of a token's probability now to that it was sampled with.",
        "ratio_max": "Greatest such ratio.",
        "ratio_min": "Least such ratio.",
        "clipped": "Share of the tokens that the clip holds back.",
        "kl": "Divergence (k3) of the sampling policy from the present one, nats a token.",
        "reference_kl": "Divergence (k3) from the cold start, nats a token.",
        "entropy": "Entropy of the policy, nats a token.",
        "loss": "The role's part of the loss.",
        "tokens_trained": "Sampled tokens that were trained on.",
    }
)
"""Metrics of a role, without its name."""

OF_RUN: Mapping[str, str] = MappingProxyType(
    {
        "acc": "Share of the rollouts with a right answer.",
        "infra": "Share of the rollouts that the infrastructure broke; they are left out.",
        "no_search": "Share of the rollouts that never searched.",
        "reward_std": "Mean standard deviation of the rewards within a group.",
        "zero_variance": "Share of the groups whose rollouts are all equally right or wrong.",
        "groups/used": "Groups that were trained on.",
        "groups/size": "Rollouts of a group that were not broken.",
        "groups/batches": "Batches of questions that the update played until it was full.",
        "groups/too_small": "Groups with fewer than two such rollouts, which are left out.",
        "loss": "The loss of the policy gradient.",
        "grad_norm": "Norm of the gradient before it is clipped, mean over the steps.",
        "lr": "Learning rate.",
        "steps": "Steps of the optimiser.",
        "ratio/mean": "Mean ratio of a token's probability now to that it was sampled with.",
        "ratio/max": "Greatest such ratio.",
        "ratio/min": "Least such ratio.",
        "tokens/sampled": "Tokens sampled in the rollouts.",
        "tokens/read": "Tokens of observations and prompts in the rollouts.",
        "tokens/trained": "Sampled tokens that were trained on.",
        "tokens/padded": "Places of the training batches without a token.",
        "time/rollout": "Seconds of playing: environment, sampling and all.",
        "time/train": "Seconds of training.",
        "time/env": "Seconds that the environment took of the playing.",
        "time/generate": "Seconds that sampling took of the playing.",
        "time/tokens": "Seconds that turning text into tokens and back took of the playing.",
        "rollout/episodes": "Episodes played, those that were played again included.",
        "rollout/messages": "Messages of all players.",
        "rollout/retries": "Episodes played again because the infrastructure broke them.",
        "curriculum/asked": "Share of the questions that were asked so far.",
        "curriculum/always": "Share of the questions that are always answered, which rest.",
        "curriculum/never": "Share of the questions that are never answered, which rest.",
    }
)
"""Metrics of the whole run, or of a policy that is not the only one (worker/grad_norm)."""


def meaning(name: str) -> str:
    """What the metric of this whole name means, "" if nothing is known of it."""
    role, slash, rest = name.partition("/")
    if name in OF_RUN:
        return OF_RUN[name]
    if not slash or role not in ROLES:
        return ""
    if rest.startswith("d_") and rest[2:].isdigit():
        return f"Share of the rollouts with {rest[2:]} workers."
    return OF_ROLES.get(rest) or OF_RUN.get(rest, "")


def table() -> str:
    """Both lists as a Markdown table."""
    rows = [f"| `role/{name}` | {said} |" for name, said in OF_ROLES.items()]
    rows += [f"| `{name}` | {said} |" for name, said in OF_RUN.items()]
    return "\n".join(["| metric | meaning |", "|---|---|", *rows])
