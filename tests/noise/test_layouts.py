"""The layouts of search results: each its own, none of which loses anything."""

import json
import re

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.layouts import LAYOUTS, OTHERS, laid_out
from webenvs.noise.model import Scene
from webenvs.noise.weather import Mixture, toolset
from webenvs.records import Call, Hit, Page
from webenvs.search.lexical.bm25 import retriever_for
from webenvs.web.tools import TOOLS
from webenvs.web.web import Web

HITS = tuple(
    Hit(
        url=f"https://l.example/wiki/Title_{n}_(river)?a=1&b=2",
        title=f'Title {n} <of> "things" | and & others',
        snippet=f"… snippet {n} with 'quotes', \\ and | bars: [x](y) …",
        score=9.0 - n,
        rank=n + 1,
    )
    for n in range(3)
)
ODD = {
    "none": (),
    "untitled": (Hit(url="https://l.example/", title="", snippet="", score=1.0, rank=1),),
    "unicode": (
        Hit(url="https://l.example/é", title="東京", snippet="İß\U0001f600", score=1.0, rank=1),
    ),
    "long": (Hit(url="https://l.example/", title="t", snippet="s" * 50_000, score=1.0, rank=1),),
}


def written_in(text, layout):
    """`text` as a layout spells it: JSON escapes quotes and backslashes."""
    return json.dumps(text, ensure_ascii=False)[1:-1] if layout.startswith("json") else text


def test_there_are_at_least_five_layouts_beside_the_usual_one():
    assert len(OTHERS) >= 5
    assert "" not in OTHERS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_layout_loses_a_title_a_url_or_a_snippet(layout):
    text = laid_out(HITS, layout)
    for hit in HITS:
        for part in (hit.title, hit.url, hit.snippet):
            assert text.count(written_in(part, layout)) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hits_stand_in_their_order(layout):
    text = laid_out(HITS, layout)
    places = [text.index(hit.url) for hit in HITS]
    assert places == sorted(places)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ODD)
def test_odd_hits_are_written_whole(layout, kind):
    text = laid_out(ODD[kind], layout)
    assert all(part in text for hit in ODD[kind] for part in (hit.title, hit.url, hit.snippet))


def test_every_layout_is_another_text():
    assert len({laid_out(HITS, layout) for layout in LAYOUTS}) == len(LAYOUTS)


@pytest.mark.parametrize("layout", OTHERS)
def test_a_hit_of_several_lines_does_not_break_what_is_read_line_by_line(layout):
    hit = Hit(url="https://l.example/", title="A\nB", snippet="c\n\n2. d", score=1.0, rank=1)
    lines = laid_out((hit,), layout).splitlines()
    if layout in ("json-lines", "markdown", "table", "compact"):
        assert sum("https://l.example/" in line and "d" in line for line in lines) == 1
    assert not any(re.match(r"2\. ", line) for line in lines if layout != "tags")


@pytest.mark.parametrize(
    "read",
    [
        lambda: [json.loads(line) for line in laid_out(HITS, "json-lines").splitlines()],
        lambda: json.loads(laid_out(HITS, "json"))["results"],
    ],
    ids=["json-lines", "json"],
)
def test_json_reads_back(read):
    assert [(row["rank"], row["title"], row["link"], row["description"]) for row in read()] == [
        (hit.rank, hit.title, hit.url, hit.snippet) for hit in HITS
    ]


def test_markdown_links_can_be_followed():
    links = re.findall(r"\]\(<([^>]*)>\)", laid_out(HITS, "markdown"))
    assert links == [hit.url for hit in HITS]


def dressed(text, seed=0, role="researcher", tools=("search", "fetch")):
    """The layout that this noise gives a frame, and what was done."""
    shown, done = toolset(
        Mixture(noise_from(text)),
        Scene(seed=seed, role=role),
        "researcher_0",
        [TOOLS[name] for name in tools],
        10,
    )
    return (shown.layout if shown else ""), done


def test_reformatted_results_come_in_every_other_layout():
    drawn = {dressed("reformat:1", seed)[0] for seed in range(200)}
    assert drawn == set(OTHERS)


def test_the_layout_is_told_to_researchers():
    layout, done = dressed("reformat:1", 3)
    assert done == {"reformat": {"layout": layout}}


@pytest.mark.parametrize(
    ("option", "allowed"), [("table", {"table"}), ("json+tags", {"json", "tags"})]
)
def test_the_layouts_can_be_named(option, allowed):
    assert {dressed(f"reformat:1(layouts={option})", seed)[0] for seed in range(40)} == allowed


def test_a_role_keeps_its_layout_and_another_role_has_its_own():
    pairs = [[dressed("reformat:1", s, role)[0] for role in ("a", "a", "b")] for s in range(40)]
    assert all(one == again for one, again, _ in pairs)
    assert any(one != other for one, _, other in pairs)


def test_frames_without_search_are_left_alone():
    assert dressed("reformat:1", tools=("fetch", "click")) == ("", {})


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("tabel", "There is no layout 'tabel'. Did you mean 'table'"),
        ("table+tagz", "There is no layout 'tagz'. Did you mean 'tags'"),
        ("[]", "at least one of json-lines"),
        ('""', "There is no layout ''"),
        ("7", "layouts"),
    ],
)
def test_layouts_that_there_are_not_are_refused(option, words):
    with pytest.raises(SettingError, match=words):
        noise_from(f"reformat:0.5(layouts={option})")


@pytest.mark.parametrize("layout", OTHERS)
def test_the_web_writes_hits_in_the_layout_of_the_scene(layout):
    corpus = MemoryCorpus([Page(url="https://l.example/a", title="Alba", text="The river Alba.")])
    web = Web(corpus, retriever_for(corpus))
    call = Call(id="1", tool="search", arguments={"query": "river"})
    result, _ = web.call(call, None, Scene(seed=0, layout=layout), 0)
    hits = retriever_for(corpus).search("river", 5)
    assert result.content == laid_out(hits, layout)
    assert result.urls == ("https://l.example/a",)
