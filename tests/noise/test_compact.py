"""Noise as settings write it: text, records, mappings, and what is refused."""

import math
import re

import msgspec
import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.noise.compact import noise_from, told
from webenvs.noise.declared import Noise, Ramp
from webenvs.noise.presets import PRESETS


def test_a_list_of_rates_is_read_in_order():
    assert noise_from("none") == noise_from("") == noise_from(" , ") == ()
    assert noise_from("timeout:0.1, drop:1") == (
        Noise(name="timeout", strength=0.1),
        Noise(name="drop", strength=1.0),
    )


def test_a_preset_is_the_list_that_it_stands_for_marked_as_one():
    plain = noise_from(PRESETS["mild"])
    assert noise_from("mild") == tuple(msgspec.structs.replace(n, preset=True) for n in plain)
    assert [noise.name for noise in noise_from("mild,drop:0.5")][-1] == "drop"


@pytest.mark.parametrize(
    ("text", "roles", "tools"),
    [
        ("drop:0.3@worker", ("worker",), ()),
        ("drop:0.3@search", (), ("search",)),
        ("timeout:0.3@worker/search", ("worker",), ("search",)),
        ("timeout:0.3@worker+planner/search+fetch", ("worker", "planner"), ("search", "fetch")),
        ("timeout:0.3 @ worker / search ", ("worker",), ("search",)),
        ("timeout:0.3@/fetch", (), ("fetch",)),
    ],
)
def test_a_target_narrows_noise_to_roles_and_tools(text, roles, tools):
    (noise,) = noise_from(text)
    assert (noise.roles, noise.tools) == (roles, tools)


def test_a_preset_behind_a_target_keeps_what_concerns_the_tool():
    narrowed = noise_from("mild@worker/fetch")
    names = [noise.name for noise in noise_from("mild") if "fetch" in noise.kind.tools]
    assert [noise.name for noise in narrowed] == names
    assert "drop" not in names
    assert {(noise.roles, noise.tools) for noise in narrowed} == {(("worker",), ("fetch",))}


def test_options_say_when_and_how():
    (noise,) = noise_from("timeout:0.4(sticky, turns=2-8, episodes=10-, seconds=5)")
    assert noise == Noise(
        name="timeout",
        strength=0.4,
        sticky=True,
        turns=(2, 8),
        episodes=(10, None),
        options={"seconds": 5},
    )
    assert noise_from("timeout:0.4(transient)")[0].sticky is False
    (ramp,) = noise_from("timeout:0.4(ramp=episodes:10-100 from 0.1)")
    assert ramp.ramp == Ramp(over="episodes", first=10, last=100, initial=0.1)


def test_text_records_and_mappings_say_the_same():
    text = noise_from("timeout:0.1@worker,drop:0.2")
    records = [Noise(name="timeout", strength=0.1, roles=("worker",)), "drop:0.2"]
    mappings = [
        {"name": "timeout", "strength": 0.1, "roles": ["worker"]},
        {"name": "drop", "strength": 0.2},
    ]
    assert noise_from(records) == noise_from(mappings) == text
    assert noise_from(mappings[1]) == noise_from(text[1]) == text[1:]
    assert noise_from(told(text)) == text


@pytest.mark.parametrize("text", ["timeout:0", "timeout:0.0,drop:0", "drop:0(ramp=turns:0-5)"])
def test_what_never_strikes_is_left_out(text):
    assert noise_from(text) == ()


def test_what_begins_strong_and_fades_is_kept():
    assert len(noise_from("drop:0(ramp=turns:0-5 from 0.5)")) == 1


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("timout:0.1", "There is no noise 'timout:0.1'. Did you mean 'timeout:RATE'"),
        ("timeout", "There is no noise 'timeout'. Did you mean 'timeout:RATE'"),
        ("mlid", "Did you mean 'mild'"),
        ("drop:0.1,fog:0.2", "There is no noise 'fog:0.2'"),
        ([{"name": "timout"}], "There is no noise 'timout'. Did you mean 'timeout'"),
        ("nowhere_at_all.noise:Fog:0.2", "cannot import|There is no"),
    ],
)
def test_an_unknown_noise_is_told_with_the_nearest(setting, words):
    with pytest.raises((UnknownNameError, SettingError), match=words):
        noise_from(setting)


@pytest.mark.parametrize("rate", ["1.1", "-0.1", "much", "nan", "inf", ""])
def test_a_rate_outside_0_and_1_is_refused(rate):
    with pytest.raises(SettingError, match=rf"noise 'drop:{rate}' = '{rate}' .*from 0 to 1"):
        noise_from(f"drop:{rate}")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("drop:0.1@fetch", r"must be one that it can fall on: search"),
        ("timeout:0.1@worker/serch", r"did you mean 'search'\?"),
        ("timeout:0.1@", r"must be @ROLE, @TOOL or @ROLE/TOOL"),
        ("timeout:0.1(", "must be balanced in its brackets"),
        ("timeout:0.1(stiky)", "option of noise .* 'stiky'.* must be sticky, transient"),
        ("timeout:0.1(turns=8-2)", "turns of noise 'timeout'"),
        ("timeout:0.1(turns=3)", "must be a span, as in turns=2-8"),
        ("timeout:0.1(ramp=days:1-2)", "as in ramp=turns:0-8"),
        ("timeout:0.1(ramp=turns:8-2)", "ramp of noise 'timeout'"),
        ("timeout:0.1(ramp=turns:0-2 from 7)", "from 0 to 1"),
        ("timeout:0.1(secs=3)", "no option 'secs'. Did you mean 'seconds'"),
        ("timeout:0.1(seconds=x)", "Noise 'timeout': Expected `float`"),
        ("mild(sticky)", "left out behind a preset's name"),
        ([{"name": "timeout", "strenth": 0.1}], "no field 'strenth'. Did you mean 'strength'"),
        ([{"name": "timeout", "strength": 2}], "Noise .* is not allowed: Expected `float` <= 1"),
        (Noise(name="timeout", strength=2), "Noise .* is not allowed: Expected `float` <= 1"),
        ([Noise(name="timeout", strength=-0.1)], "is not allowed: Expected `float` >= 0"),
        (Noise(name="timeout", strength=math.nan), r"is not allowed: .*\$.strength"),
        (Noise(name="timeout", roles="worker"), "is not allowed: Expected `array`"),
        (
            Noise(name="drop", ramp=Ramp(over="turns", last=3, initial=7)),
            r"is not allowed: Expected `float` <= 1.0 - at `\$.ramp.initial`",
        ),
        ({"name": "timeout", "options": {"seconds": {3}, "x": object()}}, "what JSON can hold"),
        ("rename_tools:1(turns=2-)", "drawn by the role, before the first turn"),
        ("handicap:1(ramp=turns:0-8)", "drawn by the seat, before the first turn"),
        ("timeout:0.1(sticky,transient)", "'transient'.* must be named once"),
        ("timeout:0.1(seconds=5,seconds=6)", "'seconds=6'.* must be named once"),
        ("timeout:0.1(turns=1-2,turns=3-4)", "'turns=3-4'.* must be named once"),
        (3, "noise = 3 is not allowed"),
        ([3], "noise = 3 is not allowed"),
    ],
)
def test_what_is_written_wrong_is_named(setting, words):
    with pytest.raises(SettingError, match=words):
        noise_from(setting)


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (Noise(name="timeout", strength=5), "Expected `float` <= 1"),
        (Noise(name="timeout", strength=float("nan")), "Expected `float` >= 0"),
        (Noise(name="timeout", strength="0.3"), "Expected `float`, got `str`"),
        (Noise(name="timeout", turns=(1, 2, 3)), "length 2"),
        (Noise(name="timeout", ramp=Ramp(over="days", last=2)), "allowed: turns, episodes"),
        (Noise(name="timeout", ramp="turns:0-8"), "Expected `object | null`, got `str`"),
        (Noise(name="timeout", roles="worker"), "Expected `array`, got `str`"),
        (Noise(name="timeout", sticky="yes"), "Expected `bool | null`, got `str`"),
        (Noise(name="timeout", options=None), "Expected `object`, got `null`"),
        (Noise(name=None), "Expected `str`, got `null`"),
    ],
    ids=repr,
)
def test_a_record_is_read_as_strictly_as_a_mapping(noise, words):
    with pytest.raises(SettingError, match=re.escape(words)):
        noise_from([noise])


UNORDERED = [{"mild", "drop:0.1"}, iter(["mild"]), b"mild"]


@pytest.mark.parametrize("setting", UNORDERED, ids=["set", "iterator", "bytes"])
def test_noise_without_an_order_of_its_own_is_refused(setting):
    with pytest.raises(SettingError, match="must be a text, a Noise, a mapping, or a list"):
        noise_from(setting)


@pytest.mark.parametrize(
    ("option", "meant"),
    [("stiky", "sticky"), ("turn=2-8", "turns"), ("episode=2-", "episodes"), ("rmp=1", "ramp")],
)
def test_an_option_of_all_kinds_that_is_misspelled_is_told_the_right_one(option, meant):
    with pytest.raises(SettingError, match=rf"(?i)did you mean '{meant}'\?"):
        noise_from(f"timeout:0.1({option})")


@pytest.mark.parametrize("options", ["kinds=foo", 'kinds=["foo"]'])
def test_a_word_that_an_option_cannot_be_is_told_with_those_that_it_can(options):
    with pytest.raises(SettingError, match=r"'foo'.*allowed: false_instruction, fake_tool_result"):
        noise_from(f"inject:0.5({options})")


def test_a_value_nested_beyond_all_reading_is_refused():
    with pytest.raises(SettingError, match="Noise 'timeout'"):
        noise_from(f"timeout:0.1(seconds={'[' * 100_000}{']' * 100_000})")
