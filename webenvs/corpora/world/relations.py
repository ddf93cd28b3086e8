"""All relations of the generated world, by name and by the type they start from."""

from collections.abc import Mapping
from types import MappingProxyType

from webenvs.corpora.world.culture import CULTURE
from webenvs.corpora.world.organisations import ORGANISATIONS
from webenvs.corpora.world.people import PEOPLE
from webenvs.corpora.world.places import PLACES
from webenvs.corpora.world.schema import Relation

RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {relation.name: relation for relation in (*PEOPLE, *PLACES, *ORGANISATIONS, *CULTURE)}
)
