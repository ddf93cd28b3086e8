"""The tools of a role over MCP: one episode, named by header, url or argument, played by calls."""

from collections.abc import Sequence
from typing import Any

from webenvs.chat import function_schemas
from webenvs.envs.scenario import Scenario
from webenvs.errors import unknown_name
from webenvs.serve.bodies import form_of
from webenvs.serve.episodes import Episodes, Kept, Row
from webenvs.serve.place import fields_in
from webenvs.serve.refusal import BAD_FIELD, NotServedError
from webenvs.serve.toolbox import Arguments, Asker, Offer, Reply

HEADER = "webenvs-episode-id"
PLAYER_HEADER = "webenvs-player"
_ID = "episode_id"
_WHICH = {"type": "string", "description": "The episode that this call belongs to."}


class Playing:
    """All tools of the player that a client plays; nothing of score or gold is among them.

    The episode is named by the header `webenvs-episode-id`, by `?episode_id=` in the url, or by
    an argument of each call, which tools have where neither names one. A url that also says which
    episode it is (`?episode_id=a&task_id=...&seed=7`) begins it at its first request.
    """

    name = "webenvs"
    about = "Research tools. Use them until you can give the answer."
    resources: Sequence[tuple[str, str]] = ()

    def __init__(self, episodes: Episodes, scenario: Scenario, players: Sequence[str]) -> None:
        """`players` are those that clients play."""
        self._episodes, self._scenario, self._players = episodes, scenario, players

    async def offers(self, asker: Asker) -> Sequence[Offer]:
        """The tools that the player can call now, or, without an episode, those that it has."""
        named = _named(asker)
        player = self._player(asker)
        if named is None:
            return self._usual(player or self._players[0])
        kept = await self._kept(named, asker)
        tools = await self._episodes.play(kept, kept.env.tools, player)
        return [_offer(tool) for tool in tools]

    async def call(self, asker: Asker, name: str, arguments: Arguments) -> Reply:
        """What the player sees after its call."""
        named, given = _named(asker), dict(arguments)
        if named is None:
            named = given.pop(_ID, None)
            if not isinstance(named, str):
                raise NotServedError(
                    BAD_FIELD,
                    f"{_ID}: name the episode, as an argument, as ?{_ID}= in the url or in the "
                    f"header {HEADER}.",
                )
        kept = await self._kept(named, asker)
        player = self._player(asker)
        outcome = await self._episodes.step(kept, kept.env.call, name, given, player)
        return Reply(outcome.text, failed=any(outcome.errors))

    async def read(self, asker: Asker, address: str) -> str:
        """Nothing: there are no resources."""
        raise unknown_name("resource", address, [])

    async def _kept(self, named: str, asker: Asker) -> Kept:
        """The episode of that id, begun now if the url says which it is and it is new."""
        row = form_of(fields_in(asker.query, Row), Row)
        told = row.seed, row.task_id, row.split, row.index, row.episode
        if any(each is not None for each in told) and self._episodes.fresh(named):
            row.episode_id = named
            return await self._episodes.begin(row)
        return self._episodes.get(named)

    def _player(self, asker: Asker) -> str | None:
        """The player that a client says it is; None for whoever is due."""
        player = asker.headers.get(PLAYER_HEADER) or asker.query.get("player")
        if player is not None and player not in self._players:
            raise unknown_name("player", player, self._players, "that clients of this server play")
        return player

    def _usual(self, player: str) -> list[Offer]:
        """The tools of a player as usual, each with an argument for the episode."""
        kit = self._scenario.kits[self._scenario.role_of(player)]
        offers = [_offer(tool) for tool in function_schemas(kit.tools)]
        return [one._replace(schema=_with_id(one.schema)) for one in offers]


def _named(asker: Asker) -> str | None:
    return asker.headers.get(HEADER) or asker.query.get(_ID)


def _offer(tool: dict[str, Any]) -> Offer:
    function = tool["function"]
    return Offer(function["name"], function["description"], function["parameters"])


def _with_id(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {**schema.get("properties", {}), _ID: _WHICH}
    return {**schema, "properties": properties, "required": [*schema.get("required", ()), _ID]}
