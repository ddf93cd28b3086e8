"""Scripted players that make a call that fails again and again, up to five times.

To them every failure is one, whether the web says to try again or not.
"""

from webenvs.players.clicker import Clicker
from webenvs.players.script.results import stubborn_readings
from webenvs.players.scripted import ScriptedResearcher


class PersistentResearcher(ScriptedResearcher):
    """As the scripted researcher, but tries five times before it goes on without the result."""

    tries = 5
    readings = staticmethod(stubborn_readings)


class PersistentWalker(Clicker):
    """As the scripted walker, but gives a call up after five tries, reads on in a page included."""

    tries = 5
    readings = staticmethod(stubborn_readings)
