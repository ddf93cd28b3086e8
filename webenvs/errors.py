"""Every exception a caller of webenvs can meet, drawn as one tree.

WebenvsError
├── SettingError     (also ValueError)   a setting, argument or name is not one that is allowed
├── UnknownNameError (also LookupError)  an id, player, corpus or preset of that name does not exist
├── CorpusError                          a corpus cannot be built, opened or trusted
├── TaskFileError                        a task file does not say what it must: file, line, field
├── EpisodeFileError                     an episode file is malformed, or a replay left its track
└── PlayerError                          a player returned something that is no message

What goes wrong inside the simulated web or in a player's text is never an exception; it is data in
the episode.
"""

import difflib
from collections.abc import Iterable


class WebenvsError(Exception):
    """The root of all errors that webenvs raises on purpose."""


class SettingError(WebenvsError, ValueError):
    """A setting has a value that is not allowed."""


class UnknownNameError(WebenvsError, LookupError):
    """No such id, player, corpus, preset or tool; the message names the nearest right one."""


class CorpusError(WebenvsError):
    """A corpus cannot be built, opened or trusted."""


class TaskFileError(WebenvsError):
    """A task file is malformed; the message names file, line and field."""


class EpisodeFileError(WebenvsError):
    """An episode file is malformed or does not replay."""


class PlayerError(WebenvsError):
    """A player returned something that is neither text nor a message mapping."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name closest to `name` in spelling, or None if none is near."""
    lowered = {option.lower(): option for option in sorted(allowed, reverse=True)}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.5)
    return lowered[close[0]] if close else None


def unknown_name(kind: str, name: object, allowed: Iterable[str]) -> UnknownNameError:
    """The error for a name that does not exist, with what is allowed and the nearest right name."""
    options = sorted(allowed)
    hint = nearest(str(name), options)
    meant = f" Did you mean {hint!r}?" if hint else ""
    listed = ", ".join(options) if options else "(none)"
    return UnknownNameError(f"There is no {kind} {name!r}.{meant} Allowed: {listed}.")


def bad_setting(field: str, value: object, allowed: str) -> SettingError:
    """The error for a setting out of range: names the field, the value and what is allowed."""
    return SettingError(f"{field} = {value!r} is not allowed: {field} must be {allowed}.")
