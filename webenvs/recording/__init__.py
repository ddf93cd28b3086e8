"""Requests to the world outside and their answers, kept so that they can be replayed for ever."""
