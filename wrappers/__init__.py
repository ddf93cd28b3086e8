"""Wrappers and adapters: one self-contained file per outside framework or purpose."""
