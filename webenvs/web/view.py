"""What a frame has open, and how calls change it."""

from webenvs.records import Call, Record

_TRAIL = 32


class View(Record, frozen=True, kw_only=True):
    """What a frame has open: a page and the part of it that was shown last (counted from 1).

    Pages whose url does not begin with `within` cannot be opened from here; None allows all.
    `trail` holds the urls that lead back from here, the newest last, at most 32.
    """

    url: str
    part: int = 1
    within: str | None = None
    trail: tuple[str, ...] = ()


def after(call: Call, view: View | None, url: str, part: int) -> View:
    """What is open once a call has opened that part of a page from `view`."""
    if view is None:
        return View(url=url, part=part)
    if call.tool == "find":
        return view
    trail = view.trail
    if call.tool == "back":
        trail = trail[:-1]
    elif url != view.url:
        trail = (*trail, view.url)[-_TRAIL:]
    return View(url=url, part=part, within=view.within, trail=trail)


def before(view: View | None) -> str:
    """The page that was open before; empty if there was none."""
    return view.trail[-1] if view is not None and view.trail else ""


def wanted_part(call: Call, view: View | None) -> int:
    """The part that a `read` asks for."""
    part: int = call.arguments.get("part", 1 if view is None else view.part + 1)
    return part
