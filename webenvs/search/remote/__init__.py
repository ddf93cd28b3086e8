"""Engines elsewhere, made deterministic by a recording."""
