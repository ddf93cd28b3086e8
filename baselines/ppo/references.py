"""`python -m baselines.ppo.references`: the players that trained ones are compared with."""

from pathlib import Path

import click
import msgspec

from baselines.ppo import results, worlds
from baselines.ppo.algorithms import Policy, RandomSlots
from baselines.ppo.arms import EPISODES, REFERENCES, SLOTS, STAGES
from baselines.ppo.by_hand import GreedySlots
from baselines.ppo.evaluate import reference, rows
from baselines.ppo.gathered import REFERENCE_FILE
from baselines.ppo.results import Judged
from webenvs.bench.report import put
from webenvs.errors import unknown_name
from webenvs.seeding import canonical_json


def play(stage: str, folder: Path, episodes: int = EPISODES) -> None:
    """Play a stage with every reference at every place, and write the file that tells of it."""
    if stage not in STAGES:
        raise unknown_name("stage", stage, STAGES)
    asked = STAGES[stage]
    chosen = {"game": asked.game, **asked.settings}
    found: dict[str, dict[str, Judged]] = {name: {} for name in (*REFERENCES, *SLOTS)}
    for name, where in worlds.PLACES.items():
        played = reference(REFERENCES, asked.env, where, chosen, episodes=episodes)
        unlearned: tuple[Policy, ...] = (RandomSlots(), GreedySlots())
        for label, policy in zip(SLOTS, unlearned, strict=True):
            played += rows(label, policy, asked.env, where, chosen, episodes=episodes)
        for player in found:
            own = [row for row in played if row.player == player]
            found[player][name] = results.judged(own)
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / REFERENCE_FILE, canonical_json(msgspec.to_builtins(found)).decode() + "\n")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--stage", required=True, help=f"One of {', '.join(STAGES)}.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the file.")
@click.option("--episodes", default=EPISODES, show_default=True, type=click.IntRange(min=1))
def main(stage: str, out: Path, episodes: int) -> None:
    """Play players by name, and random and greedy slots, on the questions of a stage."""
    play(stage, out, episodes)


if __name__ == "__main__":
    main()
