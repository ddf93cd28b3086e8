"""The web by itself: parts of long pages, links by part, addresses, find, and noise in between."""

import pytest

from webenvs.corpora.corpus import MemoryCorpus
from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Scene
from webenvs.records import Call, Link, Page
from webenvs.search.lexical.bm25 import Bm25, retriever_for
from webenvs.seeding import uniform
from webenvs.web.tools import TOOLS, web_tools
from webenvs.web.web import Web, describe

TEXT = "".join(
    f"Line {n:02} of the long page.\n" for n in range(40)
)  # 26 characters a line: 7 lines a part
LINKS = tuple(
    Link(anchor=f"to {n}", url=f"https://w.example/{n}", position=TEXT.index(f"Line {n:02}"))
    for n in (0, 10, 14, 39)  # line 14 begins a part
)
PAGES = (
    Page(url="https://w.example/long", title="Long", text=TEXT, links=LINKS),
    Page(url="https://w.example/0", title="Zero", text="Nothing here. İstanbul is far."),
    Page(
        url="https://w.example/many",
        title="Many",
        text="x",
        links=tuple(Link(anchor=f"a{n}", url="https://w.example/0") for n in range(45)),
    ),
    Page(url="https://w.example/solid", title="Solid", text="z" * 700),
    Page(url="https://w.example/empty", title="Empty", text=""),
)


@pytest.fixture
def web():
    corpus = MemoryCorpus(PAGES)
    return lambda noise="", **sizes: Web(
        corpus, retriever_for(corpus), noise_from(noise), **{"page_characters": 200, **sizes}
    )


def ask(web, tool, view=None, seed=0, occurrence=0, **arguments):
    call = Call(id="1", tool=tool, arguments=arguments)
    return web.call(call, view, Scene(seed=seed), occurrence)


def fetched(web, name, page=None):
    arguments = {} if page is None else {"page": page}
    return ask(web, "fetch", url=f"https://w.example/{name}", **arguments)


def test_a_long_page_comes_in_parts_that_join_to_the_whole(web):
    made = web()
    parts = []
    for number in range(1, 7):
        result, view = fetched(made, "long", number)
        title, place, blank, *rest = result.content.split("\n")
        assert (title, blank) == ("Long", "")
        assert place == f"https://w.example/long (page {number} of 6)"
        assert view.part == number
        body = "\n".join(rest).partition("\n\nLinks:\n")[0]
        assert len(body) <= 200
        parts.append(body)
    assert "\n".join(parts) == TEXT.strip()
    assert fetched(made, "long", 7)[0].status == "not_found"


def test_each_part_shows_the_links_that_stand_in_it_with_numbers_of_the_whole_page(web):
    made = web()
    shown = {}
    for number in range(1, 7):
        links = fetched(made, "long", number)[0].content.partition("\n\nLinks:\n")[2]
        if links:
            shown[number] = links
    assert shown == {
        1: "[0] to 0 -> https://w.example/0",
        2: "[1] to 10 -> https://w.example/10",
        3: "[2] to 14 -> https://w.example/14",
        6: "[3] to 39 -> https://w.example/39",
    }


def test_more_links_than_fit_are_counted(web):
    content = fetched(web(), "many")[0].content
    assert "[39] a39 -> https://w.example/0\n... and links [40] to [44]" in content
    assert "[40] a40" not in content


def test_links_that_are_not_shown_can_still_be_clicked(web):
    made = web()
    _, view = fetched(made, "many")
    assert ask(made, "click", view, link=44)[0].status == "ok"


def test_a_text_without_blanks_is_cut_at_the_size(web):
    made = web()
    sizes = [len(fetched(made, "solid", n)[0].content.split("\n\n")[1]) for n in (1, 2, 3, 4)]
    assert sizes == [200, 200, 200, 100]


def test_a_page_without_text_has_one_part(web):
    result, _ = fetched(web(), "empty")
    assert result.content == "Empty\nhttps://w.example/empty (page 1 of 1)\n\n"


@pytest.mark.parametrize(
    "address",
    [
        "https://w.example/0",
        "  https://w.example/0 ",
        "<https://w.example/0>",
        '"https://w.example/0"',
        "`https://w.example/0`",
        "https://w.example/0#part-2",
    ],
)
def test_addresses_are_forgiven_blanks_quotes_and_fragments(web, address):
    result, view = ask(web(), "fetch", url=address)
    assert result.urls == ("https://w.example/0",)
    assert view.url == "https://w.example/0"


@pytest.mark.parametrize(
    "address", ["", "https://v.example/0", "w.example/0", "https://w.example/0/0"]
)
def test_other_addresses_are_other_pages(web, address):
    result, view = ask(web(), "fetch", url=address)
    assert result.status == "not_found"
    assert view is None


def test_a_failed_fetch_leaves_the_open_page_open(web):
    made = web()
    _, view = fetched(made, "long", 2)
    assert fetched(made, "none")[1] is None
    assert ask(made, "fetch", view, url="https://w.example/none")[1] == view


def test_find_names_the_part_of_every_match_and_shows_five(web):
    made = web()
    _, view = fetched(made, "long", 6)
    result, after = ask(made, "find", view, text="line 2")
    assert after == view
    assert result.content.startswith("10 match(es) for 'line 2' on 'Long':\n- page 3: ...")
    assert result.content.count("\n- page ") == 5
    assert result.opened


def test_find_counts_at_most_a_thousand(web):
    made = web(page_characters=1000)
    corpus = MemoryCorpus([Page(url="u", title="t", text="ab" * 2000)])
    made = Web(corpus, retriever_for(corpus))
    _, view = ask(made, "fetch", url="u")
    assert ask(made, "find", view, text="ab")[0].content.startswith("1000+ match(es)")


def test_find_of_nothing_is_empty(web):
    made = web()
    _, view = fetched(made, "long")
    for wanted in ("", "   "):
        assert ask(made, "find", view, text=wanted)[0].status == "empty"


def test_find_where_lower_case_is_longer_than_the_text(web):
    made = web()
    _, view = fetched(made, "0")
    result, _ = ask(made, "find", view, text="İstanbul")
    assert "...Nothing here. İstanbul is far...." in result.content


def test_search_shows_at_most_top_k_hits(web):
    assert ask(web(top_k=1), "search", query="page nothing")[0].content.count("\n   http") == 1


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"top_k": 0}, "top_k = 0 is not allowed: top_k must be a whole number from 1 to 100"),
        ({"top_k": 101}, "top_k = 101"),
        ({"page_characters": 199}, "page_characters = 199 is not allowed.*at least 200"),
    ],
)
def test_sizes_out_of_bounds_are_named(web, sizes, words):
    with pytest.raises(SettingError, match=words):
        web(**sizes)


def test_web_tools_come_in_the_order_of_the_table():
    assert [tool.name for tool in web_tools(("find", "search"))] == ["search", "find"]
    assert web_tools(()) == ()
    assert list(TOOLS) == ["search", "fetch", "click", "find", "back", "read"]
    assert all(name == tool.name for name, tool in TOOLS.items())


def test_a_web_describes_what_identifies_it(web):
    import json

    told = describe(web(top_k=3))
    assert told["corpus"] == MemoryCorpus(PAGES).digest
    assert (told["top_k"], told["page_characters"], told["noise"]) == (3, 200, [])
    assert told["retriever"]["engine"] == "bm25"
    json.dumps(told)


@pytest.mark.parametrize("status", ["timeout", "rate_limited", "server_error"])
def test_a_failure_replaces_the_call_and_opens_nothing(web, status):
    made = web(f"{status}:1")
    result, view = fetched(made, "long")
    assert (result.status, result.noise, view) == (status, (status,), None)
    assert result.executed
    assert result.urls == ()
    assert "(HTTP" in result.content or status == "timeout"


def test_the_first_failure_that_strikes_is_the_one_that_is_met(web):
    assert fetched(web("timeout:1,server_error:1"), "0")[0].noise == ("timeout",)
    assert fetched(web("server_error:1,timeout:1"), "0")[0].noise == ("server_error",)


def test_a_search_that_loses_all_its_hits_is_empty_and_says_why_only_in_the_record(web):
    result, _ = ask(web("drop:1"), "search", query="page")
    assert (result.status, result.noise) == ("empty", ("drop",))
    assert "drop" not in result.content


def test_a_model_that_changed_nothing_is_not_named(web):
    result, _ = ask(web("drop:0.0000001"), "search", query="page")
    assert (result.status, result.noise) == ("ok", ())


def test_the_key_of_noise_is_seed_tool_arguments_open_page_and_occurrence(web):
    """What is drawn for a call is the keyed draw of exactly that."""
    made = web("timeout:0.5")
    _, view = fetched(web(), "long")
    at = {"at": "https://w.example/long"}
    for seed in range(20):
        for occurrence in range(3):
            for tool, arguments, seen, key in (
                ("search", {"query": "page"}, view, {"query": "page"}),
                ("search", {"query": "page"}, None, {"query": "page"}),
                ("click", {"link": 0}, view, {"link": 0, **at}),
                ("click", {"link": 0}, None, {"link": 0, "at": ""}),
            ):
                result, _ = ask(made, tool, seen, seed, occurrence, **arguments)
                drawn = uniform(seed, tool, key, occurrence, "timeout")
                assert (result.status == "timeout") == (drawn < 0.5)


SAME = (
    ("search", {"query": "page nothing"}, {"query": "  page \n nothing "}),
    ("fetch", {"url": "https://w.example/0"}, {"url": "https://w.example/0", "page": 1}),
    ("fetch", {"url": "https://w.example/0"}, {"url": "<https://w.example/0>"}),
    ("fetch", {"url": "https://w.example/0"}, {"url": " https://w.example/0#top"}),
    ("fetch", {"url": "https://w.example/none"}, {"url": "https://w.example/none "}),
    ("find", {"text": "Line"}, {"text": " lINE "}),
)
OTHER = (
    ("search", {"query": "page"}, {"query": "Page"}),
    ("search", {"query": "page nothing"}, {"query": "nothing page"}),
    ("fetch", {"url": "https://w.example/long"}, {"url": "https://w.example/long", "page": 2}),
    ("fetch", {"url": "https://w.example/none"}, {"url": "https://w.example/None"}),
    ("find", {"text": "line 1"}, {"text": "line  1"}),
    ("click", {"link": 0}, {"link": 1}),
)


@pytest.mark.parametrize(("pairs", "same"), [(SAME, True), (OTHER, False)], ids=["same", "other"])
def test_ways_to_write_one_call_are_told_from_different_calls(web, pairs, same):
    made = web()
    _, view = fetched(made, "long")
    for tool, one, other in pairs:
        calls = [Call(id="1", tool=tool, arguments=arguments) for arguments in (one, other)]
        first, second = (made.canonical(call, view) for call in calls)
        assert (first == second) is same, (one, other)
        if same:
            answers = [made.call(call, view, Scene(seed=0), 0)[0] for call in calls]
            assert answers[0].urls == answers[1].urls
            assert answers[0].status == answers[1].status


def test_click_and_find_are_the_same_call_only_on_the_same_page(web):
    made = web()
    views = [None, fetched(made, "long")[1], fetched(made, "0")[1]]
    for tool, arguments in (("click", {"link": 0}), ("find", {"text": "x"})):
        call = Call(id="1", tool=tool, arguments=arguments)
        assert len({repr(made.canonical(call, view)) for view in views}) == 3
    for tool, arguments in (("search", {"query": "x"}), ("fetch", {"url": "x"})):
        call = Call(id="1", tool=tool, arguments=arguments)
        assert len({repr(made.canonical(call, view)) for view in views}) == 1


def test_without_noise_the_seed_changes_nothing(web):
    made = web()
    assert ask(made, "search", seed=1, query="page") == ask(
        made, "search", seed=2, occurrence=9, query="page"
    )


def test_pages_can_be_asked_in_several_threads(web):
    from concurrent.futures import ThreadPoolExecutor

    made = web()
    asked = [("long", 1 + n % 7) for n in range(60)] + [("solid", 1 + n % 4) for n in range(60)]
    wanted = [fetched(web(), *one)[0] for one in asked]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda one: fetched(made, *one)[0], asked)) == wanted


def test_pages_beyond_the_cache_are_read_again_and_stay_the_same():
    corpus = MemoryCorpus(
        Page(url=f"https://w.example/{n:04}", title=str(n), text="x") for n in range(4200)
    )
    made = Web(corpus, retriever_for(corpus))
    first, _ = fetched(made, "0000")
    for n in range(4200):
        assert fetched(made, f"{n:04}")[0].status == "ok"
    assert fetched(made, "0000")[0] == first


def test_the_retriever_is_bound_to_the_corpus(web):
    assert isinstance(web().retriever, Bm25)
