"""Noise on what a page states: wrong values, and values that have been right."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from webenvs.editing import Edit, edited
from webenvs.noise.draw import Draw
from webenvs.noise.model import Around, Detail, Scene
from webenvs.records import Claim, Page, Record

_NUMBER = re.compile(r"(?<![\w.,:/-])[0-9][0-9,]{0,17}[0-9](?![\w:/-]|[.,]\d)")
_MOST_NUMBERS = 200
_YEARS = range(1000, 2100)


class Contradict(Record, frozen=True, kw_only=True):
    """Wrong values of the same kind stand in the place of right ones.

    Of the facts that the page states each is struck with chance `share`, at least one is; all its
    mentions change alike. Where nothing is known of what the page states, years and numbers change.
    A page that every way to the answer needs is left alone, unless `anywhere`.
    """

    share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    anywhere: bool = False

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page that contradicts the others; links on changed values are hidden."""
        if not self.anywhere and page.url in scene.essential:
            return page, {}
        known = [claim for claim in around.claims(page.url) if claim.others]
        claims = located(page, known, around) if known else _numbers(draw, page.text)
        facts = list(dict.fromkeys(claim.fact for claim in claims))
        if not facts:
            return page, {}
        struck = {fact for fact in facts if draw.uniform("contradict", fact) < self.share}
        struck = struck or {draw.choice(facts, "contradict", "one")}
        return _restated(
            page, [(claim, _other(draw, claim)) for claim in claims if claim.fact in struck]
        )


class Stale(Record, frozen=True, kw_only=True):
    """An older snapshot of the page: facts that have changed since are as they were then.

    It was taken in a year in which at least one of them was otherwise. A page without such facts is
    as it is. If not `anywhere`, neither is one that every way to the answer needs.
    """

    anywhere: bool = True

    def page(self, draw: Draw, page: Page, scene: Scene, around: Around) -> tuple[Page, Detail]:
        """The page as it was; links on changed values are hidden."""
        if not self.anywhere and page.url in scene.essential:
            return page, {}
        claims = located(page, [claim for claim in around.claims(page.url) if claim.until], around)
        if not claims:
            return page, {}
        years = sorted({year for claim in claims for year in claim.until})
        year = draw.choice(years, "stale", "year")
        changed, detail = _restated(page, [(claim, claim.at(year)) for claim in claims])
        return changed, {"year": year, **detail}


def located(page: Page, claims: Sequence[Claim], around: Around) -> list[Claim]:
    """The claims with their places on `page`, which may have been changed before; lost ones go."""
    text = page.text
    found: Sequence[Claim | None] = claims
    if any(text[claim.start : claim.end] != claim.text for claim in claims):
        clean = around.page(page.url)
        found = [_moved(text, clean.text, claim) for claim in claims] if clean else ()
    kept: list[Claim] = []
    for claim in sorted(filter(None, found), key=lambda claim: claim.start):
        if not kept or claim.start >= kept[-1].end:
            kept.append(claim)
    return kept


def _moved(text: str, clean: str, claim: Claim) -> Claim | None:
    """The claim where its line, or the sentence around it, stands now."""
    first = clean.rfind("\n", 0, claim.start) + 1
    last = clean.find("\n", claim.end)
    first, last = (
        max(first, claim.start - 60),
        min(last if last >= 0 else len(clean), claim.end + 40),
    )
    place = text.find(clean[first:last])
    if place < 0:
        return None
    start = place + claim.start - first
    return replace(claim, start=start, end=start + len(claim.text))


def _restated(page: Page, changes: Iterable[tuple[Claim, str]]) -> tuple[Page, Detail]:
    """The page with other values, and which: [right, written] once each."""
    real = [(claim, value) for claim, value in changes if value != claim.text]
    if not real:
        return page, {}
    pairs = dict.fromkeys((claim.text, value) for claim, value in real)
    edits = [Edit(claim.start, claim.end, value) for claim, value in real]
    return edited(page, edits), {"values": [list(pair) for pair in pairs]}


def _other(draw: Draw, claim: Claim) -> str:
    return draw.choice(claim.others, "contradict", "other", claim.fact)


def _numbers(draw: Draw, text: str) -> list[Claim]:
    """The first 200 years and numbers of a text as claims, each number one fact."""
    claims = []
    for mark in islice(_NUMBER.finditer(text), _MOST_NUMBERS):
        other = _wrong_number(draw, mark.group())
        start, end = mark.span()
        claims.append(
            Claim(start=start, end=end, text=mark.group(), fact=mark.group(), others=(other,))
        )
    return claims


def _wrong_number(draw: Draw, number: str) -> str:
    """Another number of about the size, written alike; a year at most 20 years away."""
    value = int(number.replace(",", ""))
    sign = 1 if draw.uniform("contradict", "sign", number) < 0.5 else -1
    if value in _YEARS and len(number) == 4:
        return str(value + sign * (1 + draw.integer(20, "contradict", "years", number)))
    step = 1 + draw.integer(max(1, value // 2), "contradict", "step", number)
    wrong = value + sign * step
    return f"{wrong:,}" if "," in number else str(wrong).zfill(len(number))
