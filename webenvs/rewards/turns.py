"""Which turns of an episode a player wrote, and which it is answerable for."""

from webenvs.records import Episode, Turn


def root_player(episode: Episode) -> str | None:
    """Who plays the first frame (planner, researcher); None before anyone has played."""
    if episode.frames:
        return episode.frames[0].player
    return episode.turns[0].player if episode.turns else None


def own(episode: Episode, player: str) -> list[Turn]:
    """The turns that `player` wrote."""
    return [turn for turn in episode.turns if turn.player == player]


def answerable(episode: Episode, player: str) -> list[Turn]:
    """The turns `player` is credited with: all of them for the root player, else its own."""
    if player == root_player(episode):
        return list(episode.turns)
    return own(episode, player)


def of_frame(episode: Episode, frame: int) -> list[Turn]:
    """The turns of one frame."""
    return [turn for turn in episode.turns if turn.frame == frame]
