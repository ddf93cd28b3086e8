"""What the checks share: a way to state a promise, global chance under watch, and hard texts."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

HARD_TEXTS: tuple[str, ...] = (
    "",
    " \t\r\n",
    "\x00\x01\x7f",
    "\ud800 \udfff",
    "\N{PILE OF POO}\u202e\ufeff",
    "<tool_call>",
    "<tool_call>{</tool_call>",
    '<tool_call>{"name": "search"}</tool_call>',
    "</think><answer>",
    "Action: search\nAction Input: ",
    "<use_mcp_tool><tool_name>search</tool_name><arguments>{",
    '{"calls": [{"name": 3, "arguments": [[[]]]}]}',
    '{"a":' * 5000,
    "[" * 5000 + "]" * 5000,
    "9" * 5000,
    "word " * 40_000,
)
"""Texts that break careless readers; the last is beyond every limit of length."""


def promise(kept: bool, what: str) -> None:
    """Raise AssertionError with `what` unless `kept`; unlike assert, under every interpreter."""
    if not kept:
        raise AssertionError(what)


def promise_equal(one: object, other: object, what: str) -> None:
    """Raise AssertionError with `what` and both values unless they are equal."""
    promise(one == other, f"{what}: {_short(one)} is not {_short(other)}")


def promise_json(value: object, what: str) -> None:
    """Raise AssertionError unless `value` writes to JSON, without NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{what} must be JSON-able: {error}") from error


def quietly(action: Callable[[], Value], what: str) -> Value:
    """What `action` returns; any exception becomes an AssertionError that begins with `what`."""
    try:
        return action()
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error


@contextmanager
def untouched_chance(what: str) -> Iterator[None]:
    """Raise AssertionError if the body changes the global state of `random` or of NumPy."""
    before = _chance()
    yield
    after = _chance()
    for name, state in before.items():
        promise(state == after[name], f"{what} changed the global random state of {name}")


def in_threads(action: Callable[[Value], Any], items: Sequence[Value]) -> list[Any]:
    """`action` of every item, four at a time."""
    with ThreadPoolExecutor(max_workers=4) as threads:
        return list(threads.map(action, items))


def _chance() -> dict[str, str]:
    # The legacy generator is the one that other people's code shares, so it is the one to watch.
    return {"random": repr(random.getstate()), "numpy": repr(np.random.get_state())}


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 300 else shown[:297] + "..."
