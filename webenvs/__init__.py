"""Deterministic, offline multi-agent environments for training web-research agents."""

__version__ = "0.1.0"
