"""`webenvs preferences` makes pairs for preference training (DPO) of recorded episodes."""

from pathlib import Path

import click

from webenvs.cli.targets import FILE, check_writable
from webenvs.errors import SettingError


@click.command(short_help="Make pairs for DPO of recorded episodes.")
@click.argument("files", metavar="EPISODES...", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FILE, required=True, help="File of pairs: .jsonl or .parquet.")
@click.option("--seat", help="Player or role whose messages are compared; the root by default.")
@click.option(
    "--margin",
    default=0.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Least difference of mean rewards.",
)
@click.option("--most", type=click.IntRange(min=1), help="Pairs of one place; all by default.")
@click.option("--native", is_flag=True, help="Calls as tool_calls, and a column of tools.")
@click.option("--whole", is_flag=True, help="All that followed, not the message alone.")
@click.option("--corpus", help="The corpus, where the recording names one that has moved.")
@click.option("--tasks", help="The tasks, where the recording names ones that have moved.")
def preferences(
    files: tuple[Path, ...],
    out: Path,
    seat: str | None,
    margin: float,
    most: int | None,
    native: bool,
    whole: bool,
    corpus: str | None,
    tasks: str | None,
) -> None:
    """Compare what was said at the same places of the same tasks in EPISODES, and write pairs.

    A place is all that a player has read and said so far. Messages said there are ranked by the
    mean reward of the episodes that went on from them. Each line holds prompt, chosen and rejected
    as chat messages, the task, and the margin. What players wrote is in it, and nothing else.

    \b
      webenvs bench scripted hasty --record runs/played.jsonl --episodes 200
      webenvs preferences runs/played.jsonl --margin 0.1 --out pairs.jsonl
      webenvs preferences runs/*.jsonl --seat worker --native --out pairs.jsonl
    """
    from msgspec.structs import replace

    from webenvs.episodes import read_episodes
    from webenvs.preferences import preferences as pairs_of
    from webenvs.preferences import write_pairs

    check_writable(out)
    moved = {name: path for name, path in (("corpus", corpus), ("tasks", tasks)) if path}
    episodes = [
        replace(episode, settings=episode.settings | moved)
        for file in files
        for episode in read_episodes(file)
    ]
    found = pairs_of(episodes, seat=seat, margin=margin, most=most, native=native, whole=whole)
    told = (
        f"{found.episodes:,} episodes, {found.left_out:,} left out; {found.transcripts:,} "
        f"transcripts part at {found.places:,} places; {found.ties:,} ties, {found.close:,} too "
        f"close, {found.cut:,} beyond the most"
    )
    if not found.pairs:
        raise SettingError(
            f"No pair: {told}. Pairs need episodes of the same tasks and seeds, with different "
            "rewards: record several players, or a policy several times."
        )
    click.echo(told)
    click.echo(f"{write_pairs(out, found.pairs):,} pairs in {out}")
