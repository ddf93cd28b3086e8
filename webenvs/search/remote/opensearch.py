"""OpenSearch and Elasticsearch: an index of theirs, asked through _search."""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from webenvs.records import Record
from webenvs.search.operators import Asked
from webenvs.search.pages import Pages
from webenvs.search.remote.addressing import Template
from webenvs.search.remote.remote import Entry, Remote, settings_for
from webenvs.search.remote.server import address
from webenvs.search.snippet import WIDTH

ADDRESS = "doc://{_id}"
"""Where a corpus of JSON lines has the document; `_id` is the name that the index knows it by."""

_ID = "_id"
_LAST_DAY = 9999_12_31
# Term statistics of the whole index, not of the shard that happens to hold a document; the same
# replicas for all; no answer rather than a part of one.
_HOW = "search_type=dfs_query_then_fetch&preference=webenvs&allow_partial_search_results=false"


class OpenSearchSettings(Record, frozen=True, kw_only=True):
    """What this engine can be told besides.

    `index` is the index or alias; `fields` are searched, with boosts as in "title^2"; `match` is
    the kind of multi_match. `highlight` names the field that snippets are taken from by the engine;
    without it they are cut from the page. Operators narrow the search through `url_field` (site:),
    `date_field` (after:, before:) and `language_field` (lang:) where these are named; else, and for
    phrases in any case, they only sift what was found.
    """

    index: Annotated[str, msgspec.Meta(pattern=r'^[^\\/?"<>|\s#]+$')]
    fields: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("title", "text")
    match: Literal["best_fields", "most_fields", "cross_fields"] = "best_fields"
    highlight: str = ""
    url_field: str = ""
    date_field: str = ""
    language_field: str = ""


class OpenSearch:
    """How such a cluster is spoken to; `url` is its own, without the index."""

    name = "opensearch"
    scheme = "ApiKey"

    def __init__(self, url: str, own: OpenSearchSettings, template: str = ADDRESS) -> None:
        """Raises SettingError for what is no url or no template."""
        path = f"/{quote(own.index, safe=',*:')}/_search"
        self.url = f"{address(url, path)}?{_HOW}"
        self.template = Template(template)
        self._own = own
        self._source = [name for name in self.template.fields if name != _ID]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What is searched, and how."""
        own = self._own
        told = {"index": own.index, "fields": list(own.fields), "match": own.match}
        named = ("highlight", "url_field", "date_field", "language_field")
        return told | {name: value for name in named if (value := getattr(own, name))}

    def question(self, query: str, depth: int, wanted: Asked) -> Mapping[str, Any]:
        """A multi_match query for the best `depth` documents, narrowed by operators."""
        own = self._own
        match = {"query": query, "fields": list(own.fields), "type": own.match}
        body: dict[str, Any] = {
            "size": depth,
            "track_total_hits": False,
            "_source": self._source or False,
            "query": narrowed({"multi_match": match}, wanted, own),
        }
        if own.highlight:
            shown = {"number_of_fragments": 1, "fragment_size": WIDTH}
            marks = {"pre_tags": [""], "post_tags": [""]}
            body["highlight"] = {"fields": {own.highlight: shown}} | marks
        return body

    def entries(self, answer: Any) -> list[Entry]:
        """The documents found; raises ValueError or msgspec.ValidationError."""
        told = msgspec.convert(answer, _Answer)
        if told.timed_out or told.shards.failed:
            raise ValueError(
                f"it is only a part (timed_out: {told.timed_out}, "
                f"{told.shards.failed} of {told.shards.total} shards failed)"
            )
        return [
            Entry(
                fields=self.template.picked(hit.source | {_ID: hit.id}),
                score=hit.score,
                snippet=" ".join(hit.highlight.get(self._own.highlight, ())),
            )
            for hit in told.hits.hits
        ]


def narrowed(query: Mapping[str, Any], wanted: Asked, own: OpenSearchSettings) -> Mapping[str, Any]:
    """The query with what of the operators the index can be asked for.

    No page that has what is asked for is left out by it, as far as the index analyses text no finer
    than webenvs does: phrases and excluded words are left to those who read the pages.
    """
    filters: list[dict[str, Any]] = []
    if own.url_field and wanted.sites:
        sites = "|".join(_site_pattern(site) for site in wanted.sites)
        filters.append({"regexp": {own.url_field: {"value": sites, "flags": "NONE"}}})
    if own.language_field and wanted.languages:
        filters.append({"terms": {own.language_field: list(wanted.languages)}})
    if own.date_field and (wanted.after or wanted.before <= _LAST_DAY):
        bounds = {"gte": wanted.after, "lt": wanted.before}
        days = {name: _day(day) for name, day in bounds.items() if 0 < day <= _LAST_DAY}
        filters.append({"range": {own.date_field: days | {"format": "uuuu-MM-dd"}}})
    return {"bool": {"must": [query], "filter": filters}} if filters else query


def _site_pattern(site: str) -> str:
    """A regular expression of Lucene for the urls of a host, and those below it, under a path."""
    host, _, path = site.partition("/")
    under = f"/{_plainly(path)}.*" if path else "([/?#].*)?"
    return f"[a-z]+://([^/?#]*[.@])?{_plainly(host)}(:[0-9]+)?{under}"


def _plainly(text: str) -> str:
    return re.sub(r"([^\w/-])", r"\\\1", text)


def _day(day: int) -> str:
    return f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def opensearch_retriever(
    pages: Pages,
    settings: Mapping[str, Any],
    place: Path | None,
    pause: Callable[[float], None] = time.sleep,
) -> Remote:
    """The engine behind an index; raises UnknownNameError, SettingError or CorpusError."""
    chosen, own = settings_for("opensearch", OpenSearchSettings, settings)
    return Remote(
        pages, OpenSearch(chosen.url, own, chosen.address or ADDRESS), chosen, place, pause
    )


class _Hit(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    score: float = msgspec.field(name="_score")
    source: dict[str, Any] = msgspec.field(name="_source", default_factory=dict)
    highlight: dict[str, list[str]] = {}


class _Hits(msgspec.Struct):
    hits: list[_Hit]


class _Shards(msgspec.Struct):
    total: int = 0
    failed: int = 0


class _Answer(msgspec.Struct):
    hits: _Hits
    timed_out: bool = False
    shards: _Shards = msgspec.field(name="_shards", default_factory=_Shards)
