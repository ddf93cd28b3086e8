"""ReStructuredText as HTML: read by docutils, with no way for a text to reach files or raw HTML.

What Sphinx adds to the language is read for its words: the content of its directives and the text
of its roles, without what they would look up. A text with the headers of a Python Enhancement
Proposal is one: its title and day stand there, and numbers of other proposals are links.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from docutils import ApplicationError, nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.parsers.rst.languages import en as english
from docutils.readers import standalone
from docutils.writers import get_writer_class

from webenvs.corpora.days import day_of
from webenvs.corpora.sources.layouts import language_of
from webenvs.corpora.sources.markup import PEPS, Markup, Peps

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "_disable_config": True,
        "report_level": 5,
        "halt_level": 5,
        "warning_stream": False,
        "syntax_highlight": "none",
        "math_output": "LaTeX",
        "embed_stylesheet": False,
        "stylesheet_path": "",
        "sectsubtitle_xform": False,
        "toc_backlinks": False,
        "footnote_backlinks": False,
        "pep_references": True,
        "rfc_references": True,
        "rfc_base_url": "https://www.rfc-editor.org/rfc/",
        "smart_quotes": False,
        "output_encoding": "unicode",
        "id_prefix": "",
        "auto_id_prefix": "id",
        "traceback": True,
    }
)
"""How docutils is run; every other setting is its own default, and no configuration is read."""

_DROPPED = """currentmodule default-domain default-role-domain highlight index literalinclude
    py:currentmodule role-domain tabularcolumns toctree"""
DROPPED = frozenset(_DROPPED.split())
"""Directives of Sphinx that hold no text of the page."""
UNNAMED = frozenset(("only", "ifconfig", "hlist", "tabs", "tab-set", "grid"))
"""Directives of Sphinx whose argument is no text of the page, while their content is."""

_REMARKS = ("version", "deprecated", "superseded", "withdrawn", "rejected", "seealso", "todo")
_ROLE = re.compile(r":([A-Za-z][\w.+:-]*):`")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|[^|\n]*\|[ \t]+)?([A-Za-z][\w.+:-]*?)[ \t]?::")
_PEP = re.compile(r"\ufeff?PEP:[ \t]*\d+[ \t]*\r?\n", re.IGNORECASE)
_LINKED_FIELDS = frozenset(("requires", "replaces", "superseded-by", "replaced-by"))
_TARGET = re.compile(r"\s*<([^<>]*)>\s*\Z")
_BLOCK_END = re.compile(r"\n[ \t]*\n")
_MARK = re.compile(r"[`*_|\[]|PEP|RFC")
_SUBSTITUTE = re.compile(r"^\.\.[ \t]+\|[^|\n]*\|(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_LONGEST_LINE = 10_000  # as docutils has it
_MOST_WORK = 60_000_000  # characters times marks, summed over blocks; real texts stay below a tenth
_MOST_REPLACED = 500_000  # characters of the longest substitution times bars in the text
_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)


def html_of(text: str, peps: Peps = PEPS) -> Markup:
    """The HTML of a reStructuredText; `peps` is where links to Python proposals lead.

    Raises ValueError for a text that docutils fails on, RecursionError for one nested too deeply.
    """
    _refuse_hostile(text)
    proposal = _PEP.match(text) is not None
    settings = {
        **SETTINGS,
        "docinfo_xform": not proposal,
        "pep_base_url": peps.base,
        "pep_file_url_template": peps.name,
    }
    parser = Parser(rfc2822=proposal)
    try:
        with _taught(text):
            tree = publish_doctree(
                text, reader=standalone.Reader(parser), parser=parser, settings_overrides=settings
            )
            head = _pep_head(tree) if proposal else _docinfo(tree)
            writer = get_writer_class("html5")()
            publish_from_doctree(tree, writer=writer, settings_overrides=settings)
    except (ApplicationError, *_BUGS) as error:
        raise ValueError(f"no reStructuredText: {type(error).__name__}: {error}") from error
    return Markup(writer.parts["html_body"], *head)


def _refuse_hostile(text: str) -> None:
    """Raise ValueError for a text on which docutils would be busy for minutes.

    It looks for the end of every mark of inline markup through the whole of its block.
    """
    longest = max(map(len, text.splitlines()), default=0)
    if longest > _LONGEST_LINE:
        raise ValueError(f"no reStructuredText: a line of {longest} characters")
    work = sum(len(block) * len(_MARK.findall(block)) for block in _BLOCK_END.split(text))
    if work > _MOST_WORK:
        raise ValueError("no reStructuredText: more marks of inline markup than a text has")
    replaced = max((len(found[1]) for found in _SUBSTITUTE.finditer(text)), default=0)
    if replaced * text.count("|") > _MOST_REPLACED:
        raise ValueError("no reStructuredText: longer substitutions than a text has")


def _docinfo(tree: nodes.document) -> tuple[str, str, str]:
    """Title, day and language of a document, from its own title and the fields below it."""
    fields: dict[str, str] = {}
    for info in tree.findall(nodes.docinfo):
        for field in info.children:
            if isinstance(field, nodes.field):
                fields[field[0].astext().lower()] = field[1].astext()
            elif isinstance(field, nodes.Element):
                fields[field.tagname] = field.astext()
    title = tree.get("title") or fields.get("title", "")
    day = day_of(fields.get("date"))
    return title, day, language_of(fields.get("language") or fields.get("lang"))


def _pep_head(tree: nodes.document) -> tuple[str, str, str]:
    """Title, day and language of a proposal; its headers become lines, with links to others."""
    header = next(iter(tree.findall(nodes.field_list)))
    fields: dict[str, str] = {}
    lines = nodes.line_block()
    for field in header:
        name, body = field[0].astext(), field[1]
        fields.setdefault(name.lower(), body.astext())
        line = nodes.line("", f"{name}: ")
        if name.lower() in _LINKED_FIELDS:
            line += _linked_numbers(body.astext(), tree.settings)
        else:
            for part in body:
                line += part.children if isinstance(part, nodes.TextElement) else [part]
        lines += line
    header.replace_self(lines)
    title = f"PEP {fields.get('pep', '').strip()} – {fields.get('title', '').strip()}"
    return title.rstrip(" –"), day_of(fields.get("created")), "en"


def _linked_numbers(text: str, settings: Any) -> list[nodes.Node]:
    return [
        _proposal(int(piece), piece, settings) if piece.isdecimal() else nodes.Text(piece)
        for piece in re.split(r"(\d{1,4})", text)
        if piece
    ]


def _proposal(number: int, shown: str, settings: Any) -> nodes.reference:
    url = settings.pep_base_url + settings.pep_file_url_template % number
    return nodes.reference("", shown, refuri=url)


class _AnyOption(dict[str, Any]):
    """Every option is known, and its value is a text."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _Block(Directive):  # type: ignore[misc]  # docutils is untyped
    """A directive read for its words: its argument as a line, its content as text."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = _AnyOption(name=directives.unchanged)

    def run(self) -> Sequence[nodes.Node]:
        """The nodes of the directive."""
        found = nodes.container()
        if self.arguments and self.name not in UNNAMED:
            found += self._opening(self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, found)
        return [found]

    def _opening(self, argument: str) -> nodes.paragraph:
        """The argument as a line: the words of a remark, or what is described, as it is written."""
        if not self.name.startswith(_REMARKS):
            return nodes.paragraph("", "", nodes.literal("", argument))
        words, _ = self.state.inline_text(argument, self.lineno)
        return nodes.paragraph(argument, "", *words)


class _Dropped(Directive):  # type: ignore[misc]  # docutils is untyped
    """A directive without text of the page."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = _Block.option_spec

    def run(self) -> Sequence[nodes.Node]:
        """No nodes."""
        return []


def _spoken(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any, **named: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A role as its text: `title <target>` as title, `~a.b` as it stands without the mark."""
    shown = _TARGET.sub("", text.replace("\x00", "")).lstrip("~!")
    return [nodes.literal(rawtext, shown or text)], []


def _pep(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any, **named: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A Python proposal: `8`, `8#anchor`, or `title <8#anchor>`."""
    number, shown = _number(text)
    if number is None:
        return [nodes.literal(rawtext, shown)], []
    return [_proposal(number, shown or f"PEP {number}", inliner.document.settings)], []


def _rfc(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any, **named: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A request for comments: `2822`, `2822#section-3`, or `title <2822>`."""
    number, shown = _number(text)
    if number is None:
        return [nodes.literal(rawtext, shown)], []
    url = f"{inliner.document.settings.rfc_base_url}rfc{number}"
    return [nodes.reference(rawtext, shown or f"RFC {number}", refuri=url)], []


def _number(text: str) -> tuple[int | None, str]:
    """The number that a role's text names and the title that it has, or None and the text."""
    plain = text.replace("\x00", "")
    target = _TARGET.search(plain)
    number = (target[1] if target else plain).partition("#")[0].strip()
    if not number.isdecimal() or len(number) > 5:
        return None, plain
    return int(number), _TARGET.sub("", plain) if target else ""


@contextmanager
def _taught(text: str) -> Iterator[None]:
    """Make docutils know for a while what `text` uses and docutils has not.

    What a text teaches docutils of itself, its roles and its default role, is forgotten too: no
    page may depend on those that were read before it.
    """
    known = (dict(roles._roles), dict(directives._directives))
    try:
        for name in {name.lower() for name in _ROLE.findall(text)} - english.roles.keys():
            roles._roles.setdefault(name, _spoken)
        for name in {name.lower() for name in _DIRECTIVE.findall(text)} - english.directives.keys():
            directives._directives.setdefault(name, _Dropped if name in DROPPED else _Block)
        roles._roles.update(pep=_pep, rfc=_rfc)
        for role in (_pep, _rfc, _spoken):
            roles.set_implicit_options(role)
        yield
    finally:
        for registry, before in zip((roles._roles, directives._directives), known, strict=True):
            registry.clear()
            registry.update(before)
