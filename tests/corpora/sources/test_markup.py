"""Trees of Markdown and reStructuredText become pages that read like those of HTML."""

import pytest
from docutils.parsers.rst import roles

from webenvs.corpora.corpus import Broken, Redirect
from webenvs.corpora.days import day_of
from webenvs.corpora.report import Tally
from webenvs.corpora.sources import kinds
from webenvs.corpora.sources.allowance import MARKDOWN, RST, WORK, affordable
from webenvs.corpora.sources.frontmatter import front_matter
from webenvs.errors import CorpusError
from webenvs.records import Page

PEP = """PEP: 8
Title: Style *Guide* for Code
Author: Guido van Rossum <guido@python.org>
Status: Active
Requires: 20, 257
Created: 05-Jul-2001

Introduction
============

See PEP 20, :pep:`257`, :pep:`the 7th <7#why>` and :rfc:`2822`.
"""


EXPANDING = ".. |a0| replace:: x\n\n" + "".join(
    f".. |a{n + 1}| replace:: |a{n}| |a{n}|\n\n" for n in range(25)
) + "|a25|"  # fmt: skip


def tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def read(root, **settings):
    return list(kinds.read(root, "docs", **settings))


def page(root, name, text, **settings):
    tree(root, {name: text})
    return next(item for item in read(root, kind="markup", **settings) if isinstance(item, Page))


def links(page):
    return [(link.anchor, link.url) for link in page.links]


def test_markdown_reads_like_html(tmp_path):
    text = (
        "# Title\n\nSome *words* and `code`.\n\n- one\n- two\n\n```python\n"
        "def f():\n    return 1\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n~~old~~ <b>raw</b><script>alert(1)</script>\n"
    )
    found = page(tmp_path, "a.md", text)
    assert found.title == "Title"
    assert found.text == (
        "# Title\n\nSome words and code.\n\n- one\n- two\n\ndef f():\n    return 1\n\n"
        "a | b\n1 | 2\n\nold raw"
    )


def test_restructured_text_reads_like_html(tmp_path):
    text = (
        "Title\n=====\n\nSome *words* and ``code``.\n\nPart\n----\n\n* one\n* two\n\n::\n\n"
        "  def f():\n      return 1\n\n=== ===\n a   b\n=== ===\n 1   2\n=== ===\n"
    )
    found = page(tmp_path, "a.rst", text)
    assert found.title == "Title"
    assert found.text == (
        "# Title\n\nSome words and code.\n\n## Part\n\n- one\n- two\n\ndef f():\n    return 1\n\n"
        "a | b\n1 | 2"
    )


def test_links_between_files_resolve_to_urls_that_keep_the_suffix(tmp_path):
    tree(
        tmp_path,
        {
            "a.md": "[b](sub/b.rst#x) [self](#x) [out](https://other/) ![no](pic.png) [p](pic.png)",
            "sub/b.rst": "`a <../a.md>`_ and `gone <gone.rst>`_",
            "pic.png": b"\x89PNG",
        },
    )
    tally = Tally()
    found = {item.url: item for item in read(tmp_path, tally=tally) if isinstance(item, Page)}
    assert links(found["https://docs/a.md"]) == [
        ("b", "https://docs/sub/b.rst"),
        ("self", "https://docs/a.md"),
        ("out", "https://other/"),
    ]
    assert links(found["https://docs/sub/b.rst"]) == [
        ("a", "https://docs/a.md"),
        ("gone", "https://docs/sub/gone.rst"),
    ]
    assert tally.links_outside == 1


def test_a_page_is_also_found_without_its_suffix_and_a_readme_for_its_directory(tmp_path):
    tree(
        tmp_path, {"README.md": "top", "sub/index.rst": "sub", "sub/readme.md": "less", "a.md": "a"}
    )
    found = {item.url: item.target for item in read(tmp_path) if isinstance(item, Redirect)}
    assert found == {
        "https://docs/": "https://docs/README.md",
        "https://docs/README": "https://docs/README.md",
        "https://docs/README/": "https://docs/README.md",
        "https://docs/a": "https://docs/a.md",
        "https://docs/a/": "https://docs/a.md",
        "https://docs/sub": "https://docs/sub/index.rst",
        "https://docs/sub/": "https://docs/sub/index.rst",
        "https://docs/sub/index": "https://docs/sub/index.rst",
        "https://docs/sub/index/": "https://docs/sub/index.rst",
        "https://docs/sub/readme": "https://docs/sub/readme.md",
        "https://docs/sub/readme/": "https://docs/sub/readme.md",
    }


@pytest.mark.parametrize(
    ("text", "fields", "below"),
    [
        ("---\ntitle: 'A: b'\nTags:\n  - x\nBy: me\n---\nt", {"title": "A: b", "by": "me"}, "t"),
        ('+++\na = "T"\nb = 2024-05-01\nc = true\n+++\nt', {"a": "T", "b": "2024-05-01"}, "t"),
        ("+++\nnot toml\n+++\nbody", {}, "body"),
        ("---\n---\nbody", {}, "body"),
        ("---\ntitle: never closed", {}, "---\ntitle: never closed"),
        ("body --- x", {}, "body --- x"),
    ],
)  # fmt: skip
def test_front_matter_is_read_and_taken_off(text, fields, below):
    assert front_matter(text) == (fields, below)


def test_front_matter_names_title_date_and_language_of_a_page(tmp_path):
    text = "---\ntitle: <Named>\ndate: May 1, 2024\nlang: de-AT\n---\n# Heading\n\ntext"
    found = page(tmp_path, "a.md", text)
    assert (found.title, found.date, found.language) == ("<Named>", "2024-05-01", "de")
    assert found.text == "# Heading\n\ntext"


def test_the_fields_below_a_title_name_the_date_of_restructured_text(tmp_path):
    found = page(tmp_path, "a.rst", "Title\n=====\n\n:Author: Me\n:Date: 2024-05-01\n\ntext")
    assert (found.title, found.date) == ("Title", "2024-05-01")


def test_a_proposal_has_title_and_day_from_its_headers_and_links_to_others(tmp_path):
    found = page(tmp_path, "pep-0008.rst", PEP, base_url="https://peps.test/")
    assert (found.title, found.date) == ("PEP 8 – Style Guide for Code", "2001-07-05")
    assert found.text.startswith(
        "PEP: 8\nTitle: Style Guide for Code\nAuthor: Guido van Rossum <guido@python.org>\n"
        "Status: Active\nRequires: 20, 257\nCreated: 05-Jul-2001\n\n"
    )
    assert links(found)[1:] == [
        ("20", "https://peps.test/pep-0020.rst"),
        ("257", "https://peps.test/pep-0257.rst"),
        ("PEP 20", "https://peps.test/pep-0020.rst"),
        ("PEP 257", "https://peps.test/pep-0257.rst"),
        ("the 7th", "https://peps.test/pep-0007.rst"),
        ("RFC 2822", "https://www.rfc-editor.org/rfc/rfc2822"),
    ]


def test_proposals_that_are_not_of_the_tree_lie_on_their_own_site(tmp_path):
    found = page(tmp_path, "a.rst", "See PEP 8.")
    assert links(found) == [("PEP 8", "https://peps.python.org/pep-0008/")]


def test_what_sphinx_adds_is_read_for_its_words(tmp_path):
    text = (
        ".. cmd:: spam(eggs)\n   :noindex:\n\n"
        "   Fries :class:`~pan.Pan` and :cmake:policy:`the rest <rest>`.\n\n"
        ".. toctree::\n\n   other\n\n.. versionadded:: 3.5\n   *Words*."
    )
    found = page(tmp_path, "a.rst", text)
    assert found.text == "spam(eggs)\n\nFries pan.Pan and the rest.\n\n3.5 Words."


def test_a_text_does_not_change_how_the_next_is_read(tmp_path):
    first = ".. role:: loud(strong)\n\n.. default-role:: pep\n\n:loud:`x` `8` :own:`y`"
    tree(tmp_path, {"a.rst": first, "b.rst": ":loud:`x` `8` |undefined|"})
    found = [item for item in read(tmp_path, workers=1) if isinstance(item, Page)]
    assert [link.url for link in found[0].links] == ["https://peps.python.org/pep-0008/"]
    assert found[1].links == ()
    assert not {"", "loud", "own"} & roles._roles.keys()


def test_a_text_reaches_no_files_and_no_raw_html(tmp_path, capfd):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    text = (
        f"Before\n\n.. include:: {secret}\n\n.. include:: secret.txt\n\n"
        f".. literalinclude:: secret.txt\n\n.. csv-table::\n   :file: {secret}\n\n"
        f".. raw:: html\n   :file: {secret}\n\n.. raw:: html\n\n   <p>RAW</p>\n\n"
        f".. code::\n   :number-lines: x\n\n.. figure:: {secret}\n\nAfter |undefined| `x"
    )
    found = page(tmp_path, "a.rst", text)
    assert "SECRET" not in found.text
    assert "RAW" not in found.text
    assert found.text.startswith("Before")
    assert "After" in found.text
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rst", "- " * 3_000 + "x"),
        ("a.rst", "".join("> " * depth + "x\n\n" for depth in range(200))),
        ("a.rst", "\n\n".join(" " * n + "x" for n in range(300))),
        ("a.rst", "`x *y |z _`\n" * 20_000),
        ("a.rst", "=" * 9 + "\n" + "x" * 50_000),
        ("a.rst", EXPANDING),
        ("a.rst", "PEP: 1\nRequires: x99999 y\n\ntext"),
        ("a.rst", "PEP: 1\n"),
        ("a.md", "[" * 5_000),
        ("a.md", "> " * 5_000 + "x"),
        ("a.md", "*a " * 5_000),
        ("a.md", "<div>" * 5_000 + "x"),
        ("a.md", "---\n" * 1_000),
    ],
)
def test_hostile_texts_become_pages_or_broken(tmp_path, name, text):
    tree(tmp_path, {name: text, "good.md": "good"})
    kinds = [type(item) for item in read(tmp_path) if not isinstance(item, Redirect)]
    assert len(kinds) == 2
    assert set(kinds) <= {Page, Broken}


def test_a_long_substitution_that_is_used_everywhere_is_refused(tmp_path):
    tree(tmp_path, {"a.rst": ".. |a| replace:: " + "*x* " * 2_000 + "\n\n" + "|a|\n\n" * 100})
    tree(tmp_path, {"b.rst": ".. |a| replace:: " + "*x* " * 20 + "\n\n" + "|a|\n\n" * 100})
    broken, good = (item for item in read(tmp_path) if not isinstance(item, Redirect))
    assert broken.reason == "no reStructuredText: longer substitutions than a text has"
    assert good.text.count("x") == 2_000


@pytest.mark.parametrize(
    ("content", "said"), [(b"\x00\x01\x02", "binary data"), (b"", "no text"), (b" \n", "no text")]
)
def test_what_is_no_text_is_broken(tmp_path, content, said):
    tree(tmp_path, {"a.md": content, "b.rst": content, "c.md": "good"})
    reasons = [item.reason for item in read(tmp_path) if isinstance(item, Broken)]
    assert [reason.partition(":")[0] for reason in reasons] == [said, said]


def test_a_text_that_is_no_utf_8_is_read_as_windows_1252(tmp_path):
    assert page(tmp_path, "a.md", b"caf\xe9 \x80").text == "café €"


def test_a_long_text_is_cut_at_a_line_and_marked(tmp_path):
    tally = Tally()
    found = page(tmp_path, "a.md", "one line\n\n" * 100, limit=95, tally=tally)
    assert found.text.endswith("one line\n\n[...]")
    assert tally.cut == 1
    assert found.text.count("one line") == 9


@pytest.mark.parametrize(
    ("name", "unit", "kept"),
    [
        ("a.rst", "Head\n====\n\nSome words.\n\n", 30_000),
        ("a.rst", "* a\n\n- b\n\n", 20_000),
        ("a.md", "![", 80_000),
        ("a.md", "*a ", 330_000),
        ("a.md", "- a\n", 90_000),
        ("a.md", "one long line of words, ", 400_010),
    ],
)
def test_no_more_of_a_text_is_read_than_its_parser_can_do_in_a_second(tmp_path, name, unit, kept):
    tree(tmp_path, {name: unit * (1_000_000 // len(unit)) + "\n\nTHE-END"})
    tally = Tally()
    (found,) = (item for item in read(tmp_path, tally=tally) if isinstance(item, Page))
    assert found.text.endswith("[...]")
    assert 1_000 < len(found.text) <= kept
    assert tally.cut == 1


@pytest.mark.parametrize("columns", [100, 2_000, 30_000])
def test_a_table_costs_its_cells_and_not_its_characters(columns):
    head = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n"
    rows = affordable(head + "x\n" * 1_000, MARKDOWN)[len(head) :].count("x")
    assert rows * columns * MARKDOWN.cell < WORK
    after = affordable(head + "x\n\n" + "y\n" * 100, MARKDOWN)
    assert after.count("y") == (100 if columns < 30_000 else 0)


def test_an_ordinary_long_text_is_read_whole():
    text = "Head\n====\n\n" + "Some *words* of a line with a `link <x>`_ in it,\n" * 10 + "\n"
    whole = text * (120_000 // len(text))
    assert affordable(whole, RST) == whole
    assert affordable(whole, MARKDOWN) == whole


def test_the_most_files_decide_whether_a_tree_is_html_or_markup(tmp_path):
    tree(tmp_path, {"a.html": "<p>a", "b.html": "<p>b", "README.md": "r"})
    assert [item.url for item in read(tmp_path)] == ["https://docs/a.html", "https://docs/b.html"]
    tree(tmp_path, {"c.md": "c", "d.rst": "d", "notes.txt": "x"})
    assert len([item for item in read(tmp_path) if isinstance(item, Page)]) == 3
    with pytest.raises(CorpusError, match=r"no file ends in \.md, \.markdown, \.rst"):
        kinds.read(tree(tmp_path / "sub", {"a.html": "x"}), "docs", kind="markup")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("05-Jul-2001", "2001-07-05"),
        ("2024-05-01T10:00:00Z", "2024-05-01"),
        ("20140216050221", "2014-02-16"),
        ("Fri, 09 Aug 2013 23:54:35 GMT", "2013-08-09"),
        ("Sunday, 06-Nov-1994 08:49:37 GMT", "1994-11-06"),
        ("1 September 2020", "2020-09-01"),
        ("Sept. 3rd, 2020", "2020-09-03"),
        ("2024-13-01", ""),
        ("31-Feb-2001", ""),
        ("yesterday", ""),
        ("", ""),
        (None, ""),
        (20240501, "2024-05-01"),
    ],
)
def test_days_are_read_as_people_and_machines_write_them(written, day):
    assert day_of(written) == day


def test_symbolic_links_out_of_a_markup_tree_are_broken(tmp_path):
    root = tree(tmp_path / "root", {"a.md": "a"})
    (tmp_path / "secret.md").write_text("secret")
    (root / "b.md").symlink_to(tmp_path / "secret.md")
    assert [item.reason for item in read(root) if isinstance(item, Broken)] == [
        "symbolic link out of the tree"
    ]


def test_the_cells_of_a_simple_table_are_paid_for_and_the_text_behind_it_is_not():
    border, row = "= " * 900 + "\n", "a " * 900 + "\n"
    assert affordable(border + row * 32, RST).count("\n") < 10
    table = "=== ===\n" + "a   b\n" * 100 + "=== ===\n\n"
    behind = "A line of text.\n" * 2_000
    assert affordable(table + behind, RST) == table + behind
