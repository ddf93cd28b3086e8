"""The families by name; what a row names is imported when it is asked for."""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from webenvs.errors import unknown_name

if TYPE_CHECKING:
    from webenvs.tasks.families.family import Family

FAMILIES: Mapping[str, str] = {
    "lookup": "one fact of one thing that the question names",
    "multi-hop": "a chain of facts, each leading to the next",
    "set-query": "conditions that hold of one thing, each hidden behind further conditions",
    "evolved": "a long question made short and vague, round by round",
    "web-walk": "a fact deep in one web site, reached by clicks alone",
}
"""Families and what each asks."""


def family_of(name: str) -> "Family":
    """The family of that name; raises UnknownNameError."""
    if name not in FAMILIES:
        raise unknown_name("family", name, FAMILIES)
    module = importlib.import_module(f"webenvs.tasks.families.{name.replace('-', '_')}")
    family: Family = module.FAMILY
    return family
