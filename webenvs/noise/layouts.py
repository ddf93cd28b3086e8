"""The ways in which search results can be written."""

from collections.abc import Callable, Mapping, Sequence

from webenvs.records import Hit


def _plain(hits: Sequence[Hit]) -> str:
    return "\n".join([f"{hit.rank}. {hit.title}\n   {hit.url}\n   {hit.snippet}" for hit in hits])


LAYOUTS: Mapping[str, Callable[[Sequence[Hit]], str]] = {"": _plain}
"""By name; the empty one is the usual way."""


def laid_out(hits: Sequence[Hit], layout: str) -> str:
    """The hits as text in this layout."""
    return LAYOUTS[layout](hits)
