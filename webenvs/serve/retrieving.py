"""The doors of search tools: Search-R1's /retrieve and ASearcher's /access."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from webenvs.serve.bodies import answer, body_of, form_of
from webenvs.serve.limits import Limits
from webenvs.serve.place import Place, Where
from webenvs.serve.refusal import BAD_FIELD, NotServedError
from webenvs.serve.retrieval import Retrieval, documents
from webenvs.serve.work import Made, Work


class Retrieve(Where, kw_only=True):
    """What /retrieve takes: `queries`, or one `query`; all else may be left out."""

    queries: list[str] | None = None
    query: str | None = None
    topk: int | None = None
    return_scores: bool | None = None


class Access(Where, kw_only=True):
    """What /access takes: urls, and which part of each page."""

    urls: list[str]
    page: Place = 1


def router_of(retrieval: Retrieval, limits: Limits, work: Work) -> APIRouter:
    """The two doors."""
    router = APIRouter(tags=["search tools"])

    @router.post("/retrieve", openapi_extra=_body(Retrieve), response_model=None)
    async def retrieve(request: Request) -> Response:
        """Ranked documents of each query, as servers of Search-R1 give them."""
        fields, packed = await body_of(request)
        asked = form_of(fields, Retrieve)
        queries = _queries(asked, limits)
        _check_hits(len(queries), retrieval.depth(asked.topk), limits.hits)
        search = partial(retrieval.search, topk=asked.topk, where=asked)
        found = await each_of(work, request, search, queries)
        result = [documents(one, scores=bool(asked.return_scores)) for one in found]
        statuses = [one.result.status for one in found]
        flat = packed and asked.queries is None  # as GEM's client reads it
        told = {"result": result[0] if flat else result, "statuses": statuses}
        return answer(told, packed=packed)

    @router.post("/access", openapi_extra=_body(Access), response_model=None)
    async def access(request: Request) -> Response:
        """Pages by their urls, as ASearcher's server gives them; null for what is no page."""
        fields, packed = await body_of(request)
        asked = form_of(fields, Access)
        _check_number("urls", asked.urls, limits.queries)
        if asked.page < 1:
            raise NotServedError(BAD_FIELD, "page: must be at least 1.")
        pages = await each_of(work, request, partial(_page, retrieval, asked), asked.urls)
        return answer({"result": pages}, packed=packed)

    return router


def _queries(asked: Retrieve, limits: Limits) -> list[str]:
    """The queries of a request in either of its two forms."""
    if (asked.queries is None) == (asked.query is None):
        raise NotServedError(
            BAD_FIELD, "queries: give either a list of queries, or one query as `query`."
        )
    queries = [asked.query or ""] if asked.queries is None else asked.queries
    _check_number("queries", queries, limits.queries)
    return queries


def _check_number(field: str, values: list[str], most: int) -> None:
    if len(values) > most:
        raise NotServedError(
            BAD_FIELD, f"{field}: {len(values)} are too many, at most {most} at a time."
        )


def _check_hits(queries: int, topk: int, most: int) -> None:
    if queries * topk > most:
        raise NotServedError(
            BAD_FIELD,
            f"queries: {queries} of topk {topk} are {queries * topk:,} hits, at most {most:,} at "
            "a time.",
        )


async def each_of(
    work: Work, request: Request, function: Callable[[str], Made], values: Sequence[str]
) -> list[Made]:
    """What a function brings for each value, a piece of work each, so that others get their turn.

    Raises ClientDisconnect as soon as there is nobody to tell.
    """
    found: list[Made] = []
    for value in values:
        if found and await request.is_disconnected():
            raise ClientDisconnect
        found.append(await work.run(function, value))
    return found


def _page(retrieval: Retrieval, asked: Access, url: str) -> dict[str, Any] | None:
    """The page of a url, or None."""
    result = retrieval.fetch(url, asked.page, asked)
    if result.status == "not_found":
        return None
    return {"url": url, "contents": result.content, "status": result.status}


def _body(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """What the description of the server says of a body."""
    schema = msgspec.json.schema_components((kind,))[1][kind.__name__]
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, "required": True}}
