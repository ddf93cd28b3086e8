"""Engines on top of engines: hits fused, hits read again."""
