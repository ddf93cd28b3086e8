"""The tools of BrowseComp-Plus over MCP: `search` and `get_document`, without episodes."""

from collections.abc import Sequence

import msgspec

from webenvs.errors import unknown_name
from webenvs.records import Result
from webenvs.serve.bodies import form_of
from webenvs.serve.place import Place, Where, fields_in
from webenvs.serve.refusal import BAD_FIELD, NotServedError
from webenvs.serve.retrieval import Found, Retrieval, document
from webenvs.serve.toolbox import Arguments, Asker, Offer, Reply, offer
from webenvs.serve.work import Work

_TEXT, _PART = {"type": "string"}, {"type": "integer", "minimum": 1}
SEARCH = offer(
    "search",
    "Search the web. Returns the best matching documents with docid, score and snippet.",
    ["query"],
    query=_TEXT | {"description": "What to search for."},
)
GET_DOCUMENT = offer(
    "get_document",
    "Read a document by its docid. Long documents have several parts; name the part to read on.",
    ["docid"],
    docid=_TEXT | {"description": "The docid that search gave."},
    page=_PART | {"description": "Which part; 1 if left out."},
)


class _Search(msgspec.Struct):
    query: str


class _GetDocument(msgspec.Struct):
    docid: str
    page: Place = 1


class Browsing:
    """The two tools; where in an episode calls are made stands in the query of the url."""

    name = "webenvs-browse"
    about = "search finds documents, get_document reads one."
    resources: Sequence[tuple[str, str]] = ()

    def __init__(self, retrieval: Retrieval, work: Work) -> None:
        self._retrieval, self._work = retrieval, work

    async def offers(self, asker: Asker) -> Sequence[Offer]:
        """Both tools."""
        return SEARCH, GET_DOCUMENT

    async def call(self, asker: Asker, name: str, arguments: Arguments) -> Reply:
        """What a call brings, as text and as data."""
        where = form_of(fields_in(asker.query, Where), Where)
        if name == SEARCH.name:
            asked = form_of(arguments, _Search)
            found = await self._work.run(self._retrieval.search, asked.query, None, where)
            return _found(found)
        if name == GET_DOCUMENT.name:
            wanted = form_of(arguments, _GetDocument)
            if wanted.page < 1:
                raise NotServedError(BAD_FIELD, "page: must be at least 1.")
            read = self._retrieval.fetch, wanted.docid, wanted.page, where
            return _read(wanted.docid, await self._work.run(*read))
        raise unknown_name("tool", name, [SEARCH.name, GET_DOCUMENT.name])

    async def read(self, asker: Asker, address: str) -> str:
        """Nothing: there are no resources."""
        raise unknown_name("resource", address, [])


def _found(found: Found) -> Reply:
    result, hits = found
    if not hits:
        return Reply(result.content, result.error == "env_error", {"result": []})
    rows = [
        {"docid": hit.url, "score": hit.score, "snippet": document(hit)["contents"]} for hit in hits
    ]
    return Reply(msgspec.json.encode(rows).decode(), False, {"result": rows})


def _read(docid: str, result: Result) -> Reply:
    """A document, or none: a failure is told as it is to any player."""
    if result.status != "ok":
        return Reply(result.content, result.error == "env_error", {"result": None})
    row = {"docid": docid, "text": result.content}
    return Reply(msgspec.json.encode(row).decode(), False, {"result": row})
