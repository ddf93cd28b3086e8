"""Deterministic, offline multi-agent environments for training web-research agents.

import gymnasium as gym, webenvs                      # ids are registered on import
env = gym.make("webenvs/MultiHop-v0")                 # one researcher
game = webenvs.aec("MultiHop-v0", workers=2)          # a planner and two workers (PettingZoo)
tools = webenvs.tool_env("MultiHop-v0")               # tools as functions
"""

from webenvs.catalog import aec, lineup, parallel, register, register_pettingzoo, scenario, tool_env

__version__ = "0.1.0"
__all__ = ["__version__", "aec", "lineup", "parallel", "scenario", "tool_env"]

register()
register_pettingzoo()
