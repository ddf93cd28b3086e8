"""The pages that an engine is bound to: the part of a corpus that search needs to see."""

from typing import Protocol, runtime_checkable

from webenvs.records import Face, Page


class Pages(Protocol):
    """An ordered, immutable set of pages, numbered in ascending order of their urls."""

    @property
    def digest(self) -> str:
        """What tells this content from any other."""
        ...

    def __len__(self) -> int:
        """The number of pages."""
        ...

    def url(self, index: int) -> str:
        """The url of page `index`."""
        ...

    def page(self, index: int) -> Page:
        """Page `index`."""
        ...

    def index(self, url: str) -> int | None:
        """The index of the page that this url leads to, or None."""
        ...


@runtime_checkable
class Faces(Protocol):
    """What pages may offer besides: their faces, where these are read faster than whole pages."""

    def face(self, index: int) -> Face:
        """Url, title and text of page `index`."""
        ...
