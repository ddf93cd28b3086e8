"""Records the golden episodes: python -m tests.golden.record [DIRECTORY].

One file per id and game (the one it is played as alone, and its team's), an episode a player, each
with another codec and other settings so that together they meet most of the rules; the digests of
the generated web and of the first tasks of every id; and the fingerprints of episodes of every id
and game under every noise preset. Recording anew shows every change of
behaviour as a readable diff. A changed golden raises the id's version, and the changelog says why.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import webenvs
from webenvs import catalog, episodes, library
from webenvs.noise.presets import PRESETS
from webenvs.players.message import say, tool_names
from webenvs.records import Info, Observation, Split
from webenvs.seeding import digest

HERE = Path(__file__).parent
SMALL: dict[str, Any] = {"top_k": 3, "page_characters": 600, "turns": 8}
TEAM: dict[str, Any] = {"workers": 2, "planner_turns": 4}
FIRST = 10
"""Tasks of every split whose digest is recorded."""


NOISY = (("random", 9), ("scripted", 9))
"""Player and seed of the episodes under every noise preset."""


FIRST_CALLS: dict[str, Mapping[str, Any]] = {
    "search": say("search", query="Who is the mayor?"),
    "delegate": say("delegate", task="Who is the mayor?"),
    "click": say("click", link=1),
}
"""A right call of the first tool of every role."""


def blundering(observation: Observation, info: Info) -> str | Mapping[str, Any]:
    """Makes every mistake once and never closes."""
    right = FIRST_CALLS[tool_names(info)[0]]
    messages = (
        right,
        "Let me think.",
        right,
        say("serch", query="mayor"),
        say(tool_names(info)[0]),
        say("click", link=0),
        say("fetch", url="https://nowhere.example/"),
    )
    return messages[observation["turn"] % len(messages)]


RUNS: tuple[tuple[Any, int, dict[str, Any]], ...] = (
    ("scripted", 9, {"codec": "hermes", "reward": "webdancer", "turns": 12}),
    ("oracle", 1, {"codec": "xml", "reward": "evidence", "dense": True, "recap": False}),
    ("first-hit", 2, {"codec": "mcp-xml", "reward": "mgrpo", "result_role": "user"}),
    (
        "random",
        9,
        {
            "codec": "react",
            "reward": {"answer": 1.0, "format": 0.2, "cost": -0.01},
            "noise": "timeout:0.2,drop:0.2",
            "calls": {"search": 2, "click": 2},
        },
    ),
    (blundering, 4, {"codec": "struct", "noise": "server_error:0.3", "invalid": 4}),
)
"""Player, seed and settings of every episode of a file."""


def games(row: catalog.Row) -> dict[str, dict[str, Any]]:
    """The settings of both games of an id by the game's name."""
    alone = row.settings.get("game", "solo")
    return {alone: {"game": alone}, row.team: {"game": row.team, **TEAM}}


def file_name(row: str, game: str) -> str:
    """The name of the golden file of an id and a game."""
    return f"{row}.{game}.jsonl"


def noise_fingerprints() -> dict[str, str]:
    """The fingerprint of an episode by "id game preset player", for every preset and both games."""
    found = {}
    for row in catalog.ROWS.values():
        for game, table in games(row).items():
            for preset in PRESETS:
                scenario = webenvs.scenario(row.id, noise=preset, **{**SMALL, **table})
                for player, seed in NOISY:
                    played = episodes.play(scenario, webenvs.lineup(player), seed)
                    found[f"{row.id} {game} {preset} {player}"] = played.fingerprint
    return found


def record(directory: Path) -> None:
    """Write every golden file into `directory`."""
    for row in catalog.ROWS.values():
        for game, table in games(row).items():
            played = []
            for player, seed, settings in RUNS:
                scenario = webenvs.scenario(row.id, **{**SMALL, **table, **settings})
                played.append(episodes.play(scenario, webenvs.lineup(player), seed))
            episodes.write_episodes(directory / file_name(row.id, game), played)
    digests = {"corpus tiny": library.corpus("tiny").digest}
    for name in catalog.ROWS:
        tasks = webenvs.scenario(name).tasks
        for split in get_args(Split):
            first = digest([task.id for task in tasks.of_split(split)[:FIRST]])
            digests[f"tasks of {name}, {split}, the first {FIRST}"] = first
    _write(directory / "digests.json", digests)
    _write(directory / "noise.json", noise_fingerprints())


def _write(path: Path, table: Mapping[str, str]) -> None:
    path.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
