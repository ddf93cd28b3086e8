"""Scripted players that make a call that fails again and again, up to five times."""

from webenvs.players.clicker import Clicker
from webenvs.players.scripted import ScriptedResearcher


class PersistentResearcher(ScriptedResearcher):
    """As the scripted researcher, but tries five times before it goes on without the result."""

    tries = 5


class PersistentWalker(Clicker):
    """As the scripted walker, but gives a call up after five tries, reads on in a page included."""

    tries = 5
