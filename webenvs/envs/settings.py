"""Every setting of an environment, with its default, its bounds and one sentence of meaning."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from webenvs.corpora.corpus import Corpus
from webenvs.envs.game import Game, MessageRole, check_game
from webenvs.envs.games.solo import solo
from webenvs.envs.games.team import team
from webenvs.envs.games.walk import walk, walk_team
from webenvs.errors import SettingError, bad_setting, nearest
from webenvs.noise.compact import declared as noises
from webenvs.noise.declared import Noise
from webenvs.records import Budget, Record
from webenvs.search.engines import ENGINES
from webenvs.tasks.taskset import TaskSource
from webenvs.web.sandbox import declared
from webenvs.web.tools import TOOLS

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
GameName = Literal["solo", "team", "walk", "walk-team"]

MEANINGS: Mapping[str, str] = {
    "game": "table of roles: solo (one researcher), team (a planner with workers), walk (one "
    "walker who clicks through a site) or walk-team (a planner with walkers)",
    "corpus": "preset name, or path of a corpus built by `webenvs corpus build`",
    "tasks": "family name, path of a task file, or BENCHMARK:PATH (hotpotqa, musique, ...)",
    "level": "difficulty of generated tasks: easy, medium, hard or extreme",
    "items": "generated tasks of a split that seeds draw from",
    "knobs": "knobs of the family over those of the level, such as {hops: [2, 4]}",
    "retriever": f"search engine: {', '.join(ENGINES)}",
    "search": "settings of the engine, such as k1, b and the analyzer's",
    "codec": "how calls are written: hermes, xml, react, mcp-xml or struct",
    "reward": "preset name, or weights {term: weight} or {role: {term: weight}}",
    "metric": "how answers are scored; auto goes by the task's answer type",
    "split": "split that tasks are drawn from: train, validation or test",
    "stage": "stage of realism: S0 prior, S1 toy, S2 corpus, S3 noisy, S4 replay or S5 live; "
    "empty: as the other settings say",
    "recording": "directory of a recording: what S4 replays, and where S5 keeps what it is told",
    "api": "on S4 the name under which searches were recorded, such as my_search:search",
    "live": "on S5 what asks the web: an object with search and fetch, or module:Name of one",
    "noise": "presets and rates such as mild,timeout:0.1(sticky)@worker/search; or a list of them",
    "sandbox": "virtual latency, rate limits, cache, retries, failover, degradation: on, or a"
    " mapping such as {cache: true, retries: {attempts: 3}}",
    "top_k": "hits a search",
    "page_characters": "characters of text in one part of a page",
    "observation_characters": "longest observation",
    "turns": "messages of a researcher, worker or walker before its closing one",
    "calls": "limit of executed calls per web tool, such as {search: 8}",
    "characters": "characters a frame may hold before its closing message (its context)",
    "seconds": "virtual seconds of a researcher, worker or walker before its closing message",
    "invalid": "unreadable messages before the closing one",
    "workers": "worker seats of a team",
    "planner_turns": "messages of a planner before its closing one",
    "planner_seconds": "virtual seconds of a planner before its closing message, reports included",
    "delegations": "delegations of a planner",
    "planner_web": "web tools a planner may call itself",
    "seat_tools": "web tools of single seats that have not all of their role's, such as "
    "{worker_1: [fetch]}",
    "recap": "whether a worker's request names the question it serves",
    "report_role": "chat role in which reports reach the planner: user or tool",
    "report_characters": "longest report",
    "result_role": "chat role of web results: tool or user",
    "dense": "pay rewards at every message instead of at the end; the sum is the same",
}
"""One line per setting, as the docs and `webenvs show` print it."""


_EXAMPLES: Mapping[str, str] = {
    "search": 'a mapping, such as {"k1": 0.9}',
    "calls": 'a mapping, such as {"search": 8}',
    "planner_web": 'a list of web tools, such as ["search"]',
    "knobs": 'a mapping, such as {"hops": [2, 4]}',
    "seat_tools": 'a mapping, such as {"worker_1": ["fetch"]}',
}


class Settings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of an environment; see `MEANINGS`."""

    game: GameName = "solo"
    corpus: str = "tiny"
    tasks: str = "multi-hop"
    level: str = "medium"
    items: Count = 1000
    knobs: dict[str, Any] = msgspec.field(default_factory=dict)
    retriever: str = "bm25"
    search: dict[str, Any] = msgspec.field(default_factory=dict)
    codec: str = "hermes"
    reward: str | dict[str, Any] = "answer"
    metric: str = "auto"
    split: str = "train"
    stage: str = ""
    recording: str = ""
    api: str = ""
    live: str = ""
    noise: str | tuple[Noise, ...] = "none"
    sandbox: dict[str, Any] = msgspec.field(default_factory=dict)
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    page_characters: Annotated[int, msgspec.Meta(ge=200)] = 3000
    observation_characters: Annotated[int, msgspec.Meta(ge=1000)] = 32_768
    turns: Count = 12
    calls: dict[str, Count] = msgspec.field(default_factory=dict)
    characters: Count | None = None
    seconds: Seconds | None = None
    invalid: Count = 3
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    planner_turns: Count = 8
    planner_seconds: Seconds | None = None
    delegations: Count = 8
    planner_web: tuple[str, ...] = ()
    seat_tools: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    recap: bool = True
    report_role: MessageRole = "user"
    report_characters: Annotated[int, msgspec.Meta(ge=50)] = 4000
    result_role: MessageRole = "tool"
    dense: bool = False


def settings_from(values: Mapping[str, Any], knobs: Sequence[str] = ()) -> Settings:
    """The settings that `values` name, defaults for the rest.

    Raises SettingError for an unknown name (with the nearest right one, be it one of the `knobs`
    that the caller has put under `knobs`) or a value out of range.
    """
    names = msgspec.structs.fields(Settings)
    known = [field.name for field in names]
    for name in values:
        if name in ("seat", "players"):
            raise bad_setting(name, values[name], "left out: every seat of this game is yours")
        if name not in known:
            near = nearest(name, [*known, *knobs])
            meant = f" Did you mean {near!r}?" if near else ""
            others = f" Knobs: {', '.join(knobs)}." if knobs else ""
            raise SettingError(
                f"There is no setting {name!r}.{meant} Settings: {', '.join(known)}.{others}"
            )
    for field in names:
        if field.name in values and get_origin(field.type) is Literal:
            _check_choice(field.name, values[field.name], get_args(field.type))
    _check_calls(values.get("calls", {}))
    if not isinstance(values.get("noise", ""), str):
        values = {**values, "noise": noises(values["noise"])}
    if "sandbox" in values:
        values = {**values, "sandbox": declared(values["sandbox"])}
    try:
        settings = msgspec.convert(dict(values), Settings)
    except msgspec.ValidationError as error:
        raise SettingError(_explain(str(error), values)) from error
    for tool in settings.planner_web:
        _check_tool("planner_web", tool)
    if settings.planner_web and settings.game == "walk-team":
        raise bad_setting("planner_web", settings.planner_web, "empty in walk-team: walkers click")
    return settings


def check_objects(objects: Mapping[str, Any]) -> None:
    """Raise SettingError for a `corpus` or `tasks` given as an object that is none."""
    wanted: Mapping[str, Any] = {"corpus": Corpus, "tasks": TaskSource}
    for name, value in objects.items():
        kind = wanted[name]
        if isinstance(value, type) or not isinstance(value, kind):
            raise bad_setting(name, value, f"a preset name, a path, or a {kind.__name__}")


def game_of(settings: Settings) -> Game:
    """The table of roles that the settings describe."""
    game = _table(settings)
    if not settings.seat_tools:
        return game
    return check_game(msgspec.structs.replace(game, seat_tools=settings.seat_tools), TOOLS)


def _table(settings: Settings) -> Game:
    """The table of roles without exceptions for single seats."""
    desk = Budget(
        turns=settings.turns,
        calls=settings.calls,
        characters=settings.characters,
        invalid=settings.invalid,
        seconds=settings.seconds,
    )
    if settings.game == "solo":
        return solo(desk)
    if settings.game == "walk":
        return walk(desk)
    planner = Budget(
        turns=settings.planner_turns,
        calls=settings.calls if settings.planner_web else {},
        characters=settings.characters,
        invalid=settings.invalid,
        workers=settings.delegations,
        seconds=settings.planner_seconds,
    )
    game = team(
        planner,
        desk,
        workers=settings.workers,
        recap=settings.recap,
        report_role=settings.report_role,
        report_characters=settings.report_characters,
        planner_web=settings.planner_web,
    )
    return walk_team(game) if settings.game == "walk-team" else game


def _check_choice(field: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise bad_setting(field, value, f"{' or '.join(allowed)}{_meant(value, allowed)}")


def _check_calls(calls: Any) -> None:
    """Raise if a limit is not that of a web tool, or no count; other shapes are not judged."""
    if isinstance(calls, Mapping):
        for tool, limit in calls.items():
            _check_tool("calls", tool)
            if type(limit) is not int or limit < 1:
                raise bad_setting(f"calls[{tool!r}]", limit, "a whole number of at least 1")


def _check_tool(field: str, tool: Any) -> None:
    if tool not in tuple(TOOLS):
        allowed = f"made of web tools: {', '.join(TOOLS)}{_meant(tool, TOOLS)}"
        raise bad_setting(field, tool, allowed)


def _meant(value: Any, allowed: Iterable[str]) -> str:
    near = nearest(str(value), allowed)
    return f" (did you mean {near!r}?)" if near else ""


def _explain(message: str, values: Mapping[str, Any]) -> str:
    """The validator's message with the field and the value put first."""
    fault, _, place = message.partition(" - at ")
    path = place.partition("$.")[2].rstrip("`")
    field = path.partition("[")[0].partition(".")[0]
    value = values[field]
    if path in _EXAMPLES and fault.startswith(("Expected `array`, got", "Expected `object`, got")):
        return str(bad_setting(field, value, _EXAMPLES[field]))
    inside = "" if path == field else f"{path}: "
    return f"{field} = {value!r} is not allowed: {inside}{fault[0].lower()}{fault[1:]}."
