"""Pages that say nearly the same: found by MinHash signatures, marked by the first of them.

Source: Broder, On the resemblance and containment of documents, 1997; banding as in Leskovec,
Rajaraman, Ullman, Mining of massive datasets, section 3.4. NumPy alone: the packages that offer
MinHash bring SciPy with them and take several times as long for a page.
"""

import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from webenvs.seeding import integer

SHINGLE = 4
"""Words of a shingle."""
HASHES = 64
"""Values of a signature; the share of equal ones estimates the Jaccard index of two pages."""
BANDS = 16
"""Pages that agree in one of so many bands of a signature are compared."""
LEAST_WORDS = 12
"""Pages of fewer words are never marked."""
MOST_WORDS = 100_000
"""Words of a page that are looked at; pages that differ only behind them are twins."""
MOST_CHARACTERS = 1_000_000
"""Characters of a page that are looked at, however few words they are."""

_words = re.compile(r"\w+").findall
_FACTORS = np.array(
    [[integer(2**63, "minhash", number) * 2 + 1] for number in range(HASHES)], dtype=np.uint64
)
_HALF = np.uint64(32)
_NOTHING = np.zeros(HASHES, dtype=np.uint32)


def signature(text: str) -> NDArray[np.uint32]:
    """The MinHash signature of a text's shingles; zeros for a text too short to have one.

    The shingles are those of the first `MOST_WORDS` words in the first `MOST_CHARACTERS`.
    """
    words = _words(text[:MOST_CHARACTERS].lower())[:MOST_WORDS]
    if len(words) < LEAST_WORDS:
        return _NOTHING
    shingles = {
        " ".join(words[place : place + SHINGLE]) for place in range(len(words) - SHINGLE + 1)
    }
    hashes = np.fromiter(
        (zlib.crc32(shingle.encode(errors="surrogatepass")) for shingle in shingles),
        dtype=np.uint64,
        count=len(shingles),
    )
    mixed = (hashes ^ (hashes << np.uint64(29))) * _FACTORS
    least: NDArray[np.uint64] = (mixed >> _HALF).min(axis=1)
    return least.astype(np.uint32)


class Signatures:
    """The signatures of many pages in the order of their coming, kept in a file beside memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._count = 0

    def __enter__(self) -> "Signatures":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, text: str) -> None:
        """Note the signature of the next page."""
        self._file.write(signature(text).tobytes())
        self._count += 1

    def twins(self, order: Sequence[int], likeness: float) -> dict[int, int]:
        """From the place of each twin to that of the earlier page it resembles.

        `order` gives pages by their ordinals in corpus order; places are places in it. Two pages
        are twins if at least the share `likeness` of their signatures is equal. In a band of equal
        pages each is compared with the first and with the one before it.
        """
        self._file.flush()
        if not self._count or not order:
            return {}
        table = np.memmap(self._path, dtype=np.uint32, mode="r").reshape(-1, HASHES)
        ordinals = np.asarray(order, dtype=np.int64)
        least = int(np.ceil(likeness * HASHES))
        found: dict[int, int] = {}
        for band in range(BANDS):
            self._in_band(table, ordinals, band, least, found)
        return found

    @staticmethod
    def _in_band(
        table: NDArray[np.uint32],
        ordinals: NDArray[np.int64],
        band: int,
        least: int,
        found: dict[int, int],
    ) -> None:
        width = HASHES // BANDS
        rows = np.ascontiguousarray(table[:, band * width : (band + 1) * width])[ordinals]
        keys = rows.view(np.uint64).reshape(-1, width // 2)
        places = np.lexsort(tuple(keys.T))  # stable: equal keys stay in corpus order
        equal = (keys[places[1:]] == keys[places[:-1]]).all(axis=1)
        equal &= rows[places[1:]].any(axis=1)
        first = 0
        for number in np.flatnonzero(equal).tolist():
            if number == 0 or not equal[number - 1]:
                first = int(places[number])
            later = int(places[number + 1])
            mine = table[ordinals[later]]
            for earlier in (first, int(places[number])):
                known = found.get(later)
                if known is not None and known <= earlier:
                    continue
                if int((mine == table[ordinals[earlier]]).sum()) >= least:
                    found[later] = earlier
                    break
