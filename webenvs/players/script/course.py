"""Goes on with a procedure where its transcript left it, not from the beginning each time."""

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import Any, Protocol, TypeVar

_KEPT = 64


class Procedure(Protocol):
    """What a scripted player works by: `run` yields what to do and is sent what came of it."""

    def run(self) -> Generator[Any, Any, None]:
        """What to do, step by step."""
        ...


P = TypeVar("P", bound=Procedure)
_Course = tuple[Any, Generator[Any, Any, None], Any]
_left: OrderedDict[tuple[Hashable, tuple[str, ...]], _Course] = OrderedDict()


def followed(
    key: Hashable, make: Callable[[], P], told: Sequence[str], read: Callable[[str], Any]
) -> tuple[P, Any]:
    """A procedure after everything it was told, and what it does next; None at its end.

    `key` says all that `make` makes it of; `read` turns what was told into what the procedure is
    sent. The result depends on these alone: procedures that stopped short of this are kept by what
    they had been told, and whoever goes on with one takes it away from all others.
    """
    answers = tuple(told)
    kept = _left.pop((key, answers[:-1]), None) if answers else None
    if kept is None:
        procedure: P = make()
        steps, todo = procedure.run(), list(answers)
        step = next(steps, None)
    else:
        procedure, steps, step = kept
        todo = [answers[-1]]
    try:
        for text in todo:
            if step is None:
                break
            step = steps.send(read(text))
    except StopIteration:
        step = None
    if step is not None:
        _keep((key, answers), (procedure, steps, step))
    return procedure, step


def _keep(place: tuple[Hashable, tuple[str, ...]], course: _Course) -> None:
    _left[place] = course
    while len(_left) > _KEPT:
        _left.popitem(last=False)
