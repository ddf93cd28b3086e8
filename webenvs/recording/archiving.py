"""A recording written as a WARC file: a response and its request for every page that it holds.

The same recording gives the same bytes: records stand in the order of the keys, their ids are made
of the keys, and their dates are those of the recording.
"""

import io
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from webenvs.errors import CorpusError
from webenvs.recording.recording import Exchange, Recording
from webenvs.recording.response import PAGE, Response, response_of
from webenvs.writing import written_aside

if TYPE_CHECKING:
    from warcio.warcwriter import WARCWriter

Progress = Callable[[int], None]

_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_EPOCH = "1970-01-01T00:00:00Z"
_NAMES = uuid.UUID("6f1d0c4e-0d0e-5a0c-9d6f-3a1f7c7c2b11")


def export_warc(recording: Recording, path: str | Path, progress: Progress | None = None) -> int:
    """Write the pages of `recording` to the WARC 1.1 file `path`; the number of pages.

    Bodies stand unpacked; the headers that told how they were sent are renamed X-Orig-...; a name
    in .gz makes each record a gzip member. The file appears when it is complete. Raises CorpusError
    if the recording holds no page or if warcio is missing, SettingError for a target that is no
    file.
    """
    try:
        from warcio.warcwriter import WARCWriter
    except ImportError as error:
        message = "Writing WARC needs warcio: pip install 'webenvs[archives]'."
        raise CorpusError(message) from error
    target = Path(path)
    with written_aside(target) as aside, aside.open("wb") as file:
        writer = WARCWriter(file, gzip=target.suffix == ".gz", warc_version="1.1")
        count = _write(writer, recording, progress)
        file.flush()
        os.fsync(file.fileno())
        if not count:
            raise CorpusError(f"{recording.directory} holds no page to export.")
    return count


def _write(writer: "WARCWriter", recording: Recording, progress: Progress | None) -> int:
    fields = {"software": "webenvs", "format": "WARC File Format 1.1"}
    info = writer.create_warcinfo_record("recording", fields)
    info.rec_headers.replace_header("WARC-Date", _EPOCH)
    info.rec_headers.replace_header("WARC-Record-ID", _id("warcinfo"))
    writer.write_record(info)
    count = 0
    for exchange in recording.exchanges():
        if exchange.request.get("kind") == PAGE:
            _write_page(writer, exchange, response_of(exchange.request, exchange.answer))
            count += 1
            if progress:
                progress(count)
    return count


def _write_page(writer: "WARCWriter", exchange: Exchange, response: Response) -> None:
    from warcio.statusandheaders import StatusAndHeaders

    protocol = "HTTP/1.1" if response.version not in ("HTTP/1.0", "HTTP/1.1") else response.version
    headers = [
        (f"X-Orig-{name}" if name.lower() in _FRAMING else _one_line(name), _one_line(value))
        for name, value in response.headers
    ]
    headers.append(("Content-Length", str(len(response.body))))
    answer = writer.create_warc_record(
        response.url,
        "response",
        payload=io.BytesIO(response.body),
        length=len(response.body),
        http_headers=StatusAndHeaders(str(response.status), headers, protocol=protocol),
        warc_headers_dict=_marks(exchange, "response"),
    )
    parts = urlsplit(response.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    question = writer.create_warc_record(
        response.url,
        "request",
        http_headers=StatusAndHeaders(
            f"GET {path} HTTP/1.1", [("Host", parts.netloc)], is_http_request=True
        ),
        warc_headers_dict=_marks(exchange, "request"),
    )
    writer.write_request_response_pair(question, answer)


def _marks(exchange: Exchange, kind: str) -> dict[str, Any]:
    return {
        "WARC-Record-ID": _id(f"{kind} {exchange.key} {exchange.digest}"),
        "WARC-Date": exchange.recorded or _EPOCH,
    }


def _id(name: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(_NAMES, name)}>"


def _one_line(value: str) -> str:
    return " ".join(value.split())
