"""Answers that arrive broken: what of them is left, and what counts as shown."""

import json

import pytest

from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Reply, Scene
from webenvs.noise.table import TABLE
from webenvs.noise.weather import Mixture, Weather
from webenvs.players.message import say

SITE = "https://small.example/"
REPLIES = [name for name, kind in TABLE.items() if kind.model.startswith("webenvs.noise.replies:")]
TEXT = "The Alba is a river. Ünïcödé: 東京 \U0001f600 " * 9
BODIES = ["", "a", "ab", "\n", '"', "\\", "é", "\U0001f600" * 40, "東京", TEXT, "x" * 100_000]
LONGER = [body for body in BODIES if len(body) > 1]


def arrived(text, content=TEXT, seed=0, occurrence=0, status="ok"):
    """How a reply arrives under this noise, and the detail of it."""
    weather = Weather(
        Mixture(noise_from(text)), Scene(seed=seed), "fetch", {"url": "x"}, occurrence
    )
    reply = weather.reply(Reply(status=status, content=content))
    return reply, weather.details.get(text.partition(":")[0])


@pytest.mark.parametrize("content", BODIES, ids=range(len(BODIES)))
def test_a_malformed_answer_is_the_beginning_of_json_that_nobody_can_read(content):
    whole = json.dumps({"status": "ok", "content": content}, ensure_ascii=False)
    for seed in range(200):
        reply, detail = arrived("malformed:1", content, seed)
        assert (reply.status, reply.truncated) == ("malformed", True)
        with pytest.raises(json.JSONDecodeError):
            json.loads(reply.content)
        assert whole.startswith(reply.content)
        assert 1 <= len(reply.content) == detail["characters"] <= 60
        assert detail["of"] == len(whole)


def test_a_malformed_answer_breaks_off_at_any_place_up_to_its_characters():
    lengths = {len(arrived("malformed:1(characters=8)", seed=s)[0].content) for s in range(200)}
    assert lengths == set(range(1, 9))


@pytest.mark.parametrize("content", LONGER, ids=range(len(LONGER)))
@pytest.mark.parametrize("seed", range(20))
def test_a_partial_answer_ends_in_its_middle_and_says_how_many_bytes_came(content, seed):
    reply, detail = arrived("partial:1", content, seed)
    body, _, note = reply.content.rpartition("\n")
    assert (reply.status, reply.truncated) == ("partial", True)
    assert 0 < len(body) < len(content)
    assert content.startswith(body)
    came, due = len(body.encode()), len(content.encode())
    assert note == f"(The connection was closed: {came} of {due} bytes arrived.)"
    assert detail == {"bytes": came, "of": due}


@pytest.mark.parametrize("content", ["", "a"])
def test_what_cannot_be_cut_arrives_whole(content):
    assert arrived("partial:1", content) == (Reply(status="ok", content=content), None)


def test_between_a_fifth_and_four_fifths_arrive():
    shares = [arrived("partial:1", "x" * 1000, seed)[1]["bytes"] for seed in range(300)]
    assert 200 <= min(shares) < 230
    assert 770 < max(shares) <= 800


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_arrives_alike_whenever_it_is_asked_for(name):
    once = [arrived(f"{name}:0.5", seed=seed) for seed in range(60)]
    assert [arrived(f"{name}:0.5", seed=seed) for seed in reversed(range(60))] == once[::-1]
    assert len({repr(each) for each in once}) > 10


@pytest.mark.parametrize("name", REPLIES)
def test_a_stronger_noise_breaks_every_reply_that_a_weaker_one_did_and_in_the_same_way(name):
    for seed in range(60):
        weak, strong = (arrived(f"{name}:{rate}", seed=seed)[0] for rate in (0.2, 0.6))
        assert weak.status == "ok" or weak == strong


def test_a_malformed_answer_shows_and_opens_nothing(begin):
    session = begin(noise="malformed:1")
    search, fetch = (
        session.act(message).results[0]
        for message in (say("search", query="river"), say("fetch", url=SITE + "alba"))
    )
    for result in (search, fetch):
        assert (result.status, result.urls, result.opened) == ("malformed", (), False)
        assert (result.noise, result.error) == (("malformed",), "env_error")
        assert result.cost == len(result.content)
    assert session.state.frames[0].view is None


def test_a_partial_page_counts_as_opened(begin):
    session = begin(noise="partial:1")
    (result,) = session.act(say("fetch", url=SITE + "alba")).results
    assert (result.status, result.opened, result.truncated) == ("partial", True, True)
    assert result.urls == (SITE + "alba",)
    assert session.state.frames[0].view.url == SITE + "alba"


def test_partial_hits_show_the_urls_that_arrived(begin):
    lost = 0
    for seed in range(20):
        (result,) = (
            begin(noise="partial:1", seed=seed).act(say("search", query="bridge town")).results
        )
        (clean,) = begin().act(say("search", query="bridge town")).results
        assert result.urls == tuple(url for url in clean.urls if url in result.content)
        lost += len(clean.urls) - len(result.urls)
    assert lost


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("sticky", [False, True])
def test_a_retry_helps_unless_the_fault_is_sticky(begin, name, sticky):
    message, again = say("fetch", url=SITE + "alba"), []
    for seed in range(60):
        session = begin(noise=f"{name}:0.5({'sticky' if sticky else 'transient'})", seed=seed)
        first, second = (session.act(message).results[0] for _ in range(2))
        if first.status != "ok":
            again.append(second.status)
            assert second.executed
    assert set(again) == ({name} if sticky else {name, "ok"})


@pytest.mark.parametrize("name", REPLIES)
def test_what_failed_before_it_was_answered_is_not_broken_as_well(begin, name):
    session = begin(noise=f"{name}:1")
    (result,) = session.act(say("fetch", url=SITE + "nowhere")).results
    assert (result.status, result.noise) == ("not_found", ())


def test_an_answer_without_hits_can_break_too(begin):
    session = begin(noise="malformed:1")
    (result,) = session.act(say("search", query="zzzz")).results
    assert (result.status, result.noise) == ("malformed", ("malformed",))


def test_no_characters_at_all_are_refused():
    with pytest.raises(SettingError, match="characters"):
        noise_from("malformed:1(characters=0)")
