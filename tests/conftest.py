"""A web and tasks small enough to compute by hand, and ways to start an episode on them."""

import pytest

from tests import trainers
from webenvs import catalog
from webenvs.corpora.corpus import MemoryCorpus
from webenvs.envs.session import Session
from webenvs.records import Link, Page, Task
from webenvs.tasks.taskset import TaskSet

SITE = "https://small.example/"
CHRONICLE = "".join(
    f"In the year {year} the bridge was mended again. " for year in range(1700, 1720)
)


def _page(name, title, text, *links):
    return Page(
        url=SITE + name,
        title=title,
        text=text,
        links=tuple(
            Link(anchor=anchor, url=SITE + to, position=text.find(anchor)) for anchor, to in links
        ),
    )


PAGES = (
    _page(
        "alba",
        "Alba",
        "The Alba is a river. It rises on Monte Corvo and passes the town of Brena.",
        ("Monte Corvo", "corvo"),
        ("Brena", "brena"),
    ),
    _page(
        "brena",
        "Brena",
        "Brena is a town. Its mayor is Ilsa Veit. Its bridge has a chronicle.",
        ("Ilsa Veit", "veit"),
        ("chronicle", "chronicle"),
    ),
    _page("corvo", "Monte Corvo", "Monte Corvo is a mountain of 2011 metres.", ("Corvo", "away")),
    _page("veit", "Ilsa Veit", "Ilsa Veit was born in Tarn. She likes chess."),
    _page("chronicle", "Chronicle of the bridge", CHRONICLE, ("1719", "brena")),
)
TASKS = (
    Task(
        question="Where was the mayor of the town on the Alba born?",
        answers=("Tarn",),
        evidence=((SITE + "alba", SITE + "brena", SITE + "veit"),),
        split="train",
    ),
    Task(
        question="On which mountain does the Alba rise?",
        answers=("Monte Corvo",),
        evidence=((SITE + "alba",), (SITE + "corvo",)),
        split="train",
    ),
    Task(question="How high is Monte Corvo?", answers=("2011",), split="validation"),
    Task(question="What does Ilsa Veit like?", answers=("chess",), split="test"),
)


def pytest_collection_modifyitems(items):
    for item in items:
        trainers.mark(item)


@pytest.fixture(scope="session")
def small_corpus():
    return MemoryCorpus(PAGES, name="small")


@pytest.fixture(scope="session")
def small_tasks():
    return TaskSet(TASKS, "small")


@pytest.fixture(scope="session")
def site():
    """The url of a page of the small web by its name."""
    return lambda name: SITE + name


@pytest.fixture
def scenario(small_corpus, small_tasks):
    """Make a scenario on the small web; settings as everywhere."""

    def make(**settings):
        parts = {"corpus": small_corpus, "tasks": small_tasks, "split": "train", **settings}
        return catalog.scenario("Tasks-v0", **parts)

    return make


@pytest.fixture
def begin(scenario):
    """Start a session on the small web: on the first task, with seed 0."""

    def start(task=0, seed=0, **settings):
        made = scenario(**settings)
        return Session(made, made.tasks.tasks[task], seed)

    return start
