"""A Gymnasium wrapper that turns texts into vectors by hashing, ready for a network or for FAISS.

env = HashedText(gym.make("webenvs:webenvs/MultiHop-v0"), dimension=512)
vector, info = env.reset(seed=7)             # float32 [512], of length 1
index = faiss.IndexFlatIP(512)
index.add(embed(["a text", "another"], 512)) # float32 [2, 512]: cosine similarities
"""

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from webenvs.errors import bad_setting

_WORD = re.compile(r"\w+")


def embed(texts: Sequence[str], dimension: int = 512) -> NDArray[np.float32]:
    """The vectors of `texts` as rows: float32 [n, dimension], contiguous, each of length 1.

    Words and pairs of neighbouring words are hashed to a place and a sign (Weinberger et al. 2009,
    "Feature hashing for large scale multitask learning", eq. 2) and weighted 1 + log(count). A text
    without a word is all zeros. The same on every machine. Raises SettingError for a dimension
    below 1, or a text alone where several are expected.
    """
    _check(dimension)
    if isinstance(texts, str):
        raise bad_setting("texts", texts, "a sequence of texts, such as [text]")
    rows = np.zeros((len(texts), dimension), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        _fill(row, text)
    return rows


class HashedText(gym.ObservationWrapper[NDArray[np.float32], Any, Any], RecordConstructorArgs):
    """Observation: the text of the wrapped environment as a vector, Box(-1, 1, (dimension,)).

    Reads strings, or the `text` of a Dict. Actions, rewards and `info` stay as they are.
    """

    def __init__(self, env: gym.Env[Any, Any], dimension: int = 512) -> None:
        """Raises TypeError for observations without text, SettingError for a dimension below 1."""
        _check(dimension)
        RecordConstructorArgs.__init__(self, dimension=dimension)
        gym.ObservationWrapper.__init__(self, env)
        space = env.observation_space
        self._key = "text" if isinstance(space, gym.spaces.Dict) else None
        texts = space.spaces.get("text") if isinstance(space, gym.spaces.Dict) else space
        if not isinstance(texts, gym.spaces.Text):
            raise TypeError(
                f"HashedText needs observations that are texts, or have a 'text': {env} has "
                f"{space}. view='features' is numbers already; leave `view` out for texts."
            )
        self.dimension = dimension
        self.observation_space = gym.spaces.Box(-1.0, 1.0, (dimension,), np.float32)

    def observation(self, observation: Any) -> NDArray[np.float32]:
        """The vector of the text."""
        text = observation if self._key is None else observation[self._key]
        vector: NDArray[np.float32] = embed([str(text)], self.dimension)[0]
        return vector


def _check(dimension: int) -> None:
    if isinstance(dimension, bool) or not isinstance(dimension, int) or dimension < 1:
        raise bad_setting("dimension", dimension, "a whole number of at least 1")


def _fill(row: NDArray[np.float32], text: str) -> None:
    """Write the vector of `text` into a row of zeros."""
    words = _WORD.findall(text.casefold())
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(words)]
    for term, count in Counter([*words, *pairs]).items():
        number = _hashed(term)
        sign = 1.0 if number & 1 else -1.0
        row[(number >> 1) % len(row)] += sign * (1.0 + math.log(count))
    length = float(np.linalg.norm(row))
    if length > 0:
        row /= length


@lru_cache(maxsize=1 << 16)
def _hashed(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")
