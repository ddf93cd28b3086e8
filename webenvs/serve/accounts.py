"""What a trainer is told of an episode: how it begins, how it stands, and its score at its end."""

from typing import Any

from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.refusal import CONFLICT, NotServedError


class Accounts:
    """Beginning, looking at and ending episodes, as trainers do it; models have no part in it."""

    def __init__(self, episodes: Episodes) -> None:
        self._episodes = episodes

    async def begin(self, row: Row) -> dict[str, Any]:
        """Begin an episode: its id, what its first player sees, its prompt and its tools."""
        kept = await self._episodes.begin(row)
        return await self._episodes.play(kept, _opening, kept)  # type: ignore[no-any-return]  # a dict

    def drop(self, name: str) -> None:
        """Forget an episode that its trainer has never heard of."""
        self._episodes.end(self._episodes.get(name), "")

    async def look(self, name: str) -> dict[str, Any]:
        """How an episode stands; its scores only once it is over. Raises NotServedError (404)."""
        kept = self._episodes.get(name)
        return await self._episodes.play(kept, _standing, kept, False)  # type: ignore[no-any-return]  # a dict

    async def finish(self, name: str) -> dict[str, Any]:
        """End an episode and forget it: its scores as it is now. Raises NotServedError (404)."""
        kept = self._episodes.get(name)
        if kept.attached:
            raise NotServedError(CONFLICT, f"A socket plays the episode {name!r}: close that.")
        told = await self._episodes.play(kept, _standing, kept, True)
        self._episodes.end(kept)
        return told  # type: ignore[no-any-return]  # a dict


def _opening(kept: Kept) -> dict[str, Any]:
    env = kept.env
    return {
        "episode_id": kept.label,
        "task_id": env.session.task.id,
        "seed": env.session.state.seed,
        "player": env.player,
        "text": env.text(),
        "messages": env.messages(),
        "tools": list(env.tools()),
    }


def _standing(kept: Kept, ended: bool) -> dict[str, Any]:
    """How an episode stands; scores if it is over, or `ended` by its trainer."""
    env = kept.env
    told = {
        "episode_id": kept.label,
        "task_id": env.session.task.id,
        "steps": kept.steps,
        "to_act": list(env.to_act),
        "over": env.over,
        "end": env.session.state.end,
        "valid": env.session.state.end != "aborted",
    }
    if env.over or ended:
        told["scores"] = {player: env.score(player) for player in env.players}
    return told
