"""Models of the user's own, asked so that whatever is wrong with them is named with the model."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from webenvs.errors import NoiseError
from webenvs.noise.draw import Draw
from webenvs.noise.model import Around, Desk, Detail, Failure, Reply, Report, Scene, Toolset
from webenvs.records import Hit, Page, Tool
from webenvs.text import place, told

Kinds = type | tuple[type, ...]


class Own:
    """A model with the hooks of `model`, each of which raises NoiseError for what is wrong.

    That is an error or exit inside it, and an answer that is not what its hook must return.
    """

    __slots__ = ("_model", "_name")

    def __init__(self, name: str, model: Any) -> None:
        """`name` is the path of the model."""
        self._name, self._model = name, model

    def strikes(self, rate: float, draw: Draw, scene: Scene) -> bool:
        """As `model.Striking`."""
        struck = self._asked("strikes", rate, draw, scene)
        self._check("strikes", struck, bool)
        return bool(struck)

    def failure(self, draw: Draw, scene: Scene) -> Failure:
        """As `model.FailureModel`."""
        failure: Failure = self._asked("failure", draw, scene)
        self._check("failure", failure, Failure)
        return failure

    def hits(
        self, draw: Draw, query: str, hits: tuple[Hit, ...], struck: Sequence[int], around: Around
    ) -> tuple[tuple[Hit, ...], Detail]:
        """As `model.HitsModel`."""
        changed, detail = self._pair("hits", (list, tuple), draw, query, hits, struck, around)
        for hit in changed:
            self._check("hits", hit, Hit)
        return tuple(changed), detail

    def page(
        self, draw: Draw, page: Page, scene: Scene, around: Around
    ) -> tuple[Page | Failure, Detail]:
        """As `model.PageModel`."""
        return self._pair("page", (Page, Failure), draw, page, scene, around)

    def reply(self, draw: Draw, reply: Reply, call: Mapping[str, Any]) -> tuple[Reply, Detail]:
        """As `model.ReplyModel`."""
        return self._pair("reply", Reply, draw, reply, call)

    def tools(
        self, draw: Draw, tools: Sequence[Tool], shown: Toolset, desk: Desk
    ) -> tuple[Toolset, Detail]:
        """As `model.ToolsModel`; names must tell the tools of all roles apart."""
        changed, detail = self._pair("tools", Toolset, draw, tools, shown, desk)
        names = [changed.names.get(tool, tool) for tool in desk.web]
        others = set(desk.taken) - set(desk.web)
        if len(set(names)) < len(names) or not others.isdisjoint(names):
            raise self._wrong("tools", f"names that tell no tools apart: {', '.join(names)}")
        return changed, detail

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """As `model.ReportModel`."""
        return self._pair("report", Report, draw, report)

    def _pair(self, hook: str, kinds: Kinds, *given: object) -> tuple[Any, Detail]:
        said = self._asked(hook, *given)
        if not isinstance(said, tuple) or len(said) != 2:
            raise self._wrong(hook, f"{_kind(said)}, not a pair of the answer and a detail")
        changed, detail = said
        self._check(hook, changed, kinds)
        self._check(hook, detail, dict)
        return changed, detail

    def _asked(self, hook: str, *given: object) -> Any:
        try:
            return getattr(self._model, hook)(*given)
        except (Exception, SystemExit) as error:  # the user's model may raise anything
            said = f"{told(error)}{place(error)}"
            raise NoiseError(f"Noise {self._name!r} failed in {hook}: {said}.") from error

    def _check(self, hook: str, value: object, kinds: Kinds) -> None:
        """Raise for a value of another kind, or with fields that are not what they are to be."""
        if not isinstance(value, kinds):
            names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
            raise self._wrong(hook, f"{_kind(value)}, not {' or '.join(names)}")
        try:
            msgspec.convert(msgspec.to_builtins(value), type(value))
        except (msgspec.ValidationError, TypeError) as error:
            raise self._wrong(hook, f"{_kind(value)} that is none: {error}") from error

    def _wrong(self, hook: str, what: str) -> NoiseError:
        return NoiseError(f"Noise {self._name!r} returned from {hook} {what}.")


def _kind(value: object) -> str:
    """The kind of a value, in a word."""
    return "None" if value is None else type(value).__name__
