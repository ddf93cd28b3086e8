"""Pages from Parquet files, read batch by batch; what their columns mean is said in `layouts`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from webenvs.corpora.corpus import Broken, Source
from webenvs.corpora.report import Tally
from webenvs.corpora.sources.layouts import Columns, Layout, pages_of_rows
from webenvs.errors import CorpusError

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_ROWS = 1_000  # read at once


def read_parquet(
    path: Path,
    tally: Tally,
    progress: Callable[[int], None] | None = None,
    columns: Columns = MappingProxyType({}),
) -> Source:
    """The pages of a Parquet file; rows that are none are Broken, with file, group and row.

    Only the columns that a page is made of are read, a thousand rows at a time. A row group that
    is damaged is Broken from the first row that cannot be read; the groups after it are read.
    `columns` names the columns that mean something else than their names say; `progress` is called
    with the number of rows read. Raises CorpusError if the file's own table of contents is damaged.
    """
    layout = Layout(columns)
    rows = _numbered(path, _opened(path), layout)
    return pages_of_rows(rows, (str(path), ", row "), layout, tally, progress)


def _opened(path: Path) -> "ParquetFile":
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise CorpusError(
            f"{path} is Parquet, which pyarrow reads: pip install 'webenvs[tables]'."
        ) from error
    try:
        return ParquetFile(path, page_checksum_verification=True)
    except (ArrowException, OSError, ValueError) as error:
        size = path.stat().st_size
        raise CorpusError(
            f"{path} cannot be read as Parquet: {_said(error)} (its table of contents is at the "
            f"end of its {size} bytes)."
        ) from error


def _numbered(
    path: Path, file: "ParquetFile", layout: Layout
) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    with file:
        first = 1
        for group in range(file.num_row_groups):
            yield from enumerate(_rows(path, file, layout, group, first), start=first)
            first += file.metadata.row_group(group).num_rows


def _rows(
    path: Path, file: "ParquetFile", layout: Layout, group: int, first: int
) -> Iterator[dict[str, Any] | Broken]:
    """The rows of a group, up to the first that is damaged; `first` is the number of its first."""
    from pyarrow import ArrowException

    done = 0
    try:
        names = layout.fields(file.schema_arrow.names)
        for batch in file.iter_batches(_ROWS, row_groups=[group], columns=names or None):
            for row in batch.to_pylist():
                done += 1
                yield row
    except (ArrowException, OSError, ValueError, MemoryError) as error:
        lost = file.metadata.row_group(group).num_rows - done
        yield Broken(
            where=f"{path}, row group {group}, row {first + done}",
            reason=f"damaged Parquet: {lost} rows are lost: {_said(error)}",
        )


def _said(error: Exception) -> str:
    return str(error).partition("\n")[0].strip().rstrip(".") or type(error).__name__
