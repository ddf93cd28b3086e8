"""What a source hands out settles into a corpus: one url a page, links that lead somewhere."""

import pytest

from webenvs.corpora import store, verifying
from webenvs.corpora.corpus import Broken, MemoryCorpus, Redirect, digest_of
from webenvs.corpora.settling import Marks
from webenvs.errors import CorpusError, SettingError
from webenvs.records import Link, Page
from webenvs.testing import check_corpus

SITE = "https://a.example/"
LONG = (
    "The river rises in the northern hills, flows past three old towns and a mill, and reaches "
    "the sea beside a lighthouse that was built by fishermen after a storm in the last century. "
)


def page(url, *links, text="Some words.", **fields):
    told = tuple(Link(anchor=f"to {link}", url=link) for link in links)
    return Page(url=url, title="T", text=text, links=told, **fields)


@pytest.fixture
def frozen(tmp_path):
    def freeze(*items, **settings):
        report = store.freeze(list(items), tmp_path / "c", "c", **settings)
        corpus = verifying.verify(tmp_path / "c")
        assert corpus.report == report
        return corpus

    return freeze


def links(corpus, url):
    return [(link.url, link.broken) for link in corpus.page(corpus.index(url)).links]


def test_pages_get_the_normal_form_of_their_urls(frozen):
    corpus = frozen(page("HTTPS://A.example:443/x/../y#z"), page("wiki://As%20is"))
    assert [corpus.url(place) for place in range(2)] == [SITE + "y", "wiki://As%20is"]


def test_a_link_leads_to_the_page_that_any_form_of_its_url_means(frozen):
    corpus = frozen(
        page(SITE, "http://A.example/x#part", SITE + "x/", SITE + "%78"), page(SITE + "x")
    )
    assert links(corpus, SITE) == [(SITE + "x", False)] * 3
    assert corpus.report.links_kept == 3


def test_a_link_to_a_missing_page_of_a_known_site_is_kept_and_marked(frozen):
    corpus = frozen(page(SITE, SITE + "gone#part", "wiki://Gone"), page("wiki://Here"))
    assert links(corpus, SITE) == [(SITE + "gone", True), ("wiki://Gone", True)]
    assert (corpus.report.links_broken, corpus.report.links_kept) == (2, 0)


def test_links_out_of_the_corpus_and_to_the_page_itself_are_counted_and_go(frozen):
    corpus = frozen(page(SITE, "https://b.example/", "mailto:x@a.example", SITE + "#top", "gone"))
    assert links(corpus, SITE) == []
    report = corpus.report
    assert (report.links_outside, report.links_own, report.links_kept) == (3, 1, 0)


def test_a_redirect_becomes_an_alias_of_the_page_at_its_end(frozen):
    corpus = frozen(
        page(SITE + "new"),
        page(SITE, SITE + "old", SITE + "older"),
        Redirect(url=SITE + "older", target=SITE + "old"),
        Redirect(url=SITE + "old", target="http://a.example/new#part"),
    )
    assert corpus.index(SITE + "old") == corpus.index(SITE + "older") == corpus.index(SITE + "new")
    assert links(corpus, SITE) == [(SITE + "new", False)] * 2
    assert list(corpus.aliases()) == [(SITE + "old", SITE + "new"), (SITE + "older", SITE + "new")]
    assert corpus.report.aliases == 2
    assert len(corpus) == 2


def test_redirects_in_a_circle_or_to_nowhere_are_counted_as_lost(frozen):
    corpus = frozen(
        page(SITE),
        Redirect(url=SITE + "a", target=SITE + "b"),
        Redirect(url=SITE + "b", target=SITE + "a"),
        Redirect(url=SITE + "c", target="https://b.example/"),
    )
    assert list(corpus.aliases()) == []
    assert corpus.report.aliases_lost == 3


def test_a_page_wins_over_a_redirect_with_its_url(frozen):
    corpus = frozen(page(SITE), page(SITE + "x"), Redirect(url=SITE + "x", target=SITE))
    assert corpus.page(corpus.index(SITE + "x")).url == SITE + "x"
    assert corpus.report.aliases == 0


def test_aliases_are_part_of_what_the_digest_is_taken_of(frozen):
    pages = [page(SITE)]
    corpus = frozen(*pages, Redirect(url=SITE + "x", target=SITE), marks=Marks(languages=False))
    memory = MemoryCorpus(pages, aliases={SITE + "x": SITE})
    assert corpus.digest == memory.digest == digest_of(pages, [(SITE + "x", SITE)])
    assert corpus.digest != digest_of(pages)
    check_corpus(corpus)
    check_corpus(memory)


@pytest.mark.parametrize("aliases", [{SITE: SITE}, {SITE + "x": SITE + "y"}])
def test_an_alias_must_be_no_page_and_lead_to_one(aliases):
    with pytest.raises(CorpusError, match="is no alias"):
        MemoryCorpus([page(SITE)], aliases=aliases)


def test_of_pages_with_one_url_none_is_lost(frozen):
    corpus = frozen(page(SITE, text="one"), page(SITE + "#x", text="two"), page(SITE, text="one"))
    assert [corpus.url(place) for place in range(2)] == [SITE, SITE + "#2"]
    assert corpus.page(1).text == "two"
    report = corpus.report
    assert (report.pages, report.duplicates, report.same_url) == (2, 1, 1)
    assert report.characters == 6


def test_the_language_is_what_the_text_is_written_in(frozen):
    german = (
        "Der Fluss entspringt in den nördlichen Hügeln, fließt an drei alten Städten und einer "
        "Mühle vorbei und erreicht das Meer neben einem Leuchtturm, den Fischer erbaut haben. "
        "Viele Menschen leben dort noch heute vom Fischfang und vom Handel mit den Nachbarn."
    )
    corpus = frozen(
        page(SITE + "de", text=german, language="en"),
        page(SITE + "en", text=LONG * 2),
        page(SITE + "few", text="Oui.", language="fr"),
        page(SITE + "none", text="Oui."),
    )
    assert [corpus.page(place).language for place in range(4)] == ["de", "en", "fr", ""]
    assert corpus.report.languages == {"": 1, "de": 1, "en": 1, "fr": 1}


def test_languages_are_left_as_they_are_declared_if_nobody_wants_them_found(frozen):
    corpus = frozen(page(SITE, text=LONG * 3, language="xx"), marks=Marks(languages=False))
    assert corpus.page(0).language == "xx"


def test_a_page_that_says_nearly_the_same_is_marked_with_the_first_that_does(frozen):
    first = LONG + "A bridge of stone crosses it twice, and every spring the meadows are flooded."
    corpus = frozen(
        page(SITE + "a", text=first * 3),
        page(SITE + "b", text=first * 3 + "It freezes."),
        page(
            SITE + "c", text="Quite another text about the making of cheese in mountain huts. " * 6
        ),
    )
    assert [corpus.page(place).twin_of for place in range(3)] == ["", SITE + "a", ""]
    assert corpus.report.near_duplicates == 1


def test_no_twins_are_marked_if_nobody_wants_them(frozen):
    corpus = frozen(page(SITE + "a", text=LONG), page(SITE + "b", text=LONG), marks=Marks(twins=0))
    assert corpus.page(1).twin_of == ""


@pytest.mark.parametrize(
    "setting", [{"twins": 1.5}, {"twins": 0.3}, {"twins": True}, {"languages": "yes"}]
)
def test_marks_out_of_range_are_refused(setting):
    with pytest.raises(SettingError, match=next(iter(setting))):
        Marks(**setting)


def test_the_order_of_a_source_changes_no_byte(tmp_path):
    items = [
        page(SITE + name, SITE + "a", SITE + "old", text=LONG + name) for name in ("a", "b", "c")
    ]
    items.append(Redirect(url=SITE + "old", target=SITE + "b"))
    for name, source in (("one", items), ("two", items[::-1])):
        store.freeze(source, tmp_path / name, "n")
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two


def test_broken_items_are_counted_and_progress_is_told(tmp_path):
    told = []
    items = [page(SITE), Broken(where="f:2", reason="no text")]
    report = store.freeze(items, tmp_path / "c", "c", progress=lambda *stage: told.append(stage))
    assert (report.pages, report.broken) == (1, 1)
    assert told == [("reading", 1, 0), ("reading", 2, 0), ("writing", 1, 1)]


def test_an_alias_survives_pickling_and_a_wrong_target_is_damage(frozen, tmp_path):
    corpus = frozen(page(SITE), Redirect(url=SITE + "x", target=SITE))
    (targets,) = (tmp_path / "c").glob("aliases.*.pages")
    targets.write_bytes((9).to_bytes(8, "little"))
    with pytest.raises(CorpusError, match="alias 0 leads to page 9"):
        store.open_corpus(corpus.path).index(SITE + "x")
    with pytest.raises(CorpusError, match="SHA-256"):
        verifying.verify(corpus.path)
