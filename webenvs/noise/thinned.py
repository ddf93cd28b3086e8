"""The clean web through a search engine that has not met all of its pages."""

from collections.abc import Callable, Sequence

from webenvs.noise.model import Around
from webenvs.records import Claim, Hit, Page

_DEPTH = 100


class Thinned:
    """As `around`, but `search` passes over every page that `lacks` names by its url."""

    def __init__(self, around: Around, lacks: Callable[[str], bool]) -> None:
        self._around, self._lacks = around, lacks

    def search(self, query: str, k: int) -> tuple[Hit, ...]:
        """The first `k` hits that are left, ranked as among all; none from below rank 100."""
        wide = k
        while True:
            found = self._around.search(query, wide)
            left = tuple([hit for hit in found if not self._lacks(hit.url)])
            if len(left) >= k or len(found) < wide or wide >= _DEPTH:
                return left[:k]
            wide = min(4 * wide, _DEPTH)

    def page(self, url: str) -> Page | None:
        """The clean page at a url of the corpus."""
        return self._around.page(url)

    def claims(self, url: str) -> Sequence[Claim]:
        """What the page states, where the corpus has knowledge."""
        return self._around.claims(url)

    def namesakes(self, url: str) -> Sequence[str]:
        """The pages about other things of the same name, where the corpus has knowledge."""
        return self._around.namesakes(url)

    def url(self, number: int) -> str:
        """The url of any page."""
        return self._around.url(number)
