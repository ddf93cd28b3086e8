"""All relations of the generated world, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from webenvs.corpora.world.culture import CULTURE
from webenvs.corpora.world.organisations import ORGANISATIONS
from webenvs.corpora.world.people import PEOPLE
from webenvs.corpora.world.places import PLACES
from webenvs.corpora.world.schema import Relation
from webenvs.corpora.world.science import SCIENCE
from webenvs.corpora.world.trade import TRADE
from webenvs.corpora.world.waters import WATERS
from webenvs.corpora.world.works import WORKS

_ALL = (*PEOPLE, *PLACES, *WATERS, *ORGANISATIONS, *SCIENCE, *TRADE, *WORKS, *CULTURE)

RELATIONS: Mapping[str, Relation] = MappingProxyType({relation.name: relation for relation in _ALL})
