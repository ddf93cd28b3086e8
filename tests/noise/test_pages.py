"""Noise on pages: what each model does to a page, alone and met by a player."""

from types import SimpleNamespace

import msgspec
import pytest

import webenvs
from webenvs import catalog, library
from webenvs.envs.session import Session
from webenvs.episodes import play
from webenvs.errors import SettingError
from webenvs.noise.draw import Draw
from webenvs.noise.filler import SENTENCES
from webenvs.noise.model import Failure, Scene
from webenvs.noise.table import TABLE, model_of
from webenvs.players.message import say
from webenvs.records import Call, Link, Page
from webenvs.search import engines
from webenvs.seeding import digest
from webenvs.web.around import Surroundings

NAMES = [name for name, kind in TABLE.items() if kind.group == "pages"]
PADDING = ("boilerplate", "advertise", "bloat", "inject")
URL = "https://hostile.example/page"


def page_of(text, *links, title="Títle שלום 'quoted'"):
    return Page(url=URL, title=title, text=text, links=links)


HOSTILE = {
    "empty": page_of("", Link(anchor="home", url="https://hostile.example/", position=0)),
    "one word": page_of("word"),
    "blank lines alone": page_of("\n\n\n\n \n\n"),
    "no paragraphs": page_of("One sentence of 1931. Another of 12,345 words. " * 40),
    "right to left": page_of("شارع ١٩٣١. " * 200 + "\n\nרחוב 1931."),
    "a megabyte": page_of("The year 1931 was écrit by 40,000 people.\n\n" * 24_000),
    "a line of a megabyte": page_of("x1" * 500_000),
    "digits": page_of("9" * 5_000 + " 1,000,000,000,000,000,000,000 007 1931"),
    "marks": page_of("## \n\n## \x00\ud800 a\n\n### \n## B\n" + "#" * 5_000),
    "links everywhere": page_of(
        "A link, a link, a link.\n\nMore.",
        *(Link(anchor="link", url=URL, position=place) for place in (-1, 0, 5, 22, 30, 31, 9_999)),
    ),
}
"""Pages by what is hard about them."""


@pytest.fixture(scope="module")
def tiny():
    """The web of 300 pages, its pages, and what noise may know of it."""
    corpus = library.corpus("tiny")
    around = Surroundings(corpus, engines.retriever(corpus, "bm25", {}), library.lore(corpus))
    pages = [corpus.page(index) for index in range(len(corpus))]
    return SimpleNamespace(corpus=corpus, around=around, pages=pages)


@pytest.fixture
def strike(tiny):
    """What a model makes of a page: the page or a failure, and the detail."""

    def struck(name, page, seed=0, essential=(), **options):
        draw = Draw(seed, "page", {"url": page.url}, 0)
        scene = Scene(seed=seed, essential=tuple(essential))
        return model_of(name, options).page(draw, page, scene, tiny.around)

    return struck


def town(tiny):
    return next(page for page in tiny.pages if page.title == "Ulvardal")


def lines(text):
    return [line for line in text.split("\n") if line]


def test_noise_on_pages_is_sticky_and_two_kinds_of_it_need_lore():
    kinds = {(TABLE[name].hook, TABLE[name].unit, TABLE[name].sticky) for name in NAMES}
    assert kinds == {("page", "page", True)}
    assert [name for name in NAMES if TABLE[name].lore] == ["contradict", "stale"]


@pytest.mark.parametrize("name", NAMES)
def test_a_struck_page_is_the_draw_of_its_key(name, tiny, strike):
    once = [strike(name, page, seed) for page in tiny.pages[:40] for seed in range(3)]
    assert once == [strike(name, page, seed) for page in tiny.pages[:40] for seed in range(3)]
    if name != "rot":
        assert len({msgspec.json.encode(strike(name, town(tiny), seed)) for seed in range(20)}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_links_keep_their_numbers_and_places_and_details_are_json(name, tiny, strike):
    for seed, page in enumerate(tiny.pages):
        changed, detail = strike(name, page, seed)
        assert msgspec.json.decode(msgspec.json.encode(detail)) == detail
        if isinstance(changed, Failure):
            continue
        assert [link.url for link in changed.links] == [link.url for link in page.links]
        for before, after in zip(page.links, changed.links, strict=True):
            stood = page.text[before.position :].startswith(before.anchor)
            if stood and after.position >= 0 and name not in ("garble", "truncate"):
                assert changed.text[after.position :].startswith(after.anchor), (name, page.url)


@pytest.mark.parametrize("hard", list(HOSTILE))
@pytest.mark.parametrize("name", NAMES)
def test_any_page_can_be_struck(name, hard, strike):
    page = HOSTILE[hard]
    changed, _ = strike(name, page)
    if isinstance(changed, Page):
        assert [link.url for link in changed.links] == [link.url for link in page.links]
        size = len(changed.text)
        for before, after in zip(page.links, changed.links, strict=True):
            assert -1 <= after.position <= max(size, before.position)


@pytest.mark.parametrize("name", PADDING)
def test_a_padded_page_says_all_that_it_said_line_by_line(name, tiny, strike):
    for seed, page in enumerate(tiny.pages[:100]):
        changed, _ = strike(name, page, seed)
        told = iter(lines(changed.text))
        assert all(line in told for line in lines(page.text)), "in its order"
        assert len(changed.text) > len(page.text)


def test_truncated_pages_end_early_within_the_bounds(tiny, strike):
    page = town(tiny)
    for seed in range(50):
        changed, detail = strike("truncate", page, seed, least=0.3, most=0.6)
        assert page.text.startswith(changed.text)
        assert 0.3 * len(page.text) - 1 <= len(changed.text) <= 0.6 * len(page.text)
        assert detail == {"kept": len(changed.text), "of": len(page.text)}
        hidden = [link.position < 0 for link in changed.links]
        assert hidden == [link.position >= detail["kept"] for link in page.links]
    assert strike("truncate", page, least=1, most=1) == (page, {})


def test_least_and_most_of_truncate_must_fit_together():
    with pytest.raises(SettingError, match="least"):
        model_of("truncate", {"least": 0.9, "most": 0.1})


def test_a_missing_section_goes_with_its_heading_and_the_beginning_stays(tiny, strike):
    page = town(tiny)
    gone = set()
    for seed in range(30):
        changed, detail = strike("miss_section", page, seed)
        assert changed.text == page.text[: detail["start"]] + page.text[detail["end"] :]
        gone.add(page.text[detail["start"] :].partition("\n")[0])
    assert gone == {"## Geography and history", "## Administration"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("One.\n\nTwo.", {"One.\n\n"}),
        ("One. Two. Three.", {"One. Two. ", "One. Three."}),
        ("One alone.", {"One alone."}),
    ],
)
def test_without_sections_a_paragraph_goes_and_without_paragraphs_a_sentence(text, left, strike):
    assert {strike("miss_section", page_of(text), seed)[0].text for seed in range(30)} == left


def test_garbled_letters_are_those_of_a_wrong_decoder_and_ascii_stays(strike):
    page = page_of("Müller said: it’s – 12 °C. " * 20, Link(anchor="Müller", url=URL, position=27))
    changed, detail = strike("garble", page, lost=0)
    assert changed.text == page.text.encode().decode(detail["decoder"], "replace")
    (link,) = changed.links
    assert changed.text[link.position :].startswith(link.anchor)
    assert link.anchor == "Müller".encode().decode(detail["decoder"], "replace")
    assert {strike("garble", page, seed, lost=0)[1]["decoder"] for seed in range(40)} == {
        *("cp1252", "cp437", "cp1251", "mac_roman")
    }


def test_lost_characters_are_few_and_nothing_else_of_plain_text_changes(strike):
    page = page_of("The year 1931 was a good one for plain text. " * 100, title="Plain")
    changed, detail = strike("garble", page, lost=0.01)
    pairs = [
        (one, other) for one, other in zip(page.text, changed.text, strict=True) if one != other
    ]
    assert {other for _, other in pairs} == {"\N{REPLACEMENT CHARACTER}"}
    assert 20 < len(pairs) == detail["characters"] <= 45
    assert strike("garble", page, lost=0) == (page, {})


def test_a_rotten_page_is_not_found_unless_the_task_needs_it_and_that_is_spared(tiny, strike):
    page = town(tiny)
    failure, _ = strike("rot", page)
    assert (failure.status, "HTTP 404" in failure.content) == ("not_found", True)
    assert isinstance(strike("rot", page, essential=[page.url])[0], Failure)
    assert strike("rot", page, essential=[page.url], anywhere=False) == (page, {})


def test_redirects_are_told_at_the_head_and_too_many_fail_and_take_time(tiny, strike):
    page = town(tiny)
    for seed in range(40):
        changed, detail = strike("redirect", page, seed, most=6, limit=3, seconds=0.5)
        if detail["hops"] > 3:
            assert (changed.status, changed.seconds) == ("server_error", 0.5 * detail["hops"])
        else:
            head, _, rest = changed.text.partition("\n\n")
            assert rest == page.text
            assert head.startswith("Redirected: http")
            assert head.endswith(f" -> {page.url}")
            assert head.count(" -> ") == detail["hops"]
        spared, _ = strike("redirect", page, seed, [page.url], most=6, limit=0, anywhere=False)
        assert isinstance(spared, Page)


def test_boxes_of_boilerplate_name_pages_of_the_web_and_can_be_left_out(tiny, strike):
    titles = {page.title[:80] for page in tiny.pages}
    named = set()
    for seed in range(20):
        changed, _ = strike("boilerplate", page_of("One.\n\nTwo."), seed)
        named |= {line[2:] for line in lines(changed.text) if line.startswith("- ")}
    assert named
    assert named <= titles
    assert len(lines(strike("boilerplate", page_of("One.\n\nTwo."), boxes=0)[0].text)) == 5


def test_a_bloated_page_has_many_more_parts_of_idle_talk(tiny, strike):
    changed, detail = strike("bloat", town(tiny), characters=30_000)
    assert detail["added"] >= 30_000
    talk = set(lines(changed.text)) - set(lines(town(tiny).text))
    assert all(any(sentence in line for sentence in SENTENCES) for line in talk)
    assert not any(character.isdigit() for line in talk for character in line)


# --- met by a player


@pytest.fixture
def begin(tiny):
    """Start a session on the tiny web with this noise."""

    def start(noise, seed=0, **settings):
        scenario = catalog.scenario("Lookup-v0", corpus="tiny", noise=noise, **settings)
        return Session(scenario, scenario.tasks.draw(seed, "train"), seed)

    return start


def results(session, *messages):
    return [session.act(message).results[0] for message in messages]


@pytest.mark.parametrize("name", NAMES)
def test_strength_zero_is_the_clean_web_to_the_byte(name):
    episodes = []
    for noise in ("none", f"{name}:0"):
        scenario = catalog.scenario("Lookup-v0", corpus="tiny", noise=noise)
        lineup = catalog.lineup("scripted")
        episode = play(scenario, lineup, 3)
        episodes.append(msgspec.structs.replace(episode, settings={}, fingerprint=""))
    assert episodes[0] == episodes[1]


def test_fetch_read_find_and_back_see_one_and_the_same_noisy_page(tiny):
    noise = "bloat:1(characters=9000),inject:1,contradict:1"
    web = catalog.scenario("Lookup-v0", corpus="tiny", noise=noise).web
    scene, view = Scene(seed=4), None

    def call(tool, view, **arguments):
        return web.call(Call(id="1", tool=tool, arguments=arguments), view, scene, 0)

    first, view = call("fetch", None, url=town(tiny).url)
    parts = int(first.content.partition("(page 1 of ")[2].partition(")")[0])
    assert parts > 3
    texts, then = [first.content], view
    for _ in range(parts - 1):
        result, then = call("read", then)
        texts.append(result.content)
    assert texts == [
        call("fetch", None, url=town(tiny).url, page=part)[0].content
        for part in range(1, parts + 1)
    ]
    (wrong,) = (new for old, new in first.details["contradict"]["values"] if old == "1164")
    assert wrong in call("find", view, text="Foundation: ")[0].content
    _, then = call("fetch", view, url="https://world.example/wiki/Jolkines")
    assert call("back", then)[0].content == first.content


def test_clicks_on_a_padded_page_lead_where_they_led(tiny, begin):
    page = town(tiny)
    for number, link in enumerate(page.links):
        session = begin("boilerplate:1,advertise:1,bloat:1,inject:1,redirect:1(limit=100)")
        (_, result) = results(session, say("fetch", url=page.url), say("click", link=number))
        assert (result.status, result.urls) == ("ok", (link.url,))


def test_a_link_in_a_part_that_is_missing_cannot_be_clicked(tiny, begin):
    page = town(tiny)
    session = begin("truncate:1(least=0.2,most=0.2)")
    (_, gone, there) = results(
        session, say("fetch", url=page.url), say("click", link=6), say("click", link=1)
    )
    assert (gone.status, gone.error) == ("not_found", "policy_error"), "it was never shown"
    assert there.urls == (page.links[1].url,)


def test_a_walk_begins_on_its_page_as_noise_has_it_and_always_begins(tiny):
    scenario = webenvs.scenario("WebWalk-v0", noise="truncate:1(least=0.2,most=0.2),rot:1")
    session = Session(scenario, scenario.tasks.draw(0, "train"), 0)
    clean = webenvs.scenario("WebWalk-v0")
    other = Session(clean, clean.tasks.draw(0, "train"), 0)
    shown, whole = (one.observe("walker_0")["text"] for one in (session, other))
    assert len(shown) < len(whole)
    assert [entry["name"] for entry in session.noise("walker_0")] == ["truncate"]
    rotten = webenvs.scenario("WebWalk-v0", noise="rot:1")
    walk = Session(rotten, rotten.tasks.draw(0, "train"), 0)
    assert walk.observe("walker_0")["text"] == whole
    assert walk.act(say("click", link=0)).results[0].noise == ("rot",)


def test_a_rotten_page_stays_so_however_often_it_is_tried(tiny, begin):
    session = begin("rot:1", turns=20)
    tried = results(session, *[say("fetch", url=town(tiny).url)] * 3)
    assert {(one.status, one.error, one.noise) for one in tried} == {
        ("not_found", "env_error", ("rot",))
    }


def test_noise_is_told_to_researchers_and_not_to_players(tiny, begin):
    session = begin("boilerplate:1,contradict:1(anywhere=true)")
    session.act(say("fetch", url=town(tiny).url))
    (player,) = session.scenario.players
    assert [item["name"] for item in session.noise(player)] == ["boilerplate", "contradict"]
    seen = session.observe(player)["text"]
    assert not any(word in seen for word in ("contradict", "boilerplate", "noise"))


@pytest.mark.parametrize("env", ["Lookup-v0", "WebWalk-v0"])
def test_an_oracle_still_gets_there_where_pages_are_only_padded(env):
    noise = "boilerplate:1,advertise:1,bloat:1(characters=4000),inject:1,redirect:1(limit=100)"
    scenario = catalog.scenario(env, corpus="tiny", noise=noise, reward="answer", turns=40)
    clean = catalog.scenario(env, corpus="tiny", reward="answer", turns=40)
    lineup = catalog.lineup("oracle")
    for seed in range(6):
        padded, usual = play(scenario, lineup, seed), play(clean, lineup, seed)
        assert padded.rewards == usual.rewards
        assert set(padded.rewards.values()) == {1.0}


RECORDED = {
    "truncate": "0dbc6c4cbec22903",
    "miss_section": "d0a5e623993dd6f4",
    "garble": "c91f3fd25da51664",
    "rot": "ee72ba58b8e4c85b",
    "redirect": "05375d6f85fa5100",
    "boilerplate": "03271609b7e60d99",
    "advertise": "865d461c1483797e",
    "bloat": "b727600c0b300d95",
    "inject": "39f679f4ca8daecb",
    "contradict": "a1b1b8c04bafe470",
    "stale": "b9c5189678497965",
}


@pytest.mark.parametrize("name", NAMES)
def test_struck_pages_are_the_recorded_ones(name, tiny, strike):
    """Another machine, another hash seed, another Python: the same bytes."""
    struck = [strike(name, page) for page in [*tiny.pages[::7], HOSTILE["right to left"]]]
    assert digest(struck)[:16] == RECORDED[name]
