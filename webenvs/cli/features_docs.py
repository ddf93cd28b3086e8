"""The tables of docs/features.md that come from the code, between marks: they cannot lie."""

from webenvs.cli.noise_docs import refreshed
from webenvs.envs.features.numbers import FEATURES, PLAYER, SLOT, F, Feature
from webenvs.envs.features.slots import KINDS, SPANS, K


def player() -> str:
    """The features of the player, one a row."""
    lines = ["| number | name | low | high | what it is |", "|---:|---|---:|---:|---|"]
    lines += [_row(number, one) for number, one in enumerate(PLAYER)]
    return "\n".join(lines)


def slots() -> str:
    """Every kind of slot: its numbers, where its features begin, what its calls do."""
    lines = ["| kind | slots | first feature | what its calls do |", "|---|---|---:|---|"]
    for kind in KINDS:
        span = SPANS[kind.name]
        shown = f"{span[0]} to {span[-1]}" if kind.count > 1 else f"{span[0]}"
        first = len(PLAYER) + span[0] * len(SLOT)
        lines.append(f"| `{kind.name}` | {shown} | {first} | {kind.meaning} |")
    return "\n".join(lines)


def slot() -> str:
    """The features of a slot, one a row."""
    lines = ["| offset | name | low | high | what it is |", "|---:|---|---:|---:|---|"]
    lines += [_row(number, one) for number, one in enumerate(SLOT)]
    return "\n".join(lines)


def sizes() -> str:
    """How large the spaces are."""
    return (
        f"Observation: `Box(float32, ({F},))`. Action: `Discrete({K})`. The first {len(PLAYER)} "
        f"numbers are of the player, then come {len(SLOT)} of each of the {K} slots: the features "
        f"of slot k begin at {len(PLAYER)} + {len(SLOT)}k. Names, such as "
        f"`{FEATURES[len(PLAYER) + 1].name}`, and bounds of all {F} are in "
        "`webenvs.envs.features.numbers.FEATURES`."
    )


BLOCKS = {"sizes": sizes, "player": player, "slots": slots, "slot": slot}
"""The blocks that are written, by the name in their marks."""


def rewritten(text: str) -> str:
    """The document with every table between its marks written anew."""
    return refreshed(text, {name: block() for name, block in BLOCKS.items()})


def _row(number: int, one: Feature) -> str:
    return f"| {number} | `{one.name}` | {one.low:g} | {one.high:g} | {one.meaning} |"
