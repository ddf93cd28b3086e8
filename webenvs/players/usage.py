"""What models take: tokens as their servers count them, and money at prices that the user gives."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from webenvs.errors import SettingError, bad_setting, unknown_name
from webenvs.records import Record

_MILLION = 1_000_000
_EXAMPLE = '"MODEL" with prompt and completion (cached if it differs), in money a million tokens'


class Usage(Record, frozen=True, kw_only=True):
    """Counts over answers: requests, and tokens of prompts (cached ones among them) and answers.

    `unknown` answers came without counts; `cut` ones ended at their limit of tokens; `too_long`
    requests did not fit the model.
    """

    requests: int = 0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    unknown: int = 0
    cut: int = 0
    too_long: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        names = self.__struct_fields__
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in names})


def total(usages: Iterable[Usage]) -> Usage:
    """The sum of some usages."""
    return sum(usages, Usage())


class Price(Record, frozen=True, kw_only=True):
    """What a model costs: money for a million tokens of a kind; cached ones as others if None."""

    prompt: float
    completion: float
    cached: float | None = None


def cost(usage: Usage, price: Price) -> float | None:
    """What the tokens cost, in the money of the price; None where some answers had no counts."""
    if usage.unknown:
        return None
    cached = min(usage.cached, usage.prompt)
    kept = price.prompt if price.cached is None else price.cached
    dear = (usage.prompt - cached) * price.prompt + usage.completion * price.completion
    return (dear + cached * kept) / _MILLION


def read_price(path: Path, model: str) -> Price:
    """The price of a model in a TOML or JSON file: a table a model, by name.

    Raises SettingError for a file that is none, UnknownNameError for a model that it does not have.
    """
    prices = _table(Path(path))
    if model not in prices:
        raise unknown_name("model", model, prices, f"in {path}")
    where = f"{path}: {model}"
    try:
        price = msgspec.convert(prices[model], Price)
    except msgspec.ValidationError as error:
        raise bad_setting(where, prices[model], f"{_EXAMPLE}: {error}") from error
    strangers = sorted(set(prices[model]) - set(Price.__struct_fields__))
    if strangers:
        raise unknown_name("price", strangers[0], Price.__struct_fields__, f"in {where}")
    for name in Price.__struct_fields__:
        value = getattr(price, name)
        if value is not None and not 0 <= value < float("inf"):
            raise bad_setting(f"{where}.{name}", value, "0 or more")
    return price


def _table(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return msgspec.json.decode(text, type=dict[str, Any])
        return tomllib.loads(text)
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path} is no table of prices ({error}); it holds {_EXAMPLE}."
        ) from error
