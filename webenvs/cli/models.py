"""Options that name a model behind an OpenAI-compatible server, and the model that they name."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from webenvs.cli.targets import FILE, check_writable

if TYPE_CHECKING:
    from webenvs.bench.served import Served, ServedRun

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--openai", metavar="URL", help="Server that the player `openai` is asked at."),
    click.option("--model", help="Name of the model there."),
    click.option("--text", is_flag=True, help="Calls as text in the codec, not as native calls."),
    click.option("--concurrency", type=int, help="Episodes at once; 8 by default."),
    click.option("--temperature", type=float, help="Sampling temperature; the server's own."),
    click.option("--max-tokens", type=int, help="Most tokens of a message."),
    click.option("--stream", is_flag=True, help="Have answers streamed."),
    click.option("--preset", help="Fields that a server knows: vllm, sglang or none."),
    click.option(
        "--fields", metavar="JSON", help='Further fields of every request: {"seed": 7, ...}.'
    ),
    click.option("--timeout", type=float, help="Seconds to wait for data; 600 by default."),
    click.option("--retries", type=int, help="Further tries of a request; 6 by default."),
    click.option(
        "--key-variable", metavar="NAME", help="Environment variable with the server's key."
    ),
    click.option("--prices", type=FILE, help="TOML or JSON: money per million tokens, by model."),
    click.option(
        "--requests", type=FILE, help="Every request and answer (JSONL); a killed run goes on."
    ),
)
NAMES: tuple[str, ...] = (
    *("openai", "model", "text", "concurrency", "temperature", "max_tokens", "stream", "preset"),
    *("fields", "timeout", "retries", "key_variable", "prices", "requests"),
)
"""The parameters that the options fill."""

_CONCURRENCY, _TIMEOUT, _RETRIES = 8, 600.0, 6


def model_options(command: Command) -> Command:
    """Add the options that name a model."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def served(options: Mapping[str, Any]) -> "Iterator[Served | None]":
    """The model that the options name, None where they name none; closed at the end.

    Raises a usage error for options without --openai, and for a server without a model.
    """
    given = [name for name in NAMES if options[name] not in (None, False)]
    if "openai" not in given:
        if given:
            option = "--" + given[0].replace("_", "-")
            raise click.UsageError(f"{option} belongs to --openai URL --model NAME.")
        yield None
        return
    if not options["model"]:
        raise click.UsageError(
            "--openai needs --model NAME: one of those that the server lists at URL/models."
        )
    from webenvs.bench.served import Served
    from webenvs.players.endpoint import Endpoint
    from webenvs.players.ledger import Ledger
    from webenvs.players.usage import read_price

    sampling = _sampling(options)
    model, prices, path = options["model"], options["prices"], options["requests"]
    price = None if prices is None else read_price(prices, model)
    check_writable(path)
    with Endpoint(
        options["openai"],
        model,
        key=_key(options["key_variable"]),
        timeout=_given(options["timeout"], _TIMEOUT),
        retries=_given(options["retries"], _RETRIES),
    ) as endpoint:
        ledger = None if path is None else Ledger(path)
        try:
            if ledger is not None and len(ledger):
                known = f"{len(ledger):,} answers are known from {path}"
                click.echo(f"{known}; they are not asked for again.", err=True)
            yield Served(
                endpoint=endpoint,
                text=options["text"],
                sampling=sampling,
                ledger=ledger,
                price=price,
                concurrency=_given(options["concurrency"], _CONCURRENCY),
            )
        finally:
            if ledger is not None:
                ledger.close()


def tell(found: "ServedRun", text: bool) -> None:
    """Say on the error stream what the server is to blame for, or seems to be."""
    if found.faults:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(found.faults.items()))
        click.echo(
            f"{sum(found.faults.values()):,} episodes had no answer from the server and do not "
            f"count ({kinds}). The last: {found.last}",
            err=True,
        )
    if not (found.calls or text):
        click.echo(
            "No answer held a tool call. Is the server's parser of tool calls on? With --text the "
            "model writes its calls as text.",
            err=True,
        )


def _sampling(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that every request is to have."""
    from webenvs.players.chat_model import checked_sampling, preset

    fields = dict(preset(options["preset"] or "none"))
    for name in ("temperature", "max_tokens"):
        if options[name] is not None:
            fields[name] = options[name]
    if options["stream"]:
        fields["stream"] = True
    return checked_sampling(fields | _fields(options["fields"]))


def _fields(text: str | None) -> dict[str, Any]:
    try:
        return {} if text is None else msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        message = f"{text!r} is no JSON object: {error}."
        raise click.BadParameter(message, param_hint="--fields") from error


def _key(variable: str | None) -> str | None:
    """The key in a variable; None leaves it to the usual one."""
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise click.BadParameter(
            f"the environment variable {variable} is not set.", param_hint="--key-variable"
        )
    return os.environ[variable]


def _given(value: Any, default: Any) -> Any:
    return default if value is None else value
