"""Noise on the way of a report: what arrives, when, and of which try."""

import pytest

from webenvs.errors import SettingError
from webenvs.noise.compact import noise_from
from webenvs.noise.model import Report, Scene
from webenvs.noise.weather import Mixture, delivered

TEXT = "Ilsa Veit was born in Tarn, says the chronicle of the bridge."
REPORT = Report(status="ok", content=TEXT)
NOTHING = Report(status="empty", content="The worker ended without a report (gave_up).")


def arrives(noise, seed=0, report=REPORT, occurrence=0, role="worker", turn=0):
    scene = Scene(seed=seed, role=role, turn=turn)
    return delivered(Mixture(noise_from(noise)), scene, "a task", occurrence, report)


def test_the_first_part_of_a_cut_report_arrives():
    lengths = set()
    for seed in range(200):
        report, done = arrives("cut_report:1", seed)
        kept = report.content.removesuffix(" [...]")
        assert report.content != kept
        assert TEXT.startswith(kept)
        assert report.truncated
        assert report.status == "ok"
        assert done["cut_report"]["of"] == len(TEXT)
        lengths.add(done["cut_report"]["kept"])
    assert 0.2 * len(TEXT) - 1 < min(lengths) < max(lengths) < 0.7 * len(TEXT)


def test_how_much_of_a_report_is_kept_are_options():
    for seed in range(50):
        _, done = arrives("cut_report:1(least=0.5,most=0.5)", seed)
        assert done["cut_report"]["kept"] == int(len(TEXT) * 0.5)
    with pytest.raises(SettingError, match="least"):
        noise_from("cut_report:1(least=0.8)")


def test_a_report_of_two_characters_is_cut_to_one():
    assert arrives("cut_report:1", report=Report(status="ok", content="no"))[0].content == "n [...]"


@pytest.mark.parametrize("report", [NOTHING, Report(status="ok", content="x")])
def test_what_has_nothing_to_cut_arrives_as_it_is(report):
    assert arrives("cut_report:1", report=report) == (report, {})


def test_delays_add_up():
    report, done = arrives("delay_report:1,delay_report:1(messages=3)")
    assert (report.content, report.delay) == (TEXT, 4)
    assert done == {"delay_report": {"messages": 3}}


def test_a_delay_is_of_at_least_one_message():
    with pytest.raises(SettingError, match=r"delay_report.*>= 1"):
        noise_from("delay_report:1(messages=0)")


@pytest.mark.parametrize(
    ("name", "status"), [("lose_report", "timeout"), ("fail_worker", "server_error")]
)
@pytest.mark.parametrize("report", [REPORT, NOTHING], ids=["report", "nothing"])
def test_a_report_that_never_comes_is_a_failure_that_can_be_tried_again(name, status, report):
    arrived, done = arrives(f"{name}:1", report=report)
    assert (arrived.status, arrived.delay) == (status, 0)
    assert "delegate the task again" in arrived.content
    assert TEXT not in arrived.content
    assert done == {name: {}}


def test_what_has_failed_is_neither_cut_nor_late_nor_fails_again():
    names = ("lose_report:1", "fail_worker:1", "cut_report:1", "delay_report:1")
    arrived, done = arrives(",".join(names))
    assert arrived.status == "timeout"
    assert list(done) == ["lose_report"]


def test_a_lost_report_is_not_late():
    arrived, done = arrives("delay_report:1,lose_report:1")
    assert arrived.delay == 0
    assert list(done) == ["delay_report", "lose_report"]


@pytest.mark.parametrize("name", ["cut_report", "delay_report", "lose_report", "fail_worker"])
def test_reports_misbehave_at_the_declared_rate(name):
    struck = sum(arrives(f"{name}:0.3", seed)[0] != REPORT for seed in range(2000))
    assert abs(struck / 2000 - 0.3) < 0.05
    assert arrives(f"{name}:0") == (REPORT, {})


def test_another_try_draws_anew_unless_the_noise_is_sticky():
    def lost(noise):
        return [[bool(arrives(noise, s, occurrence=n)[1]) for n in (0, 1)] for s in range(200)]

    assert {tuple(pair) for pair in lost("lose_report:0.5")} == {
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    }
    assert all(one == two for one, two in lost("lose_report:0.5(sticky)"))


def test_noise_falls_on_the_reports_of_the_roles_that_it_is_declared_for():
    assert arrives("lose_report:1@worker/delegate")[1]
    assert not arrives("lose_report:1@walker")[1]


def test_turns_are_those_of_the_caller():
    assert not arrives("lose_report:1(turns=2-)", turn=1)[1]
    assert arrives("lose_report:1(turns=2-)", turn=2)[1]
