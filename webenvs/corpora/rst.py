"""ReStructuredText as HTML: read by docutils, with no way for a text to reach files or raw HTML.

What Sphinx adds to the language is read for its words: the content of its directives and the text
of its roles, without what they would look up. A text with the headers of a Python Enhancement
Proposal is one: its title and day stand there, and numbers of other proposals are links.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from docutils import ApplicationError, nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.readers import standalone
from docutils.writers import get_writer_class

from webenvs.corpora.days import day_of
from webenvs.corpora.layouts import language_of
from webenvs.corpora.markup import PEPS, Markup, Peps

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

_BLOCKS = """accepted attribute autoattribute autoclass autodata autoexception autofunction
    automethod automodule availability c:enum c:enumerator c:function c:macro
    c:member c:struct c:type c:union c:var canonical-doc canonical-pypa-spec
    canonical-typing-spec centered class class-data cmdoption confval cpp:class
    cpp:function currentmodule data decorator decoratormethod deprecated
    deprecated-removed describe doctest envvar exception function glossary hlist
    impl-detail index js:class js:function literalinclude method module moduleauthor
    object option productionlist program py:attribute py:class py:classmethod
    py:currentmodule py:data py:decorator py:exception py:function py:method
    py:module py:property py:staticmethod rejected seealso setting sourcecode-block
    staticmethod superseded tab tabs testcode testoutput testsetup todo versionadded
    versionchanged versionremoved withdrawn"""
BLOCKS = frozenset(_BLOCKS.split())
"""Directives of Sphinx and of PEPs whose content is kept as text."""
_DROPPED = """default-domain highlight only role-domain tabularcolumns toctree"""
DROPPED = frozenset(_DROPPED.split())
"""Directives that hold no text of the page."""
_SPOKEN = """abbr any attr c:data c:enum c:expr c:func c:macro c:member c:struct c:texpr c:type
    class command const cpp:any cpp:class cpp:expr cpp:func cve cwe data dfn doc
    download envvar exc file func gh guilabel index issue js:class js:func kbd
    keyword mailheader makevar manpage menuselection meth method mimetype mod
    newsgroup numref obj opcode option pdbcmd program py:attr py:class py:const
    py:data py:exc py:func py:keyword py:meth py:mod py:obj py:ref pypi ref regexp
    samp setting source term ticket token"""
SPOKEN = frozenset(_SPOKEN.split())
"""Roles whose text is kept."""

_REMARKS = ("version", "deprecated", "superseded", "withdrawn", "rejected", "seealso", "todo")
_PEP = re.compile(r"\ufeff?PEP:[ \t]*\d+[ \t]*\r?\n", re.IGNORECASE)
_LINKED_FIELDS = frozenset(("requires", "replaces", "superseded-by", "replaced-by"))
_TARGET = re.compile(r"\s*<([^<>]*)>\s*\Z")
_BLOCK_END = re.compile(r"\n[ \t]*\n")
_MARK = re.compile(r"[`*_|\[]|PEP|RFC")
_LONGEST_LINE = 10_000  # as docutils has it
_MOST_WORK = 60_000_000  # characters times marks, summed over blocks; real texts stay below a tenth
_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)


def html_of(text: str, peps: Peps = PEPS) -> Markup:
    """The HTML of a reStructuredText; `peps` is where links to Python proposals lead.

    Raises ValueError for a text that docutils fails on, RecursionError for one nested too deeply.
    """
    _refuse_hostile(text)
    _teach_sphinx()
    proposal = _PEP.match(text) is not None
    settings = {
        **SETTINGS,
        "docinfo_xform": not proposal,
        "pep_base_url": peps.base,
        "pep_file_url_template": peps.name,
    }
    parser = Parser(rfc2822=proposal)
    try:
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
        _proposal(piece, piece, settings) if piece.isdecimal() else nodes.Text(piece)
        for piece in re.split(r"(\d{1,4})", text)
        if piece
    ]


def _proposal(number: str, shown: str, settings: Any) -> nodes.reference:
    url = settings.pep_base_url + settings.pep_file_url_template % int(number)
    return nodes.reference("", shown, refuri=url)


class _Block(Directive):  # type: ignore[misc]  # docutils is untyped
    """A directive read for its words: its argument as a line, its content as text."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = None

    def run(self) -> Sequence[nodes.Node]:
        """The nodes of the directive."""
        found = nodes.container()
        if self.arguments:
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

    def run(self) -> Sequence[nodes.Node]:
        """No nodes."""
        return []


def _spoken(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any, **named: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A role as its text: `title <target>` as title, `~a.b` as it stands without the mark."""
    shown = _TARGET.sub("", text.replace("\x00", "")).lstrip("~!")
    return [nodes.literal(rawtext, shown or text)], []


def _numbered(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, *more: Any, **named: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """A proposal or request for comments: `8`, `8#anchor`, or `title <8#anchor>`."""
    plain = text.replace("\x00", "")
    target = _TARGET.search(plain)
    number, _, _ = (target[1] if target else plain).partition("#")
    shown = _TARGET.sub("", plain) if target else f"{name.upper()} {number.strip()}"
    if not number.strip().isdecimal() or len(number.strip()) > 5:
        return [nodes.literal(rawtext, shown)], []
    settings = inliner.document.settings
    if name.lower() == "pep":
        return [_proposal(number, shown, settings)], []
    url = f"{settings.rfc_base_url}rfc{int(number)}"
    return [nodes.reference(rawtext, shown, refuri=url)], []


@cache
def _teach_sphinx() -> None:
    """Make docutils know the directives and roles of Sphinx that nobody has made known yet."""
    for name in sorted(BLOCKS | DROPPED):
        if name not in directives._directives and name not in directives._directive_registry:
            directives.register_directive(name, _Dropped if name in DROPPED else _Block)
    for name in sorted(SPOKEN):
        if name not in roles._roles and name not in roles._role_registry:
            roles.register_local_role(name, _spoken)
    for name in ("pep", "rfc"):
        roles.register_local_role(name, _numbered)
