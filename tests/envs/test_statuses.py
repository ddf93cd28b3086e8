"""What a call returns: every status, whether it asks the web, and what it costs."""

import pytest

from webenvs.players.message import say, say_all


def last(session):
    """The result of the newest turn's only call."""
    (result,) = session.state.turns[-1].results
    return result


def text(session, player="researcher_0"):
    return session.observe(player)["text"]


def test_a_search_shows_title_url_and_snippet_of_every_hit(begin, site):
    session = begin(top_k=2)
    session.act(say("search", query="river mountain"))
    result = last(session)
    assert (result.status, result.executed, result.opened) == ("ok", True, False)
    assert set(result.urls) == {site("alba"), site("corvo")}
    for rank, url in enumerate(result.urls, start=1):
        assert f"{rank}. " in result.content
        assert url in result.content
    assert result.cost == len(result.content)
    assert text(session) == f"[search] {result.content}"


def test_a_search_without_a_known_word_is_empty(begin):
    session = begin()
    session.act(say("search", query="zzyzx"))
    assert last(session).status == "empty"
    assert last(session).executed
    assert text(session) == "[search] No page matches 'zzyzx'."


def test_fetch_opens_a_page_with_its_links_by_number(begin, site):
    session = begin()
    session.act(say("fetch", url=site("alba")))
    assert last(session).status == "ok"
    assert last(session).opened
    assert last(session).urls == (site("alba"),)
    assert text(session) == (
        f"[fetch] Alba\n{site('alba')} (page 1 of 1)\n\n"
        "The Alba is a river. It rises on Monte Corvo and passes the town of Brena.\n\n"
        f"Links:\n[0] Monte Corvo -> {site('corvo')}\n[1] Brena -> {site('brena')}"
    )


def test_click_follows_the_link_of_the_open_page(begin, site):
    session = begin()
    session.act(say("fetch", url=site("alba")))
    session.act(say("click", link=1))
    assert last(session).urls == (site("brena"),)
    session.act(say("click", link=0))
    assert last(session).urls == (site("veit"),)


def test_find_looks_at_the_open_page(begin, site):
    session = begin()
    session.act(say("fetch", url=site("veit")))
    session.act(say("find", text="BORN in"))
    assert last(session).status == "ok"
    assert "1 match(es) for 'BORN in' on 'Ilsa Veit'" in text(session)
    session.act(say("find", text="dragon"))
    assert last(session).status == "empty"


@pytest.mark.parametrize(
    ("opening", "call", "words"),
    [
        ((), say("fetch", url="https://small.example/none"), "There is no page at"),
        ((), say("click", link=0), "No page is open"),
        ((), say("find", text="x"), "No page is open"),
        (("alba",), say("click", link=7), "no link 7; links are numbered 0 to 1"),
        (("veit",), say("click", link=0), "no link 0; it has no links"),
        (("corvo",), say("click", link=0), "There is no page at"),
    ],
)
def test_what_is_not_there_is_not_found(begin, site, opening, call, words):
    session = begin()
    for name in opening:
        session.act(say("fetch", url=site(name)))
    session.act(call)
    assert last(session).status == "not_found"
    assert last(session).executed
    assert words in text(session)


def test_a_part_beyond_the_last_is_not_found(begin, site):
    session = begin()
    session.act(say("fetch", url=site("veit"), page=2))
    assert last(session).status == "not_found"
    assert "The page has 1 part(s); there is no part 2." in text(session)


@pytest.mark.parametrize("status", ["timeout", "rate_limited", "server_error"])
def test_a_simulated_failure_is_a_result_that_was_executed(begin, status):
    session = begin(noise=f"{status}:1", calls={"search": 3})
    session.act(say("search", query="river"))
    assert (last(session).status, last(session).executed) == (status, True)
    assert last(session).noise == (status,)
    assert session.info("researcher_0")["budget"]["search"] == 2


def test_an_unknown_tool_is_named_with_the_nearest_right_one(begin):
    session = begin()
    turn = session.act(say("serch", query="river"))
    assert (last(session).status, last(session).executed) == ("unknown_tool", False)
    assert "There is no tool 'serch'. Did you mean 'search'?" in text(session)
    assert "Your tools: search, fetch, click, find, answer." in text(session)
    assert turn.valid, "the message itself could be read"


def test_wrong_arguments_are_explained_with_a_right_call(begin):
    session = begin(codec="hermes")
    session.act(say("search", qery="river"))
    assert (last(session).status, last(session).executed) == ("invalid_arguments", False)
    assert 'did you mean "query"?' in text(session)
    assert '<tool_call>{"name":"search","arguments":{"query":' in text(session)


def test_a_duplicate_shows_the_earlier_result_and_costs_nothing(begin):
    session = begin(calls={"search": 2})
    session.act(say("search", query="river"))
    earlier = last(session)
    session.act(say("search", query="river"))
    assert (last(session).status, last(session).executed) == ("duplicate", False)
    assert last(session).content == earlier.content
    assert last(session).urls == earlier.urls
    assert text(session).startswith("[search] You made this call before. Its result:\n1. ")
    assert session.info("researcher_0")["budget"]["search"] == 1


def test_another_spelling_of_the_arguments_is_another_call(begin):
    session = begin()
    session.act(say("search", query="river"))
    session.act(say("search", query="River"))
    assert last(session).status == "ok"


def test_a_repeated_fetch_opens_the_page_again_without_asking_the_web(begin, site):
    session = begin()
    session.act(say("fetch", url=site("alba")))
    session.act(say("fetch", url=site("veit")))
    session.act(say("fetch", url=site("alba")))
    assert last(session).status == "duplicate"
    session.act(say("click", link=0))
    assert last(session).urls == (site("corvo"),), "the open page is alba, not veit"


def test_the_same_click_on_another_page_is_another_call(begin, site):
    session = begin()
    session.act(say("fetch", url=site("alba")))
    session.act(say("click", link=1))
    session.act(say("click", link=1))
    assert last(session).status == "ok"
    assert last(session).urls == (site("chronicle"),), "link 1 of Brena, not of Alba"
    session.act(say("fetch", url=site("alba")))
    session.act(say("click", link=1))
    assert last(session).status == "duplicate"
    assert last(session).urls == (site("brena"),)


def test_the_same_find_on_another_page_is_another_call(begin, site):
    session = begin()
    for name in ("alba", "brena"):
        session.act(say("fetch", url=site(name)))
        session.act(say("find", text="town"))
        assert last(session).status == "ok"


def test_a_failure_is_no_earlier_result_the_retry_draws_anew(begin):
    statuses = []
    session = begin(noise="timeout:0.5", turns=40, seed=3)
    while "ok" not in statuses:
        session.act(say("search", query="river"))
        statuses.append(last(session).status)
        assert last(session).executed
    session.act(say("search", query="river"))
    assert last(session).status == "duplicate"
    assert set(statuses) <= {"timeout", "ok"}


def test_over_many_seeds_a_retry_after_a_timeout_succeeds_as_often_as_a_first_try(begin):
    first = second = 0
    for seed in range(200):
        session = begin(noise="timeout:0.5", seed=seed)
        session.act(say("search", query="river"))
        if last(session).status == "timeout":
            first += 1
            session.act(say("search", query="river"))
            second += last(session).status == "ok"
    assert 70 <= first <= 130
    assert 0.3 <= second / first <= 0.7


def test_n_allowed_searches_are_exactly_n_executed_ones(begin):
    session = begin(calls={"search": 3}, turns=20)
    queries = ["river", "river", "town", "Tarn", "river", "chess", "mountain"]
    for query in queries:
        session.act(say("search", query=query))
    results = [result for turn in session.state.turns for result in turn.results]
    assert [result.status for result in results] == [
        "ok",
        "duplicate",
        "ok",
        "ok",
        "duplicate",
        "over_budget",
        "over_budget",
    ]
    assert sum(result.executed for result in results) == 3
    assert "Not executed: all 3 calls of search are used." in text(session)
    session.act(say("fetch", url="https://small.example/veit"))
    assert last(session).status == "ok", "other tools have budgets of their own"


def test_refused_calls_do_not_use_the_budget(begin):
    session = begin(calls={"search": 1})
    session.act(say_all((("search", {}), ("search", {"query": ["x"]}), ("sarch", {"query": "x"}))))
    assert session.info("researcher_0")["budget"]["search"] == 1
    session.act(say("search", query="river"))
    assert last(session).status == "ok"


def test_several_calls_of_a_message_run_in_order_and_are_one_observation(begin, site):
    session = begin()
    turn = session.act(
        say_all(
            (("fetch", {"url": site("alba")}), ("click", {"link": 1}), ("find", {"text": "is"}))
        )
    )
    assert [call.id for call in turn.calls] == ["0.1", "0.2", "0.3"]
    assert [result.call for result in turn.results] == ["0.1", "0.2", "0.3"]
    assert [result.urls for result in turn.results] == [
        (site("alba"),),
        (site("brena"),),
        (site("brena"),),
    ]
    assert text(session) == "\n\n".join(f"[{r.tool}] {r.content}" for r in turn.results)
    messages = session.info("researcher_0")["messages"]
    assert [entry["role"] for entry in messages] == ["system", "user", "assistant", "tool"]


def test_calls_behind_the_closing_one_are_not_played(begin):
    session = begin()
    turn = session.act(
        say_all(
            (
                ("search", {"query": "Tarn"}),
                ("answer", {"text": "Tarn"}),
                ("search", {"query": "river"}),
                ("answer", {"text": "Alba"}),
            )
        )
    )
    assert [call.tool for call in turn.calls] == ["search", "answer"]
    assert [result.tool for result in turn.results] == ["search"]
    assert session.state.end == "answered"
    assert session.state.answer == "Tarn"


def test_the_result_role_is_a_setting(begin):
    session = begin(result_role="user")
    session.act(say("search", query="river"))
    assert session.info("researcher_0")["messages"][-1]["role"] == "user"


def test_arguments_are_put_right_before_calls_are_compared(begin, site):
    session = begin()
    session.act(say("fetch", url=site("alba"), page="1"))
    assert last(session).status == "ok"
    session.act(say("fetch", url=site("alba"), page=1.0))
    assert last(session).status == "duplicate"
