"""Markdown as HTML: CommonMark with tables, and front matter for title, date and language."""

from functools import cache
from typing import TYPE_CHECKING

from webenvs.corpora.days import day_of
from webenvs.corpora.sources.frontmatter import front_matter
from webenvs.corpora.sources.layouts import language_of
from webenvs.corpora.sources.markup import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def html_of(text: str) -> Markup:
    """The HTML of a Markdown text; HTML within it is kept, and tamed when the page is read.

    Raises RecursionError for a text nested beyond all measure.
    """
    fields, below = front_matter(text)
    return Markup(
        body=_parser().render(below),
        title=fields.get("title", ""),
        date=day_of(fields.get("date")) or day_of(fields.get("updated")),
        language=language_of(fields.get("language") or fields.get("lang")),
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
