"""Scripted players that take every failure for the last word: what a retry is measured against."""

from webenvs.players.clicker import Clicker
from webenvs.players.scripted import ScriptedResearcher


class HastyResearcher(ScriptedResearcher):
    """As the scripted researcher, but makes no call a second time."""

    tries = 1


class HastyWalker(Clicker):
    """As the scripted walker, but makes no call a second time."""

    tries = 1
