"""The one configuration of a run: every field with its default and one sentence of meaning."""

from dataclasses import dataclass, field
from typing import Any, Literal

Advantage = Literal["grpo", "rloo", "dr-grpo"]
Deviation = Literal["population", "sample", "none"]
Alignment = Literal["weighted", "random", "pooled", "fifo"]
Credit = Literal["broadcast", "own", "blend"]
Aggregation = Literal[
    "rollout-token-mean", "token-mean", "trajectory-mean", "planner-count", "session-equal",
    "constant",
]  # fmt: skip
Loss = Literal["ppo", "gspo", "cispo"]
SHEETS = "sheets"
"""The worlds of fact sheets that are made for tiny models."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that decides a run; the same config and seed give the same run on one machine."""

    preset: str = "matpo-paper"
    """The preset that this config began as."""
    seed: int = 0
    """Decides weights, questions, draws of tokens: everything that is left to chance."""
    out: str = "runs/grpo"
    """The folder that the run writes."""

    # The game ------------------------------------------------------------------------------------
    env: str = "MultiHop-v0"
    """The environment's id."""
    game: Literal["solo", "team"] = "team"
    """solo: one researcher; team: a planner with workers."""
    worlds: str = SHEETS
    """sheets: small worlds of fact sheets made for tiny models; else a corpus preset or path."""
    train_worlds: int = 64
    """How many worlds the questions of the training come from."""
    heldout_worlds: int = 4
    """How many worlds, never trained on, evaluation asks about."""
    tasks_per_world: int = 60
    """Questions made in each world."""
    hops: tuple[int, int] = (1, 3)
    """Least and most facts of a question's chain."""
    reward: str = "matpo"
    """Preset of the environment's reward."""
    codec: str = "xml"
    """How calls are written."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Further settings of the environment: turns, top_k, recap, characters, ..."""
    system: dict[str, str] = field(default_factory=dict)
    """A system prompt by role in place of the environment's long one; "" leaves it out."""
    worker_summary: bool = True
    """Whether a worker closes with a report of its own words; else its last result is returned."""
    noise: tuple[str, ...] = ("none",)
    """Noise of the training; of several, each stage of the curriculum takes the next."""
    curriculum: Literal["none", "difficulty", "noise", "both"] = "none"
    """What grows harder over the run: shorter chains first, or milder noise first."""

    # The models ----------------------------------------------------------------------------------
    model: str = "tiny"
    """tiny, small or medium (made from a config), a folder, or an id of the Hugging Face hub."""
    worker_model: str | None = None
    """The workers' own model; None: one model in all roles."""
    freeze: tuple[str, ...] = ()
    """Names of policies that are not trained (planner, worker)."""
    lora_rank: int = 0
    """Rank of LoRA adapters (peft); 0 trains all weights."""
    device: str = "cpu"
    """cpu, cuda, ..."""
    autocast: Literal["none", "bfloat16"] = "none"
    """Precision of the forward passes in training."""
    threads: int = 1
    """Threads of torch; one a process is fastest on small models."""

    # The cold start ------------------------------------------------------------------------------
    demonstrations: int = 9_000
    """Trajectories to keep for the cold start, after all filters."""
    cold_games: tuple[Literal["solo", "team"], ...] = ()
    """Games that the cold start demonstrates, in equal parts; none named: the run's own."""
    teacher: str = "guided"
    """Who plays the demonstrations: guided, a built-in player, or a checkpoint."""
    cold_hops: tuple[int, int] | None = None
    """Least and most facts of the chains that are demonstrated; None: those of the questions."""
    sft_steps: int = 400
    """Updates of the supervised cold start at most; 0 leaves it out."""
    sft_loss: float | None = 0.05
    """Mean loss of its last ten updates at which it ends early, in nats a token; None: never."""
    sft_batch_tokens: int = 4096
    """Tokens of one such update, padding included."""
    sft_lr: float = 5e-3
    """Its highest learning rate, reached after a warm-up and left on a cosine."""
    init: str | None = None
    """A folder of an earlier run whose models, tokenizer and cold start are taken over."""

    # Rollouts ------------------------------------------------------------------------------------
    queries: int = 16
    """Questions of one update."""
    group: int = 8
    """Rollouts of each question."""
    refills: int = 0
    """Times that an update asks other questions in place of groups left out (DAPO); 0: never."""
    context: int = 512
    """Tokens that one player's context may hold, in all."""
    max_new_tokens: int = 24
    """Tokens of one message at most."""
    role_context: dict[str, int] = field(default_factory=dict)
    """A smaller context by role (planner, also a solo researcher's; worker)."""
    role_message: dict[str, int] = field(default_factory=dict)
    """Tokens of one message at most by role, in place of max_new_tokens."""
    episode_tokens: int | None = None
    """Tokens that all players of an episode may sample before each has its last message."""
    temperature: float = 1.0
    """Temperature of sampling in training."""
    top_p: float = 1.0
    """Nucleus of sampling in training."""
    retries: int = 2
    """Times that an episode which the infrastructure broke is played again."""
    chunk: int = 64
    """Rollouts that are played together; it decides what stands in a batch, whoever plays it."""
    ray: int = 0
    """Ray actors that play the rollouts; 0: this process."""
    served: dict[str, str] = field(default_factory=dict)
    """Servers that play policies by name, each as vllm+http://localhost:8000#MODEL (or sglang+)."""

    # Credit --------------------------------------------------------------------------------------
    advantage: Advantage = "grpo"
    """grpo: minus mean, over deviation; rloo: minus the mean of the others; dr-grpo: minus mean."""
    deviation: Deviation = "population"
    """What grpo divides by: population or sample standard deviation, or nothing."""
    eps: float = 1e-6
    """Added to the deviation."""
    credit: Credit = "broadcast"
    """Workers' advantage: their planner's (MATPO), their own (M-GRPO), or a blend of both."""
    blend: float = 1.0
    """The planner's part in a blend: 1 is MATPO, 0 is M-GRPO."""
    alignment: Alignment = "weighted"
    """How workers of unequal rollouts are made equal: by weight 1/d, at random to D, or not."""
    align_to: int = 8
    """D of the random alignment."""
    role_statistics: bool = False
    """Whether what workers inherit is compared among workers (Dr. MAS), not among planners."""
    zero_variance: Literal["skip", "keep"] = "skip"
    """Groups whose rollouts are all equally correct: left out, or kept for their other terms."""
    format_weight: float = 0.1
    """The share of the format in the reward; 0 takes it out."""
    empty_workers: Literal["one", "zero", "planner"] = "one"
    """The workers' format of a rollout without any: 1, 0 (released MATPO), or the planner's."""

    # Loss ----------------------------------------------------------------------------------------
    loss: Loss = "ppo"
    """ppo: clipped token ratio; gspo: clipped sequence ratio; cispo: clipped weight."""
    aggregation: Aggregation = "rollout-token-mean"
    """How tokens are weighted against each other."""
    clip_low: float = 0.2
    """Lower clip of the ratio."""
    clip_high: float = 0.28
    """Upper clip of the ratio."""
    dual_clip: float | None = None
    """The most a negative advantage is multiplied by; None: no bound."""
    kl: float = 0.0
    """Weight of the k3 divergence from the cold start."""
    entropy: float = 0.0
    """Weight of an entropy bonus."""
    overlong: Literal["keep", "mask", "soft"] = "keep"
    """Truncated trajectories: kept, masked, or fined by length."""
    importance_cap: float | None = None
    """Cap of the weight of the sampler's log-probs against the trainer's; None: no correction."""

    # Updates -------------------------------------------------------------------------------------
    updates: int = 100
    """Updates of the reinforcement learning at most; 0 only makes the cold start."""
    sampled_tokens: int | None = None
    """Tokens sampled in training at which it ends, so that arms of unequal games cost the same."""
    minutes: float | None = None
    """Minutes for the whole run (cold start, training, evaluations); None: no bound."""
    optimiser: Literal["muon", "adamw"] = "muon"
    """muon for the matrices of a model that begins from nothing; adamw for one that was trained."""
    lr: float = 5e-5
    """Learning rate, constant after its warm-up."""
    vector_rate: float = 200.0
    """How many times `lr` the rate of vectors (norms, biases) is: how fast a model grows sure."""
    warmup: int = 5
    """Updates until the learning rate is whole."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Adam's."""
    weight_decay: float = 0.0
    """Adam's."""
    grad_clip: float = 1.0
    """Largest norm of a gradient."""
    epochs: int = 1
    """Passes over a batch of rollouts."""
    minibatches: int = 2
    """Optimiser steps a pass."""
    microbatch_tokens: int = 4_096
    """Tokens of one forward and backward pass, padding included."""

    # Two trainers (M-GRPO) -----------------------------------------------------------------------
    sync: Literal["sync", "delay-1", "async"] = "sync"
    """When the workers' trainer follows: after the same batch, one batch later, or as it can."""
    max_staleness: int = 4
    """Versions that a group may be behind in the async mode."""

    # Watching ------------------------------------------------------------------------------------
    eval_every: int = 20
    """Updates between evaluations on held-out worlds."""
    eval_tasks: int = 200
    """Held-out questions of an evaluation."""
    eval_temperature: float = 1.0
    """Temperature of evaluations."""
    save_every: int = 20
    """Updates between checkpoints."""
    stop_on_collapse: bool = True
    """Whether the run stops when reward, entropy, length, validity or searching collapse."""
