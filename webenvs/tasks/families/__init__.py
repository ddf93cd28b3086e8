"""Families of generated questions, one file each."""
