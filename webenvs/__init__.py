"""Deterministic, offline multi-agent environments for training web-research agents.

import gymnasium as gym, webenvs                      # ids are registered on import
env = gym.make("webenvs/MultiHop-v0")                 # one researcher
game = webenvs.aec("MultiHop-v0", workers=2)          # a planner and two workers (PettingZoo)
"""

from webenvs.catalog import aec, lineup, parallel, register, register_pettingzoo, scenario

__version__ = "0.1.0"
__all__ = ["__version__", "aec", "lineup", "parallel", "scenario"]

register()
register_pettingzoo()
