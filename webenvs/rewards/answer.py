"""The answer term: one table of metrics, and the metric that fits a task by itself."""

from collections.abc import Callable, Sequence

from webenvs.errors import unknown_name
from webenvs.records import AnswerType, Episode, Task
from webenvs.rewards.date import date
from webenvs.rewards.gaia import gaia
from webenvs.rewards.members import set_exact, set_f1
from webenvs.rewards.normal import normalised
from webenvs.rewards.number import number
from webenvs.rewards.squad import exact, f1, musique_f1, substring
from webenvs.rewards.yesno import yesno

Metric = Callable[[str, Sequence[str]], float]
"""metric(answer, golds): the best agreement with one of the golds, in [0, 1]."""

METRICS: dict[str, Metric] = {
    "exact": exact,
    "f1": f1,
    "musique_f1": musique_f1,
    "substring": substring,
    "normalised": normalised,
    "gaia": gaia,
    "number": number,
    "date": date,
    "set_f1": set_f1,
    "set_exact": set_exact,
    "yesno": yesno,
}
AUTO = "auto"
"""The default metric: the one that the task's answer type asks for."""

_BY_TYPE: dict[AnswerType, str] = {
    "text": "normalised",
    "number": "number",
    "date": "date",
    "set": "set_f1",
    "yesno": "yesno",
}
_SET_METRICS = {"set_f1": set_f1, "set_exact": set_exact}


def metric(name: str) -> Metric:
    """The metric of that name; raises UnknownNameError with the nearest name."""
    return METRICS[checked(name, others=())]


def checked(name: str, others: Sequence[str] = (AUTO,)) -> str:
    """`name` if it is a metric (or one of `others`); else raises UnknownNameError."""
    if name not in (*METRICS, *others):
        raise unknown_name("metric", name, [*METRICS, *others])
    return name


def score(task: Task, said: str, name: str = AUTO) -> float:
    """How right the answer `said` is for `task`, in [0, 1].

    The golds are the task's answers and their aliases. On a set task the set metrics compare
    members, every other metric compares with the members joined by ", ". On any other task the set
    metrics take the golds for spellings of one member.
    """
    name = _BY_TYPE[task.answer_type] if checked(name) == AUTO else name
    golds = [form for gold in task.answers for form in (gold, *task.aliases.get(gold, ()))]
    if name in _SET_METRICS:
        if task.answer_type == "set":
            return _SET_METRICS[name](said, task.answers, task.aliases)
        return _SET_METRICS[name](said, golds[:1], {golds[0]: golds[1:]} if golds else {})
    return METRICS[name](said, [", ".join(task.answers)] if task.answer_type == "set" else golds)


def answer(task: Task, episode: Episode, player: str, name: str = AUTO) -> float:
    """The score of the episode's answer, the same for every player; 0.0 before there is one."""
    return 0.0 if episode.answer is None else score(task, episode.answer, name)
