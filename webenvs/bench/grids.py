"""The tables of a summary as plain text cells: one source for terminal, Markdown and HTML."""

from webenvs.bench import spelling
from webenvs.bench.summary import PlayerSummary, Summary
from webenvs.records import Record


class Grid(Record, frozen=True, kw_only=True):
    """A table: its title, a sentence about it, column headers, and rows of as many cells.

    The first column names the player; the columns in `words` are text, all others are numbers.
    A table too wide for its place is split between columns, but never before one in `glued`; its
    first `keys` columns stand in every part.
    """

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    glued: tuple[int, ...] = ()
    keys: int = 1


def grids(summary: Summary) -> tuple[Grid, ...]:
    """All tables of a summary, in reading order; one of models has rows where models played."""
    return (
        scores(summary),
        by_hops(summary),
        costs(summary),
        models(summary),
        rewards(summary),
        ends(summary),
    )


def scores(summary: Summary) -> Grid:
    """Score, interval and paired difference of each player."""
    level = spelling.level(summary.level)
    note = (
        f"Percent of full score; intervals at {level}. The difference to {summary.baseline} is "
        "paired: same tasks, same seeds."
    )
    header = ("player", "n", "score", "interval", "by", "diff", "interval", "by", "p")
    rows = tuple(_score_row(player) for player in summary.players)
    excluded = sum(player.excluded for player in summary.players)
    if excluded:
        note += f" {excluded:,} invalid episodes are left out (table of ends)."
    return Grid(
        title="Scores",
        note=note,
        header=header,
        rows=rows,
        words=(0, 4, 7),
        glued=(2, 3, 4, 6, 7, 8),
    )


def by_hops(summary: Summary) -> Grid:
    """Score and interval of each player for each number of hops."""
    rows = tuple(
        (
            player.player,
            spelling.hops(part.hops),
            f"{part.score.n:,}",
            spelling.percent(part.score.mean),
            spelling.share_interval(part.score.interval),
            part.score.interval.kind,
        )
        for player in summary.players
        for part in player.hops
    )
    return Grid(
        title="Scores by hops",
        note="Percent of full score on the tasks that take so many steps of reasoning.",
        header=("player", "hops", "n", "score", "interval", "by"),
        rows=rows,
        words=(0, 5),
        glued=(2, 3, 4, 5),
    )


def costs(summary: Summary) -> Grid:
    """Mean calls, in total and by tool, tokens and turns of each player."""
    tools = sorted({tool for player in summary.players for tool in player.calls_by_tool})
    rows = tuple(
        (
            player.player,
            spelling.amount(player.calls),
            *(_tool(player, tool) for tool in tools),
            spelling.amount(player.tokens, 0),
            spelling.amount(player.turns),
        )
        for player in summary.players
    )
    return Grid(
        title="Cost",
        note="Means per valid episode: calls in total and by tool, tokens, turns.",
        header=("player", "calls", *tools, "tokens", "turns"),
        rows=rows,
    )


def models(summary: Summary) -> Grid:
    """What the models behind endpoints took, by the counts of their servers."""
    used = [(one.player, one.models) for one in summary.players if one.models is not None]
    rows = tuple(
        (
            player,
            spelling.amount(models.usage.requests / models.n),
            spelling.tokens(models.usage, models.usage.prompt / models.n),
            spelling.tokens(models.usage, models.usage.cached / models.n),
            spelling.tokens(models.usage, models.usage.completion / models.n),
            f"{models.usage.cut + models.usage.too_long:,}",
            spelling.money(None if models.cost is None else models.cost / models.n),
            spelling.money(models.cost),
        )
        for player, models in used
    )
    return Grid(
        title="Models",
        note="Means per episode, invalid ones counted in: requests, and tokens as the server "
        "counts them. Over all: messages cut at, or past, a limit of tokens, and the cost.",
        header=("player", "requests", "prompt", "cached", "answer", "cut", "cost each", "cost"),
        rows=rows,
    )


def rewards(summary: Summary) -> Grid:
    """Mean reward of each player and the means of its unweighted terms."""
    names = sorted({name for player in summary.players for name in player.terms})
    rows = tuple(
        (
            player.player,
            spelling.amount(player.reward, 3),
            *(spelling.amount(player.terms.get(name), 3) for name in names),
        )
        for player in summary.players
    )
    return Grid(
        title="Reward",
        note="Means per valid episode: the root player's scalar reward, and its terms before "
        "weighting.",
        header=("player", "reward", *names),
        rows=rows,
    )


def ends(summary: Summary) -> Grid:
    """How the episodes of each player ended, in counts."""
    names = sorted({end for player in summary.players for end in player.ends})
    rows = tuple(
        (
            player.player,
            f"{sum(player.ends.values()):,}",
            *(f"{player.ends.get(name, 0):,}" for name in names),
            f"{player.excluded:,}",
        )
        for player in summary.players
    )
    return Grid(
        title="Ends",
        note="Episodes by how they ended, invalid ones counted in; invalid episodes broke for a "
        "reason that is not the player's and are left out of all means.",
        header=("player", "played", *names, "invalid"),
        rows=rows,
    )


def _score_row(player: PlayerSummary) -> tuple[str, ...]:
    estimate = player.score
    row = (
        player.player,
        f"{estimate.n:,}",
        spelling.percent(estimate.mean),
        spelling.share_interval(estimate.interval),
        estimate.interval.kind,
    )
    comparison = player.comparison
    if comparison is None:
        return (*row, "baseline", "", "", "")
    return (
        *row,
        spelling.points(comparison.difference),
        spelling.points_interval(comparison.interval),
        comparison.interval.kind,
        spelling.p_value(comparison.p_value),
    )


def _tool(player: PlayerSummary, tool: str) -> str:
    """Mean calls of a tool; not known for a player without a valid episode."""
    return spelling.amount(None if player.calls is None else player.calls_by_tool.get(tool, 0.0))
