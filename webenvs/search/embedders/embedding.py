"""The embedders by name: which one the settings ask for, made where it needs no pages."""

import os
from collections.abc import Callable
from functools import partial
from typing import cast

from webenvs.errors import bad_setting
from webenvs.recording.recording import Mode, Recording
from webenvs.search.dense.settings import DenseSettings
from webenvs.search.embedders.embedder import Embedder
from webenvs.search.embedders.recorded import RecordedEmbedder


def embedder_for(settings: DenseSettings) -> Embedder | None:
    """The embedder of these settings; None for lsa, which lies with its index.

    Raises CorpusError if it cannot be had, SettingError if the variable of the key is not set.
    """
    if settings.family == "lsa":
        return None
    make: Callable[[], Embedder] = partial(_asked if settings.url else _loaded, settings)
    if not settings.recording:
        return make()
    name = settings.name + (f"#{settings.dims}" if settings.dims else "")
    recording = Recording(settings.recording, cast(Mode, settings.mode))
    return RecordedEmbedder(name, make, recording, passages=settings.family == "endpoint")


def _loaded(settings: DenseSettings) -> Embedder:
    from webenvs.search.embedders.sentence import SentenceEmbedder

    return SentenceEmbedder(
        settings.model, dims=settings.dims, batch=settings.batch, device=settings.device
    )


def _asked(settings: DenseSettings) -> Embedder:
    # An HTTP client is slow to load.
    from webenvs.search.embedders.endpoint import EndpointEmbedder
    from webenvs.search.remote.server import secret_of

    variable = settings.key_variable
    if variable and variable not in os.environ:
        raise bad_setting(
            "key_variable", variable, "the name of an environment variable that is set"
        )
    key = secret_of(variable) if variable else ""
    return EndpointEmbedder(
        settings.url, settings.model, dims=settings.dims, key=key, batch=settings.batch
    )
