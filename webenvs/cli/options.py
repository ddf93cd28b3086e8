"""What several commands share: environment options, settings from text, errors as messages."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from webenvs.errors import WebenvsError

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--game", help="solo, team, walk or walk-team."),
    click.option("--level", help="Difficulty of generated tasks: easy, medium, hard or extreme."),
    click.option("--corpus", help="Corpus preset, or the path of a built corpus."),
    click.option("--tasks", help="Task preset, a task file, or BENCHMARK:PATH."),
    click.option("--split", help="Split that tasks are drawn from: train, validation or test."),
    click.option("--noise", help="Presets and rates, such as mild,timeout:0.1@worker."),
    click.option(
        "-s",
        "--set",
        "extra",
        multiple=True,
        metavar="NAME=VALUE",
        help="Any other setting, as JSON or plain text; `webenvs show ID` lists them.",
    ),
)


class _Refusal(click.ClickException):
    """An error of webenvs as click shows it, with the status of a usage error."""

    exit_code = 2


class Group(click.Group):
    """A group whose commands end with status 2 and one message at an error.

    That is any error of webenvs, and a file or folder that cannot be read or written.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn errors into messages."""
        try:
            return super().invoke(ctx)
        except WebenvsError as error:
            raise _Refusal(str(error)) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            place = "" if error.filename is None else f" {error.filename}"
            reason = error.strerror or str(error)
            raise _Refusal(f"Cannot read or write{place}: {reason}.") from error


def environment_options(command: Command) -> Command:
    """Add the options that choose an environment's settings."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """Add the options that choose a search engine and its settings."""
    from webenvs.search.engines import ENGINES

    named = click.option(
        "--engine", default="bm25", show_default=True, help=f"One of {', '.join(ENGINES)}."
    )
    more = click.option(
        "-s",
        "--set",
        "extra",
        multiple=True,
        metavar="NAME=VALUE",
        help="A setting of the engine, as JSON or plain text.",
    )
    return named(more(command))


def settings_of(extra: tuple[str, ...], **named: str | None) -> dict[str, Any]:
    """The settings that were given, by name.

    Raises a usage error for a malformed NAME=VALUE, and for a setting that is named twice.
    """
    settings: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    for item in extra:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{item!r} is not NAME=VALUE.", param_hint="--set")
        if name.strip() in settings:
            raise click.BadParameter(f"{name.strip()!r} is given twice.", param_hint="--set")
        settings[name.strip()] = _value(value)
    return settings


def _value(text: str) -> Any:
    """`text` as JSON if it is JSON, else as it stands; a usage error for broken JSON."""
    try:
        return msgspec.json.decode(text.encode(errors="replace"))
    except msgspec.DecodeError as error:
        if text.lstrip().startswith(("{", "[")):
            raise click.BadParameter(
                f"{text!r} is not JSON: {error}.", param_hint="--set"
            ) from error
        return text
