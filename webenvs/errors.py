"""Every exception a caller of webenvs can meet, drawn as one tree.

WebenvsError
├── SettingError     (also ValueError)   a setting, argument or name is not one that is allowed
├── UnknownNameError (also LookupError)  an id, player, corpus or preset of that name does not exist
├── CorpusError                          a corpus cannot be built, opened or trusted
│   ├── SearchServerError                a search server fails, or answers what it must not
│   ├── FetchError    (recording.client) a page cannot be fetched; its `fault` says how
│   └── RefusedError  (recording.guard)  a url, or where it leads, that may not be asked
├── TaskFileError                        a task file does not say what it must: file, line, field
├── NoiseError                           a noise model of the user's own fails, or returns nonsense
├── QueryError                           a query cannot be evaluated: unbound, or past its cap
├── EpisodeFileError                     an episode file is malformed, or a replay left its track
├── UnavailableError                     a recording is replayed and holds no answer to a request
├── MissingPackageError (also ImportError) an outside package is missing, or of another version
├── TokenizerError    (envs.tokens.chat) a tokenizer lacks what a chat needs
└── PlayerError                          a player cannot be made, fails, or returns no message
    └── AbsentError                      a player cannot be reached
        └── EndpointError (players.endpoint) an endpoint gave no message; its `fault` says how

Those with a module stand there, beside the faults that they tell apart; all others stand here.
What goes wrong inside the simulated web or in a player's text is never an exception; it is data in
the episode.
"""

import difflib
from collections.abc import Iterable

_MANY = 12
_SHOWN = 5


class WebenvsError(Exception):
    """The root of all errors that webenvs raises on purpose."""


class SettingError(WebenvsError, ValueError):
    """A setting has a value that is not allowed."""


class UnknownNameError(WebenvsError, LookupError):
    """No such id, player, corpus, preset or tool; the message names the nearest right one."""


class CorpusError(WebenvsError):
    """A corpus cannot be built, opened or trusted."""


class SearchServerError(CorpusError):
    """A search server cannot be reached, refuses, or answers what its protocol does not allow.

    Inside an episode it ends the episode, which does not count: no player can have caused it.
    """


class TaskFileError(WebenvsError):
    """A task file is malformed; the message names file, line and field."""


class NoiseError(WebenvsError):
    """A noise model of the user's own raised an error, or returned what its hook must not.

    Inside an episode it also ends the episode, which does not count: no player can have caused it.
    """


class QueryError(WebenvsError):
    """A query cannot be evaluated; the message names the variable or atom and the way out."""


class EpisodeFileError(WebenvsError):
    """An episode file is malformed or does not replay."""


class UnavailableError(WebenvsError):
    """A recording is replayed and does not hold the answer to a request.

    Inside an episode it is the result status "unavailable", never an exception.
    """


class MissingPackageError(WebenvsError, ImportError):
    """An outside package is missing, or its version was not tested; names what installs it."""


class PlayerError(WebenvsError):
    """A player cannot be made, raised an error, or returned neither text nor a mapping."""


class AbsentError(PlayerError):
    """A player that is elsewhere cannot be reached, or does not answer.

    Inside an episode it ends the episode, which does not count: it says nothing of the player.
    """


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name closest to `name` in spelling, or None if none is near."""
    near = _near(name, allowed)
    return near[0] if near else None


def unknown_name(
    kind: str, name: object, allowed: Iterable[str], where: str = ""
) -> UnknownNameError:
    """The error for a name that does not exist, with what is allowed and the nearest right name.

    `where` ends the sentence: kind "task" and where "in 'some'" say "There is no task 'x' in
    'some'". Of many allowed names only the nearest and the first are listed.
    """
    options = sorted(allowed)
    near = _near(str(name), options)
    place = f" {where}" if where else ""
    meant = f" Did you mean {near[0]!r}?" if near else ""
    return UnknownNameError(
        f"There is no {kind} {name!r}{place}.{meant} Allowed: {_listed(options, near)}."
    )


def bad_setting(field: str, value: object, allowed: str) -> SettingError:
    """The error for a setting out of range: names the field, the value and what is allowed."""
    return SettingError(f"{field} = {value!r} is not allowed: {field} must be {allowed}.")


def bad_choice(field: str, value: object, allowed: Iterable[str]) -> SettingError:
    """The error for a setting that is none of the names allowed, with the nearest right one."""
    options = list(dict.fromkeys(allowed))
    near = nearest(str(value), options)
    meant = f" Did you mean {near!r}?" if near else ""
    return SettingError(f"{bad_setting(field, value, 'one of ' + ', '.join(options))}{meant}")


def check_whole(field: str, value: object, least: int) -> None:
    """Raise SettingError unless `value` is a whole number (no bool) of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise bad_setting(field, value, f"a whole number of at least {least}")


def _near(name: str, allowed: Iterable[str]) -> list[str]:
    """The allowed names close to `name`, the closest first."""
    lowered = {option.lower(): option for option in sorted(allowed, reverse=True)}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=_SHOWN, cutoff=0.5)
    return [lowered[option] for option in close]


def _listed(options: list[str], near: list[str]) -> str:
    if len(options) <= _MANY:
        return ", ".join(options) if options else "(none)"
    shown = list(dict.fromkeys([*near, *options]))[:_SHOWN]
    return f"{', '.join(shown)} and {len(options) - len(shown)} more"
