"""Pages from a Hugging Face data set: by its id on the hub, or from a directory that holds one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.layouts import Columns, Layout, pages_of_rows
from webenvs.errors import CorpusError, WebenvsError, bad_setting, unknown_name

PREFIX = "hf:"
"""What a source text begins with that names a data set: hf:owner/name."""

SAVED = ("dataset_dict.json", "state.json")
"""Files that tell a directory written by `save_to_disk`."""


def read_hub(
    source: str | Path,
    tally: Tally,
    progress: Callable[[int], None] | None = None,
    config: str | None = None,
    split: str = "train",
    revision: str | None = None,
    columns: Columns = MappingProxyType({}),
) -> Source:
    """The pages of one split of a data set, row by row as they come.

    `source` is `hf:owner/name`, a directory of data files in the hub's layout, or one written by
    `save_to_disk`. `config` and `revision` choose among what the hub has; `columns` names the
    columns that hold url, id, title, text, date and language where they are called otherwise.
    `progress` is called with the number of rows. Rows that are no page are Broken; where the data
    set stops being readable, the rest is. Raises CorpusError if it cannot be opened.
    """
    layout = Layout(columns)
    name = str(source)
    rows = enumerate(_rows(name, _opened(name, config, split, revision)), start=1)
    return pages_of_rows(rows, (name, ", row "), layout, tally, progress)


def _opened(
    name: str, config: str | None, split: str, revision: str | None
) -> Iterable[Mapping[str, Any]]:
    try:
        import datasets
    except ImportError as error:
        raise CorpusError(
            f"{name} is a data set, which datasets reads: pip install 'webenvs[hub]'."
        ) from error
    place = Path(name)
    try:
        if place.is_dir() and any((place / mark).is_file() for mark in SAVED):
            for field, value in (("config", config), ("revision", revision)):
                if value is not None:
                    raise bad_setting(field, value, "left out: what was saved has one only")
            return _split_of(datasets.load_from_disk(name), split)
        wanted = name.removeprefix(PREFIX)
        return datasets.load_dataset(  # type: ignore[no-any-return]  # the library is untyped
            wanted, config, split=split, revision=revision, streaming=True
        )
    except WebenvsError:
        raise
    except Exception as error:
        raise CorpusError(f"{name} cannot be opened as a data set: {_said(error)}.") from error


def _split_of(saved: Any, split: str) -> Iterable[Mapping[str, Any]]:
    """One split of what was saved; a data set that was saved without splits is its own."""
    if not isinstance(saved, dict):
        own = str(saved.split or "train")
        if split not in ("train", own):
            raise unknown_name("split", split, [own], "in what was saved")
        return saved  # type: ignore[no-any-return]  # the library is untyped
    if split not in saved:
        raise unknown_name("split", split, saved, "in what was saved")
    return saved[split]  # type: ignore[no-any-return]  # the library is untyped


def _rows(name: str, found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any] | Broken]:
    done = 0
    try:
        for row in found:
            done += 1
            yield row
    except Exception as error:  # whatever the readers of all formats of the hub may raise
        yield Broken(where=f"{name}, row {done + 1}", reason=f"damaged data set: {_said(error)}")


def _said(error: Exception) -> str:
    text = str(error).partition("\n")[0].strip().rstrip(".")
    return text or type(error).__name__
