"""Stages: what each brings along, what it rules out, and how it is told in records."""

import gymnasium as gym
import pytest

from webenvs import catalog
from webenvs.envs.stages import STAGES, stage_of
from webenvs.episodes import play, replay
from webenvs.errors import CorpusError, SettingError, UnknownNameError
from webenvs.recording.recording import Recording


class Adapter:
    """A live web without pages."""

    def search(self, query, k):
        return []

    def fetch(self, url):
        return None


@pytest.fixture
def recording(tmp_path):
    with Recording(tmp_path / "kept", "record"):
        pass
    return tmp_path / "kept"


@pytest.fixture
def given(recording):
    """What each stage needs to be made over the tiny world."""
    return {
        "S0": {},
        "S1": {},
        "S2": {"corpus": "tiny"},
        "S3": {"corpus": "tiny"},
        "S4": {"recording": recording, "api": "my:search"},
        "S5": {"live": Adapter()},
    }


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_found_by_number_and_by_name_in_any_case(name):
    stage = STAGES[name]
    assert all(
        stage_of(spelt) is stage for spelt in (name, name.lower(), stage.title, stage.title.upper())
    )


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("spelling", ["name", "title"])
def test_records_spell_a_stage_by_its_number(given, name, spelling):
    made = catalog.scenario("MultiHop", stage=getattr(STAGES[name], spelling), **given[name])
    assert made.settings["stage"] == name


@pytest.mark.parametrize("env", catalog.ROWS)
@pytest.mark.parametrize("name", STAGES)
def test_every_environment_plays_on_every_stage(given, env, name):
    tasks = {"tasks": "multi-hop", "split": "train"} if env == "Tasks-v0" else {}
    made = catalog.scenario(env, stage=name, **tasks, **given[name])
    episode = play(made, catalog.lineup("random", made.game), 0)
    assert episode.valid


@pytest.mark.parametrize("name", ["S0", "S1", "S2", "S3", "S4"])
def test_an_episode_of_a_stage_is_made_again_from_its_own_settings(given, name):
    made = catalog.scenario("MultiHop", stage=name, **given[name])
    episode = play(made, catalog.lineup("scripted", made.game), 3)
    again = catalog.scenario(episode.env, **episode.settings)
    assert again.digest == made.digest
    assert replay(episode, again) is None


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_asks_the_same_question_with_the_same_tools(given, name):
    plain = catalog.scenario("MultiHop")
    made = catalog.scenario("MultiHop", stage=name, **given[name])
    assert made.tasks.draw(5, "train") == plain.tasks.draw(5, "train")
    assert made.kits["researcher"].stages == plain.kits["researcher"].stages


@pytest.mark.parametrize(("name", "status"), [("S0", "empty"), ("S1", "ok"), ("S4", "unavailable")])
def test_what_a_search_brings_depends_on_the_stage(given, name, status):
    env = gym.make("webenvs/MultiHop-v0", stage=name, disable_env_checker=True, **given[name])
    env.reset(seed=0)
    call = {"calls": [{"name": "search", "arguments": {"query": "founder"}}]}
    assert env.step(call)[4]["statuses"] == (status,)
    env.close()


def test_the_prior_world_shows_an_echo_and_pays_plan_and_format():
    made = catalog.scenario("MultiHop", stage="prior")
    episode = play(made, catalog.lineup("first-hit", made.game), 0)
    assert episode.turns[1].observation == (
        '[search] {"query":"What is the year of death of the founder of Okerazoba Publishing?"}'
    )
    # Of two things one is named, in words that are all the task's: 2 * 0.5 * 1 / 1.5.
    assert episode.terms["researcher_0"] == {"format": 1.0, "plan": pytest.approx(2 / 3)}
    assert episode.rewards["researcher_0"] == pytest.approx(0.9 * 2 / 3 + 0.1)


def test_a_walk_in_the_prior_world_begins_at_an_address_and_nothing_else():
    made = catalog.scenario("WebWalk", stage="S0")
    episode = play(made, catalog.lineup("oracle", made.game), 0)
    root = made.tasks.get(episode.task).meta["root"]
    assert episode.turns[0].observation.endswith(f"[start] {root}")


def test_a_walk_from_a_page_that_was_not_recorded_says_so(given):
    made = catalog.scenario("WebWalk", stage="S4", **given["S4"])
    first = play(made, catalog.lineup("random", made.game), 0).turns[0].observation
    assert first.endswith("[start] There is no answer to this request: it was not recorded.")


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"stage": "S6"}, UnknownNameError, "no stage 'S6'. Did you mean 'S5'"),
        ({"stage": "corpse"}, UnknownNameError, "no stage 'corpse'. Did you mean 'corpus'"),
        ({"stage": 2}, SettingError, "stage = 2 is not allowed: .* such as S2 or corpus"),
        ({"stage": "S0", "noise": "mild"}, SettingError, r"noise must be none on stage S0 \(prior"),
        ({"stage": "S1", "noise": "mild"}, SettingError, r"noise must be none on stage S1 \(toy"),
        (
            {"stage": "S2", "noise": "timeout:0.2"},
            SettingError,
            r"noise = 'timeout:0.2' is not allowed: .* stage S2 \(corpus\); S3 is the noisy one",
        ),
        ({"stage": "S3", "noise": "none"}, SettingError, "noise must be some on stage S3"),
        ({"stage": "S3", "noise": "timeout:0"}, SettingError, "noise must be some on stage S3"),
        ({"stage": "S3", "noise": "cut_report:1"}, SettingError, "noise must be some on stage S3"),
        ({"stage": "S3", "noise": "milt"}, UnknownNameError, "Did you mean 'mild'"),
        ({"stage": "S1", "corpus": "small"}, SettingError, "corpus must be 'tiny' on stage S1"),
        ({"stage": "S1", "retriever": "dense"}, SettingError, "retriever must be 'bm25'"),
        ({"stage": "S4"}, SettingError, r"Stage S4 \(replay\) needs the setting recording"),
        ({"stage": "S4", "recording": "x"}, SettingError, "needs the setting api: the name under"),
        ({"stage": "S5"}, SettingError, r"Stage S5 \(live\) needs the setting live: an object"),
        ({"stage": "S5", "live": 3}, SettingError, "live = 3 is not allowed"),
        (
            {"stage": "S5", "live": Adapter, "api": "a:b"},
            SettingError,
            r"stage S5 \(live\) asks no",
        ),
        ({"stage": "S2", "recording": "x"}, SettingError, r"set stage to S4 \(replay\) or S5"),
        ({"recording": "x"}, SettingError, "an environment without a stage asks no recording"),
        (
            {"live": Adapter},
            SettingError,
            r"without a stage asks no live; set stage to S5 \(live\)",
        ),
        ({"api": "a:b"}, SettingError, r"without a stage asks no api; set stage to S4 \(replay\)"),
    ],
)
def test_a_setting_that_contradicts_the_stage_is_refused(settings, error, words):
    with pytest.raises(error, match=words):
        catalog.scenario("MultiHop", **settings)


def test_a_recording_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CorpusError, match="no recording at"):
        catalog.scenario("MultiHop", stage="S4", recording=tmp_path / "none", api="a:b")


def test_what_is_given_goes_before_what_the_stage_sets():
    made = catalog.scenario("MultiHop", stage="S0", reward="answer")
    assert made.reward == catalog.scenario("MultiHop").reward


def test_what_is_given_in_the_place_of_what_the_stage_sets_is_told():
    made = catalog.scenario("MultiHop", stage="S0", reward="answer")
    assert catalog.scenario("MultiHop", **made.settings).reward == made.reward


def test_noise_of_the_stage_is_the_default_of_s3_alone():
    noisy = catalog.scenario("MultiHop", stage="S3", corpus="tiny")
    assert noisy.web.mixture
    assert not catalog.scenario("MultiHop", stage="S2", corpus="tiny").web.mixture


def test_an_adapter_is_told_by_its_path_and_travels_by_it(given):
    made = catalog.scenario("MultiHop", stage="S5", **given["S5"])
    assert made.settings["live"] == f"{Adapter.__module__}:Adapter"


@pytest.mark.parametrize(("name", "known"), [("S3", True), ("S4", False), ("S5", False)])
def test_what_is_known_of_corpus_pages_is_used_on_those_alone(given, name, known):
    made = catalog.scenario("MultiHop", stage=name, noise="contradict:1", **given[name])
    corpus = made.web.corpus
    claims = [made.web.around.claims(corpus.url(place)) for place in range(len(corpus))]
    assert any(claims) is known


@pytest.mark.parametrize("name", ["S0", "S4", "S5"])
def test_no_engine_of_the_corpus_stands_in_for_what_a_stage_asks(given, name):
    sandbox = {"failover": [{"retriever": "rank-bm25"}]}
    with pytest.raises(SettingError, match=rf"sandbox.failover = .* left out on stage {name}"):
        catalog.scenario("MultiHop", stage=name, sandbox=sandbox, **given[name])


@pytest.mark.parametrize("name", STAGES)
def test_a_sandbox_stands_before_every_stage(given, name):
    made = catalog.scenario("MultiHop", stage=name, sandbox="on", **given[name])
    assert play(made, catalog.lineup("scripted", made.game), 0).valid
