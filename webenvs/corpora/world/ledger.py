"""The facts of a world by the places of their ends, in flat arrays."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from webenvs.corpora.knowledge import Entity, Fact
from webenvs.corpora.world.relations import RELATIONS

_Places = npt.NDArray[np.int32]


class Ledger:
    """Finds the facts that start or end at an entity; entities and facts go by their places."""

    def __init__(self, entities: Sequence[Entity], facts: Sequence[Fact]) -> None:
        """Note the ends of all facts."""
        self.entities = entities
        self.facts = facts
        places = {entity.id: place for place, entity in enumerate(entities)}
        symmetric = {name for name, relation in RELATIONS.items() if relation.symmetric}
        kinds = {name: relation.kind == "entity" for name, relation in RELATIONS.items()}
        self.subjects = [places[fact.subject] for fact in facts]
        self.objects = [places[str(fact.object)] if kinds[fact.relation] else -1 for fact in facts]
        self._twins = self._paired(symmetric)
        self._from = _Grouped(self.subjects, len(entities))
        self._to = _Grouped(self.objects, len(entities))

    def twin(self, fact: int) -> int:
        """The inverse of a fact of a symmetric relation; -1 if there is none."""
        return self._twins.get(fact, -1)

    def about(self, place: int) -> list[int]:
        """The facts whose subject is that entity."""
        return self._from.members(place)

    def naming(self, place: int) -> list[int]:
        """The facts whose object is that entity."""
        return self._to.members(place)

    def _paired(self, symmetric: Collection[str]) -> dict[int, int]:
        """Each fact of a symmetric relation with its inverse."""
        ends = {
            (fact.relation, self.subjects[place], self.objects[place]): place
            for place, fact in enumerate(self.facts)
            if fact.relation in symmetric
        }
        return {
            place: ends[(relation, other, one)]
            for (relation, one, other), place in ends.items()
            if (relation, other, one) in ends
        }


class _Grouped:
    """Numbers 0 .. n-1 grouped by a key, -1 for no group."""

    def __init__(self, keys: Sequence[int], groups: int) -> None:
        flat = np.asarray(keys, dtype=np.int32)
        order: _Places = np.argsort(flat, kind="stable").astype(np.int32)
        self._order = order
        self._starts = np.searchsorted(flat[order], np.arange(groups + 1)).astype(np.int64)

    def members(self, group: int) -> list[int]:
        """The numbers of a group, in ascending order."""
        members: list[int] = self._order[self._starts[group] : self._starts[group + 1]].tolist()
        return members
