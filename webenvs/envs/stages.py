"""Stages of realism: one task, one action schema, one reward; what answers the calls changes.

A stage is a row of `STAGES`: the settings it brings along unless others are given, and those that
it rules out. The setting `stage` takes a number (S2) or a name (corpus) in any case; records always
spell the number.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from webenvs.envs.settings import Settings
from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.naming import path_of
from webenvs.noise.compact import noise_from
from webenvs.noise.declared import Noise
from webenvs.records import Record
from webenvs.web.backend import Backend, PriorWorld

Backing = Literal["corpus", "nothing", "recording", "live"]
Weather = Literal["none", "some", "any"]

SOURCES = ("recording", "api", "live")
"""Settings that say where answers come from which are not the corpus'."""


class Stage(Record, frozen=True, kw_only=True):
    """One stage: what answers, what it sets by default, and what it forbids.

    `sets` are settings where none are given, `fixed` those that cannot be others. `weather` says
    whether there must be noise, may be, or must not. Of `SOURCES` it `needs` some and may be given
    `more`; the others are refused.
    """

    name: str
    title: str
    meaning: str
    backing: Backing
    sets: dict[str, Any] = msgspec.field(default_factory=dict)
    fixed: dict[str, Any] = msgspec.field(default_factory=dict)
    weather: Weather = "none"
    needs: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Number and name: S2 (corpus)."""
        return f"{self.name} ({self.title})"


STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            name="S0",
            title="prior",
            meaning="no web: a call gets its own echo; for plans and for the format of calls",
            backing="nothing",
            sets={"reward": "plan"},
        ),
        Stage(
            name="S1",
            title="toy",
            meaning="the tiny world and exact BM25: for tests and for debugging a learner",
            backing="corpus",
            fixed={"corpus": "tiny", "retriever": "bm25"},
        ),
        Stage(
            name="S2",
            title="corpus",
            meaning="a frozen corpus and its engine: for training and for reported results",
            backing="corpus",
            sets={"corpus": "medium"},
        ),
        Stage(
            name="S3",
            title="noisy",
            meaning="the same corpus when the web misbehaves: for robustness",
            backing="corpus",
            sets={"corpus": "medium", "noise": "moderate"},
            weather="some",
        ),
        Stage(
            name="S4",
            title="replay",
            meaning="real pages and search results as they were recorded; a miss is unavailable",
            backing="recording",
            weather="any",
            needs=("recording", "api"),
        ),
        Stage(
            name="S5",
            title="live",
            meaning="an adapter of your own asks the live web; what it says can be recorded for S4",
            backing="live",
            weather="any",
            needs=("live",),
            more=("recording",),
        ),
    )
}
"""Every stage by its number, the least real first."""


def stage_of(name: str) -> Stage:
    """The stage of a number or name, in any case; raises UnknownNameError with the nearest one."""
    wanted = name.strip().lower()
    for stage in STAGES.values():
        if wanted in (stage.name.lower(), stage.title):
            return stage
    names = [known for stage in STAGES.values() for known in (stage.name, stage.title)]
    raise unknown_name("stage", name, names)


def with_stage(usual: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an environment, with those of its stage between the `usual` and the `given`.

    Raises UnknownNameError for a stage that is none, SettingError for a setting that contradicts
    the stage, or one that it needs and that is not given.
    """
    name = given.get("stage", usual.get("stage", ""))
    if not isinstance(name, str):
        raise bad_setting("stage", name, "the number or the name of a stage, such as S2 or corpus")
    if not name:
        _check_sources(None, given)
        return {**usual, **given}
    stage = stage_of(name)
    _check_sources(stage, given)
    for field, value in stage.fixed.items():
        if field in given and given[field] != value:
            raise bad_setting(field, given[field], f"{value!r} on stage {stage.label}")
    merged = {**usual, **stage.sets, **stage.fixed, **given, "stage": stage.name}
    noise = merged.get("noise", "none")
    check_weather(stage, noise, noise_from(noise))
    return merged


def brought_by(name: str) -> tuple[str, ...]:
    """The settings that a stage has other defaults for; noise aside, which S3 always tells."""
    return tuple(field for field in stage_of(name).sets if field != "noise") if name else ()


def with_adapter(values: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The settings with the path of the `live` adapter where it is an object, and the adapter."""
    live = values.get("live", "")
    if isinstance(live, str):
        return values, live
    return {**values, "live": path_of(live if isinstance(live, type) else type(live))}, live


def backend_of(settings: Settings, live: Any) -> Backend | None:
    """What answers on the stage of the settings; None is the corpus itself.

    `live` is the adapter of S5. Raises SettingError, UnknownNameError or CorpusError where there is
    no such adapter or recording, and SettingError for engines that would answer in its place.
    """
    backing = stage_of(settings.stage).backing if settings.stage else "corpus"
    if backing == "corpus":
        return None
    failover = settings.sandbox.get("failover")
    if failover:
        allowed = f"left out on stage {stage_of(settings.stage).label}: no corpus answers there"
        raise bad_setting("sandbox.failover", failover, allowed)
    if backing == "nothing":
        return PriorWorld()
    from webenvs.recording.recording import Recording

    if backing == "recording":
        from webenvs.web.recorded import RecordedWeb

        return RecordedWeb(Recording(settings.recording), settings.api)
    from webenvs.web.live import LiveWeb, adapter_of

    kept = Recording(settings.recording, "record") if settings.recording else None
    return LiveWeb(*adapter_of(live), kept)


def _check_sources(stage: Stage | None, given: Mapping[str, Any]) -> None:
    """Raise for a source that the stage has no use for, or that it needs and has not."""
    for field in SOURCES:
        there = given.get(field) not in (None, "")
        wanted = stage is not None and field in (*stage.needs, *stage.more)
        if there and not wanted:
            users = [each.label for each in STAGES.values() if field in (*each.needs, *each.more)]
            here = f"stage {stage.label}" if stage else "an environment without a stage"
            raise SettingError(
                f"{field} = {given[field]!r} is not allowed: {here} asks no {field}; "
                f"set stage to {' or '.join(users)}."
            )
        if stage is not None and field in stage.needs and not there:
            raise SettingError(f"Stage {stage.label} needs the setting {field}: {_NEEDED[field]}.")


def check_weather(stage: Stage, noise: Any, there: Sequence[Noise]) -> None:
    """Raise SettingError where the setting stands for noise that the stage must not have, or none.

    `there` is what it stands for, of which a game may have use for a part.
    """
    if stage.weather == "none" and there:
        raise bad_setting("noise", noise, f"none on stage {stage.label}; S3 is the noisy one")
    if stage.weather == "some" and not there:
        raise bad_setting("noise", noise, f"some on stage {stage.label}; S2 is the one without")


_NEEDED: Mapping[str, str] = {
    "recording": "the directory that `webenvs record` or a run on stage S5 has written",
    "api": 'the name under which searches were recorded, such as "my_search:search"',
    "live": 'an object with search(query, k) and fetch(url), or "module:Name" of one',
}
