"""Spaces of Unicode text, cheap to check, to sample and to batch."""

import multiprocessing
from collections.abc import Sequence
from typing import Any, overload

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict, Discrete
from gymnasium.vector.utils import (
    create_shared_memory,
    read_from_shared_memory,
    write_to_shared_memory,
)
from numpy.typing import NDArray

SAMPLES: tuple[str, ...] = (
    "",
    "I am not sure what to do.",
    '<tool_call>{"name": "search", "arguments": {"query": "river"}}</tool_call>',
    '<tool_call>{"name": "search", "arguments": {"query": "university city founded"}}</tool_call>',
    '<tool_call>{"name": "click", "arguments": {"link": 0}}</tool_call>',
    '<tool_call>{"name": "delegate", "arguments": {"task": "find the capital"}}</tool_call>',
    '<tool_call>{"name": "report", "arguments": {"text": "nothing found"}}</tool_call>',
    '<tool_call>{"name": "answer", "arguments": {"text": "unknown"}}</tool_call>',
    '<tool_call>{"name": "serch", "arguments": {}}',
)
"""What `UnicodeText.sample` draws from: right, wrong and broken messages."""

_CODE_POINTS = 0x110000
_CODE = "utf-32-le"


class _AllCharacters:
    """Every Unicode character by its code point, as Gymnasium's flattening expects a charset."""

    def __len__(self) -> int:
        return _CODE_POINTS

    def __getitem__(self, code: int) -> str:
        return chr(code)


class UnicodeText(gym.spaces.Text):
    """Any string of `min_length` to `max_length` characters, without a charset to check against.

    Gymnasium's own `Text` walks over every character (7 ms for 100,000) and samples as slowly;
    here `contains` looks at the length and `sample` draws one of a few short messages.
    """

    def __init__(self, max_length: int, *, min_length: int = 0, seed: int | None = None) -> None:
        """Raises ValueError unless 0 <= min_length <= max_length."""
        super().__init__(max_length, min_length=min_length, charset=" ", seed=seed)

    def contains(self, x: Any) -> bool:
        """Whether `x` is a string of allowed length."""
        return isinstance(x, str) and self.min_length <= len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """One of `SAMPLES`, cut or filled to the allowed length; masks have no meaning here."""
        text = SAMPLES[int(self.np_random.integers(len(SAMPLES)))]
        return text[: self.max_length].ljust(self.min_length)

    @property
    def character_set(self) -> Any:
        """All of Unicode."""
        return _AllCharacters()

    @property
    def character_list(self) -> Any:
        """All of Unicode, by code point."""
        return _AllCharacters()

    @property
    def is_np_flattenable(self) -> bool:
        """True: text flattens to the code points of its characters."""
        return True

    def character_index(self, char: str) -> np.int32:
        """The code point of `char`."""
        return np.int32(ord(char))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, UnicodeText)
            and self.min_length == other.min_length
            and self.max_length == other.max_length
        )

    def __hash__(self) -> int:
        return 31 * self.min_length + self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.min_length}, {self.max_length})"


def observation_space(characters: int, turns: int) -> Dict:
    """text; turn and turns_left, at most the turn budget and one closing message; live."""
    return Dict(
        {
            "text": UnicodeText(characters),
            "turn": Discrete(turns + 2),
            "turns_left": Discrete(turns + 2),
            "live": Discrete(2),
        }
    )


def action_space(characters: int) -> UnicodeText:
    """A message of at most `characters` characters."""
    return UnicodeText(characters)


class SharedTexts(Sequence[str]):
    """Texts in the shared memory of Gymnasium's asynchronous vector environment, as written last.

    Gymnasium 1.4 itself walks over every character, and reads the texts once, when the environment
    is made, so that they never change again. A deep copy, which is what it hands out, is a plain
    tuple of what is written now.
    """

    def __init__(self, rows: NDArray[np.int32]) -> None:
        """`rows` [n, 1 + longest] hold the length of a text and its code points."""
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        row = self._rows[place]
        text: str = row[1 : 1 + row[0]].tobytes().decode(_CODE, "surrogatepass")
        return text

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)


@create_shared_memory.register(UnicodeText)
def _create(space: UnicodeText, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.Array("i", n * (1 + space.max_length))


@read_from_shared_memory.register(UnicodeText)
def _read(space: UnicodeText, shared_memory: Any, n: int = 1) -> SharedTexts:
    return SharedTexts(_rows(space, shared_memory))


@write_to_shared_memory.register(UnicodeText)
def _write(space: UnicodeText, index: int, value: str, shared_memory: Any) -> None:
    codes = np.frombuffer(value.encode(_CODE, "surrogatepass"), dtype="<i4")
    row = _rows(space, shared_memory)[index]
    row[1 : 1 + len(codes)] = codes
    row[0] = len(codes)


def _rows(space: UnicodeText, shared_memory: Any) -> NDArray[np.int32]:
    numbers = np.frombuffer(shared_memory.get_obj(), dtype="<i4")
    return numbers.reshape(-1, 1 + space.max_length)
