"""Vectors from a sentence-transformers model, by its id on the hub or from a directory."""

import hashlib
import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from webenvs.errors import CorpusError, bad_setting
from webenvs.search.embedders.embedder import Use, Vectors, unit_rows
from webenvs.seeding import digest


class SentenceEmbedder:
    """A model in this process, asked by one thread at a time.

    A query is embedded alone and on one processor thread, so that its vector depends on nothing
    else; on another machine or device its last digits may differ all the same. Whoever needs them
    equal for ever keeps a recording.
    """

    def __init__(self, model: str, *, dims: int = 0, batch: int = 64, device: str = "cpu") -> None:
        """Load the model; `dims` above 0 keeps so many first dimensions.

        Raises CorpusError if the package or the model cannot be loaded, SettingError if it has
        fewer dimensions.
        """
        self._who = f"The model {model!r}"
        self._model = _loaded(model, dims, device)
        self._batch = batch
        self._lock = threading.Lock()
        self._fingerprint = _fingerprint(self._model, dims)
        self._dims: int | None = None
        self._dims = self.encode(["webenvs"], "passage").shape[1]
        if dims > self._dims:
            raise bad_setting("dims", dims, f"at most {self._dims}, as {model!r} has")

    @property
    def fingerprint(self) -> str:
        """A digest of the weights, the tokenizer and the length of the vectors."""
        return self._fingerprint

    @property
    def dims(self) -> int:
        """The length of every vector."""
        return self._dims or 0

    def encode(self, texts: Sequence[str], use: Use) -> Vectors:
        """One row of unit length for each text."""
        if not texts:
            return np.zeros((0, self.dims), np.float32)
        with self._lock:
            if use == "passage":
                rows = self._model.encode_document(list(texts), **self._options(self._batch))
            else:
                rows = self._alone(texts)
        return unit_rows(rows, len(texts), self._dims, self._who)

    def _alone(self, texts: Sequence[str]) -> Any:
        torch = sys.modules["torch"]  # sentence-transformers has brought it
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            each = [self._model.encode_query([text], **self._options(1)) for text in texts]
        finally:
            torch.set_num_threads(threads)
        return np.concatenate(each)

    def _options(self, batch: int) -> dict[str, Any]:
        return {"batch_size": batch, "show_progress_bar": False, "convert_to_numpy": True}


def _loaded(model: str, dims: int, device: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise CorpusError(
            "Embedding with a model of sentence-transformers needs that package: "
            "pip install 'webenvs[transformers]'."
        ) from None
    try:
        loaded = SentenceTransformer(model, device=device, truncate_dim=dims or None)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CorpusError(f"The model {model!r} cannot be loaded: {first}") from error
    loaded.eval()
    return loaded


def _fingerprint(model: Any, dims: int) -> str:
    """SHA-256 over all weights by name, how the tokenizer is set up, and the cut of the vectors."""
    weights = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        weights.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        weights.update(flat.view(sys.modules["torch"].uint8).numpy().tobytes())
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    spelled = tokenizer.to_str() if tokenizer is not None else repr(model.tokenizer)
    kinds = [type(part).__name__ for part in model]
    prompts = dict(model.prompts or {})
    length = model.max_seq_length
    return digest([weights.hexdigest(), spelled, kinds, prompts, length, dims])
