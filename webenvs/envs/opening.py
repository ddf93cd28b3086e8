"""What of a task an episode opens with: pages it cannot do without, and where it begins."""

from webenvs.envs.scenario import Scenario
from webenvs.envs.state import Start
from webenvs.errors import SettingError
from webenvs.noise.model import Scene
from webenvs.records import Task


def essential(task: Task) -> tuple[str, ...]:
    """The urls that stand in every alternative of the task's evidence, ascending."""
    sets = [set(alternative) for alternative in task.evidence if alternative]
    return tuple(sorted(set.intersection(*sets))) if sets else ()


def start(scenario: Scenario, task: Task, seed: int, number: int) -> Start | None:
    """Where the task's walk begins: its root, and its prefix (the root's own url by default)."""
    walkers = [role.name for role in scenario.game.roles if role.site]
    if not walkers:
        return None
    scene = Scene(seed=seed, role=walkers[0], episode=number, essential=essential(task))
    root, prefix = task.meta.get("root"), task.meta.get("prefix")
    try:
        within = str(root if prefix is None else prefix)
        view, text, weather = scenario.web.walk(str(root), within, scene)
    except LookupError as error:
        raise SettingError(
            f"The {scenario.game.name} game needs tasks with a start page: task {task.id} has "
            f"root = {root!r} and prefix = {prefix!r} in its meta; the root must be the url of a "
            f"page of the corpus, and begin with the prefix."
        ) from error
    return Start(view=view, text=text, noise=weather.applied, details=weather.details)
