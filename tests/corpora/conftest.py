"""A cast and its history, looked up by relation, for the tests of what worlds hold."""

from collections import defaultdict
from functools import cache

import pytest

from webenvs.corpora.world.cast import cast_of
from webenvs.corpora.world.history import NOW, history_of
from webenvs.corpora.world.relations import RELATIONS

WORLDS = [(0, 162, 1.0), (1, 400, 1.0), (2, 900, 1.0), (3, 400, 2.0), (4, 400, 0.5), (5, 54, 1.0)]


class Past:
    """A cast and its history, looked up by relation."""

    def __init__(self, seed, articles, density=1.0, ambiguity=0.5):
        self.cast = cast_of(seed, articles, ambiguity=ambiguity)
        self.facts = history_of(seed, self.cast, density=density)
        self.entities = {one.id: one for group in self.cast.members.values() for one in group}
        self._pairs = defaultdict(list)
        for fact in self.facts:
            self._pairs[fact.relation].append((fact.subject, fact.object))

    def pairs(self, relation):
        assert relation in RELATIONS
        return self._pairs[relation]

    def of(self, relation):
        return dict(self.pairs(relation))

    def born(self, person):
        return self.of("birth_year")[person]

    def alive(self, person, day, age=0):
        """Whether a person is alive in that year, and of age."""
        year = int(str(day)[:4])
        return self.born(person) + age <= year <= self.of("death_year").get(person, NOW)


class Quick(Past):
    """The same, with every relation turned into a dictionary once."""

    @cache  # noqa: B019
    def of(self, relation):
        return super().of(relation)


@pytest.fixture(scope="module", params=WORLDS, ids=str)
def past(request):
    return Quick(*request.param)


@pytest.fixture(scope="module")
def large():
    return Quick(7, 12_000)


@pytest.fixture(scope="session")
def past_of():
    """past_of(seed, articles, density=1.0, ambiguity=0.5): the past of a world."""
    return Quick
