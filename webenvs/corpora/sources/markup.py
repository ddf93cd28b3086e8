"""What a text in Markdown or reStructuredText says, as HTML, and what its head says about it."""

from typing import NamedTuple


class Markup(NamedTuple):
    """The body of a page as HTML, with its title, day and language where the text names them."""

    body: str
    title: str = ""
    date: str = ""
    language: str = ""


class Peps(NamedTuple):
    """Where Python Enhancement Proposals lie: a base url, and the name of one by its number."""

    base: str
    name: str


PEPS = Peps("https://peps.python.org/", "pep-%04d/")
"""Where PEPs lie that are not of the tree."""
