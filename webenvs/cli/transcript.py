"""What a terminal shows of an observation: every part clipped by itself, no control characters."""

import re

from webenvs.text import clip, printable

_PART = re.compile(
    r"\n\n(?=\[[a-z_]+\] |Your message could not be read: |.* This is your last message: )"
)
"""Where the next result, a complaint or a closing notice begins; see `envs.prompts`."""


def seen_lines(observation: str, shown: int) -> list[str]:
    """The lines of an observation, each of its parts clipped at `shown` characters."""
    parts = [clip(part, shown) for part in _PART.split(printable(observation))]
    return "\n\n".join(parts).splitlines()
