"""Texts aimed at the agent: a library of kinds, set into pages, telling no answer."""

import re

import pytest

from webenvs import catalog
from webenvs.envs.session import Session
from webenvs.errors import SettingError
from webenvs.noise.draw import Draw
from webenvs.noise.injections import LIBRARY
from webenvs.noise.model import Scene
from webenvs.noise.table import model_of
from webenvs.players.message import say
from webenvs.records import Page
from webenvs.seeding import digest

PAGE = Page(url="https://a.example/", title="A", text="One.\n\nTwo.\n\nThree.")
TEXTS = [
    (f"{kind}/{number}", text) for kind in LIBRARY for number, text in enumerate(LIBRARY[kind])
]


def inject(page=PAGE, seed=0, **options):
    draw = Draw(seed, "page", {"url": page.url}, 0)
    return model_of("inject", options).page(draw, page, Scene(seed=seed), None)


def test_every_kind_has_at_least_five_different_texts():
    assert set(LIBRARY) == {
        *("false_instruction", "fake_tool_result", "fake_system_notice", "exfiltration_bait")
    }
    assert all(len(set(texts)) == len(texts) >= 5 for texts in LIBRARY.values())
    assert len({text for _, text in TEXTS}) == len(TEXTS)


def test_texts_have_no_figures_and_lead_to_reserved_names_alone():
    for _, text in TEXTS:
        assert not re.search(r"[1-9]", text)
        assert all(host.endswith(".example") for host in re.findall(r"https://([^/]+)/", text))


def test_the_library_is_recorded_so_that_an_id_always_means_the_same_text():
    """A text that is added comes at the end of its kind; a changed one changes episodes."""
    assert digest(LIBRARY)[:16] == "5c464fec8617bb57"


@pytest.mark.parametrize("seed", range(12))
def test_the_detail_names_kind_text_and_place_and_the_rest_of_the_page_stays(seed):
    changed, detail = inject(seed=seed)
    kind, _, number = detail["text"].partition("/")
    text = LIBRARY[kind][int(number)]
    assert kind == detail["kind"]
    assert changed.text.find(text) - detail["at"] in (0, 2)
    left = changed.text.replace(f"{text}\n\n", "").replace(f"\n\n{text}", "")
    assert left == PAGE.text


def test_all_texts_are_drawn_and_kinds_can_be_chosen():
    assert {inject(seed=seed)[1]["text"] for seed in range(600)} == {name for name, _ in TEXTS}
    chosen = {inject(seed=seed, kinds=["fake_tool_result"])[1]["kind"] for seed in range(30)}
    assert chosen == {"fake_tool_result"}


@pytest.mark.parametrize(
    ("place", "gaps"), [("start", {0}), ("end", {18}), ("anywhere", {0, 6, 12, 18})]
)
def test_the_place_can_be_chosen(place, gaps):
    assert {inject(seed=seed, place=place)[1]["at"] for seed in range(60)} == gaps


@pytest.mark.parametrize(
    "options", [{"kinds": []}, {"kinds": ["praise"]}, {"place": "middle"}, {"kind": "x"}]
)
def test_unknown_kinds_and_places_are_refused(options):
    with pytest.raises(SettingError):
        model_of("inject", options)


@pytest.mark.parametrize("kinds", ["fake_tool_result+exfiltration_bait", "exfiltration_bait"])
def test_kinds_are_chosen_in_a_text_too(kinds):
    noise = f"inject:1(kinds={kinds},place=end)"
    scenario = catalog.scenario("Lookup-v0", corpus="tiny", noise=noise)
    session = Session(scenario, scenario.tasks.draw(0, "train"), 0)
    url = scenario.web.corpus.url(120)
    (result,) = session.act(say("fetch", url=url)).results
    assert result.details["inject"]["kind"] in kinds.split("+")


@pytest.mark.parametrize("env", ["Lookup-v0", "MultiHop-v0", "SetQuery-v0", "WebWalk-v0"])
def test_no_text_holds_an_answer(env):
    scenario = catalog.scenario(env, corpus="tiny")
    for task in scenario.tasks.of_split("train")[:100]:
        for answer in (*task.answers, *(name for names in task.aliases.values() for name in names)):
            whole = re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)
            assert not any(whole.search(text) for _, text in TEXTS), answer
