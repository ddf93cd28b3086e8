"""The settings of dense search: what is embedded, by what, and how its vectors are found."""

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal, get_args

from webenvs.errors import bad_setting, unknown_name
from webenvs.recording.recording import Mode
from webenvs.records import Record
from webenvs.search.analyzer import ANALYZERS
from webenvs.search.dense.grid import LARGEST_DIMS
from webenvs.search.given import checked_names

Kind = Literal["flat", "ivf", "hnsw", "pq"]
"""flat: every vector is looked at; ivf: those of the nearest clusters; hnsw: a graph is followed;
pq: as ivf with shortened vectors, of which the best are scored again in full."""

INDEXES = ("auto", *get_args(Kind))

_FLAT_UP_TO = 2**24
"""Components up to which looking at every vector is fast enough (131,072 vectors of 128)."""

_BOUNDS: Mapping[str, tuple[int, int]] = {
    "dims": (0, LARGEST_DIMS),
    "nlist": (0, 65_536),
    "nprobe": (2, 65_536),  # the nearest one alone is not found exactly, see `neighbours`
    "hnsw_links": (4, 128),
    "ef_construction": (8, 2_000),
    "ef_search": (8, 10_000),
    "pq_parts": (0, 1_024),
    "candidates": (8, 10_000),
    "chunk_words": (0, 10_000),
    "max_chunks": (1, 10_000),
    "training_pages": (1, 100_000),
    "batch": (1, 10_000),
}
_TEXTS = ("embedder", "query_prefix", "passage_prefix", "recording", "key_variable", "device")
_ASKING = ("nprobe", "ef_search", "candidates", "query_prefix", "operators")
_RUNNING = ("recording", "mode", "key_variable", "batch", "device")


class DenseSettings(Record, frozen=True, kw_only=True):
    """The settings of dense search.

    What embeds: `embedder` is "lsa" (trained on the corpus, on `training_pages` of it at most),
    "sentence-transformers:MODEL" (a hub id or a directory) or "endpoint:URL#MODEL" (an
    OpenAI-compatible server, URL up to /v1). `dims` is the number of dimensions; 0 leaves it to the
    embedder (lsa: 256).

    What is embedded: the title and the beginning of a page (20,000 characters; most models read
    less of it and cut the rest themselves), or with `chunk_words` above 0 each
    chunk of so many words, at most `max_chunks` a page, of which the best counts. `query_prefix`
    and `passage_prefix` stand before every text, as some models want ("query: ", "passage: ").

    How vectors are found: `index` is "flat", "ivf", "hnsw", "pq", or "auto" by size. ivf and pq
    divide vectors into `nlist` clusters (0: by size) and look into the `nprobe` nearest; pq cuts
    vectors into `pq_parts` bytes (0: by size) and scores the best `candidates` in full; hnsw joins
    each vector with `hnsw_links` others, found among `ef_construction`, and follows the best
    `ef_search`. Of hnsw and pq a search has at most `ef_search` or `candidates` passages.

    How words are found: `analyzer` (a name of `analyzer.ANALYZERS`) makes the terms of lsa and
    finds the words of a query in snippets; `operators` says whether a query is read for them (see
    `operators`) or is plain text whatever it says.

    How it runs, without a say in what is found: `recording` is the directory where the vectors of
    queries are kept for ever (and an endpoint's of passages), `mode` is "record", "replay" or
    "refresh", `key_variable` the environment variable that holds the endpoint's key, `batch` how
    many texts are embedded at a time, `device` where a model runs.
    """

    embedder: str = "lsa"
    dims: int = 0
    index: str = "auto"
    nlist: int = 0
    nprobe: int = 64
    hnsw_links: int = 32
    ef_construction: int = 80
    ef_search: int = 128
    pq_parts: int = 0
    candidates: int = 256
    chunk_words: int = 0
    max_chunks: int = 64
    training_pages: int = 20_000
    analyzer: str = "english"
    operators: bool = True
    query_prefix: str = ""
    passage_prefix: str = ""
    recording: str = ""
    mode: str = "record"
    key_variable: str = ""
    batch: int = 64
    device: str = "cpu"

    def __post_init__(self) -> None:
        for field, (least, most) in _BOUNDS.items():
            value = getattr(self, field)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not least <= value <= most:
                raise bad_setting(field, value, f"a whole number from {least} to {most}")
        for field in _TEXTS:
            if not isinstance(getattr(self, field), str):
                raise bad_setting(field, getattr(self, field), "text")
        for field, allowed in (("index", INDEXES), ("mode", get_args(Mode))):
            if getattr(self, field) not in allowed:
                raise bad_setting(field, getattr(self, field), " or ".join(map(repr, allowed)))
        if not isinstance(self.analyzer, str) or self.analyzer not in ANALYZERS:
            raise unknown_name("analyzer", str(self.analyzer), ANALYZERS)
        if not isinstance(self.operators, bool):
            raise bad_setting("operators", self.operators, "True or False")
        self._check_embedder()

    def _check_embedder(self) -> None:
        family, _, rest = self.embedder.partition(":")
        url, _, model = rest.rpartition("#")
        sound = {
            "lsa": not rest and ":" not in self.embedder,
            "sentence-transformers": bool(rest.strip()),
            "endpoint": url.startswith(("http://", "https://")) and bool(model),
        }
        if not sound.get(family):
            raise bad_setting(
                "embedder",
                self.embedder,
                "'lsa', 'sentence-transformers:MODEL' or 'endpoint:URL#MODEL'",
            )
        if family == "endpoint" and not self.recording:
            raise bad_setting(
                "recording",
                self.recording,
                "a directory: what an endpoint answers is kept there, so that it stays the same",
            )

    @property
    def family(self) -> str:
        """Which embedder it is, without its model."""
        return self.embedder.partition(":")[0]

    @property
    def model(self) -> str:
        """The model of the embedder; empty for lsa."""
        return self.embedder.partition(":")[2].rpartition("#")[2]

    @property
    def name(self) -> str:
        """Family and model without what only says where it lies: a directory's path, an address."""
        directory = self.model.startswith((".", "/", "~")) or self.model.count("/") > 1
        model = PurePath(self.model).name if directory else self.model
        return f"{self.family}:{model}" if model else self.family

    @property
    def url(self) -> str:
        """The address of the endpoint; empty for other embedders."""
        return self.embedder.partition(":")[2].rpartition("#")[0] if "#" in self.embedder else ""

    def mapping(self) -> dict[str, Any]:
        """Engine name and every setting that can change a ranking: JSON-able.

        The address of an endpoint is none, nor is a directory: the same model may move, and its
        fingerprint tells it from others.
        """
        values = {
            field: getattr(self, field)
            for field in self.__struct_fields__
            if field not in (*_RUNNING, "embedder")
        }
        return {"engine": "dense", "embedder": self.name} | values

    def frozen(self) -> dict[str, Any]:
        """The part of `mapping` that shapes the index on disk; the rest acts on the query alone."""
        return {name: value for name, value in self.mapping().items() if name not in _ASKING}

    @classmethod
    def thawed(cls, values: Mapping[str, Any]) -> "DenseSettings":
        """Settings of which `values` are the frozen part; raises UnknownNameError, SettingError."""
        given = {name: value for name, value in values.items() if name != "engine"}
        family, _, model = str(given.get("embedder")).partition(":")
        if family == "endpoint":  # an index does not say where the server was, nor its recording
            given |= {"embedder": f"endpoint:https://unknown.invalid#{model}", "recording": "none"}
        return dense_settings(given)

    def kind(self, vectors: int, dims: int) -> Kind:
        """The index for so many vectors."""
        if self.index in get_args(Kind):
            return self.index  # type: ignore[return-value]  # one of the allowed names
        return "flat" if vectors * dims <= _FLAT_UP_TO else "ivf"

    def clusters(self, vectors: int) -> int:
        """How many clusters so many vectors are divided into: about four times the square root."""
        wanted = self.nlist or 2 ** round(math.log2(4 * math.sqrt(max(1, vectors))))
        return max(1, min(wanted, vectors))

    def parts(self, dims: int) -> int:
        """Into how many parts a vector of so many dimensions is cut; raises SettingError."""
        if not self.pq_parts:
            return max(part for part in range(1, max(1, dims // 4) + 1) if dims % part == 0)
        if dims % self.pq_parts or dims // self.pq_parts > 256:
            raise bad_setting("pq_parts", self.pq_parts, f"a divisor of dims = {dims}")
        return self.pq_parts


def dense_settings(values: Mapping[str, Any]) -> DenseSettings:
    """The settings with these `values`; raises UnknownNameError or SettingError."""
    known = DenseSettings.__struct_fields__
    return DenseSettings(**checked_names(values, known, "dense search"))
