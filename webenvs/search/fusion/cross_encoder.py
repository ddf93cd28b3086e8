"""A re-ranker with a model: a cross-encoder of sentence-transformers that reads query and page."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from webenvs.errors import SettingError
from webenvs.records import Record
from webenvs.search.analyzer import Analyzer
from webenvs.search.fusion.reranked import Candidate
from webenvs.search.given import settings_of
from webenvs.search.passage import passage
from webenvs.seeding import canonical_json

VERSION = 1
"""Raised whenever the same model would score otherwise."""

Count = Annotated[int, msgspec.Meta(ge=1)]


class CrossEncoderSettings(Record, frozen=True, kw_only=True):
    """The options of the cross-encoder.

    `model` is a model id or a directory, `revision` the commit of an id. Of a page the title and
    the passage of `characters` are read that shows best the words of the query as the `analyzer`
    finds them; at most `tokens` with the query (None: what the model takes). Scores are the
    model's own, without a sigmoid, rounded to `digits`. `device` is where it runs.
    """

    model: str
    revision: str | None = None
    characters: Count = 1500
    analyzer: str = "english"
    tokens: Count | None = None
    digits: Annotated[int, msgspec.Meta(ge=0, le=6)] = 3
    device: str = "cpu"


class CrossEncoderReranker:
    """Scores each candidate by itself, so that no score depends on the others in its batch.

    Equal on one machine; between machines the last bits of a model differ, which rounding hides but
    where a score lies at the edge of the grid. The weights' digest is part of the fingerprint.
    """

    def __init__(self, **options: Any) -> None:
        """Raises SettingError for wrong options, or a model that cannot be loaded."""
        self._options = options
        self._chosen = settings_of(CrossEncoderSettings, options, "cross-encoder")
        self._analyzer = Analyzer(self._chosen.analyzer)
        self._model = _loaded(self._chosen)
        self._weights = _digest_of(self._model)
        self._lock = threading.Lock()  # a tokenizer serves one thread at a time

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """Version, the digest of model and tokenizer, and what is read and rounded."""
        told = {"name": "cross-encoder", "version": VERSION, "weights": self._weights}
        chosen = self._chosen
        read = {"characters": chosen.characters, "analyzer": chosen.analyzer}
        return told | read | {"tokens": chosen.tokens, "digits": chosen.digits}

    def scores(self, query: str, candidates: Sequence[Candidate]) -> Sequence[float]:
        """The model's score of every candidate, rounded."""
        return [self._score(query, candidate) for candidate in candidates]

    def _score(self, query: str, candidate: Candidate) -> float:
        page, chosen = candidate.page, self._chosen
        text = f"{page.title}\n{passage(page.text, query, self._analyzer, chosen.characters)}"
        with self._lock:
            score = self._model.predict(
                [(query, text)], batch_size=1, show_progress_bar=False, activation_fn=_as_it_is
            )
        return round(float(score[0]), chosen.digits) + 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (self._options,)


def _made_again(options: Mapping[str, Any]) -> CrossEncoderReranker:
    return CrossEncoderReranker(**options)


def _as_it_is(scores: Any) -> Any:
    return scores


def _loaded(chosen: CrossEncoderSettings) -> Any:
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise SettingError(
            "The cross-encoder needs sentence-transformers: pip install 'webenvs[transformers]'."
        ) from error
    try:
        model = CrossEncoder(
            chosen.model,
            revision=chosen.revision,
            max_length=chosen.tokens,
            device=chosen.device,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise SettingError(f"The model {chosen.model!r} cannot be loaded: {error}.") from error
    if model.config.num_labels != 1:
        labels = model.config.num_labels
        raise SettingError(f"The model {chosen.model!r} gives {labels} scores a pair, not one.")
    return model


def _digest_of(model: Any) -> str:
    """SHA-256 over the weights by name, the configuration and the tokenizer."""
    state = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        values = tensor.detach().cpu().float().contiguous().numpy()
        state.update(canonical_json([name, str(tensor.dtype), list(values.shape)]))
        state.update(values.tobytes())
    kept = {key: value for key, value in model.config.to_dict().items() if key not in _LOCAL}
    state.update(canonical_json(msgspec.to_builtins(kept, str_keys=True, enc_hook=str)))
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    told = backend.to_str() if backend else str(sorted(model.tokenizer.get_vocab().items()))
    state.update(told.encode())
    return state.hexdigest()


_LOCAL = ("_name_or_path", "transformers_version")
"""What a configuration says about where it was loaded, not about what it is."""
